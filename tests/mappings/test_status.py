import pytest

from cases.errors import MappingError
from cases.states import Conclusion, Mark, State
from mappings import read_status
from tests.mappings.shapes import compiled

RULES = """\
  state: {from: zt, table: {"20": ACCEPTED, "90": CONCLUDED}}
  occurred_at: {from: czsj, as: datetime, format: "%Y%m%d%H%M%S", zone: Asia/Shanghai}
  conclusion: {from: bjjg, table: {"0": "0", "7": "1"}, when: "zt == '90'"}
  reason: {first_of: [yy, {const: 见办结文书}], when: "zt == '90'"}
  handler: {from: blr, default: 窗口}
  step: {expr: "'审批' if zt == '20' else '办结'"}
"""
MAPPING = compiled(RULES, direction="in")
RAW = {"zt": "90", "czsj": "20260309103000", "bjjg": "7", "yy": None, "blr": ""}


def test_a_departments_words_become_a_canonical_status() -> None:
    update = read_status(MAPPING, RAW)
    assert update.state is State.CONCLUDED
    assert update.conclusion is Conclusion.REJECTED
    assert update.occurred_at.isoformat() == "2026-03-09T10:30:00+08:00"


def test_every_value_carries_its_provenance() -> None:
    assert read_status(MAPPING, RAW).marks == {
        "state": Mark.OBSERVED,
        "occurred_at": Mark.OBSERVED,
        "conclusion": Mark.OBSERVED,
        "reason": Mark.DERIVED,
        "handler": Mark.DEFAULTED,
        "step": Mark.DERIVED,
    }


def test_a_condition_leaves_values_out() -> None:
    update = read_status(MAPPING, {**RAW, "zt": "20"})
    assert update.conclusion is None
    assert "conclusion" not in update.marks


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"zt": "55"}, "status"),
        ({"czsj": "2026"}, "does not follow the format"),
        ({"czsj": None}, "required value is missing"),
        ({"bjjg": "5"}, "no entry for '5'; known: 0, 7"),
        ({"blr": "长" * 101}, "to.handler: String should have at most 100 characters (from blr)"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(change: dict[str, str | None], what: str) -> None:
    with pytest.raises(MappingError, match=r"^request.yaml:\d+: to\.") as caught:
        read_status(MAPPING, {**RAW, **change})
    assert what in str(caught.value) or "no entry for '55'" in str(caught.value)
