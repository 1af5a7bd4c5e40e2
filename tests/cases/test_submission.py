"""The shape of a submission, before anything is looked up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.submission import Submission
from cases.text import fold
from tests.router.district import document


def fault(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate(document("old-age") | changes)
    return ".".join(map(str, caught.value.errors()[0]["loc"]))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"item_code": ""}, "item_code"),
        ({"item_code": "1" * 34}, "item_code"),
        ({"channel": "fax"}, "channel"),
        ({"region": "4302020"}, "region"),
        ({"region": "四三〇二〇二"}, "region"),
        ({"region": "٤٣٠٢٠٢"}, "region"),
        ({"applicant": None}, "applicant"),
        ({"submitted_at": "2026-03-02T09:12:00"}, "submitted_at"),
        ({"submitted_at": 1_772_414_000}, "submitted_at"),
        ({"submitted_at": "1772414000"}, "submitted_at"),
        ({"submitted_at": "1772414000.5"}, "submitted_at"),
        ({"submitted_at": "2026-03-02"}, "submitted_at"),
        ({"submitted_at": "yesterday"}, "submitted_at"),
        ({"materials": [{"code": "01", "name": "申请表", "form": "scan"}]}, "materials.0.form"),
        ({"materials": [{"code": "01", "name": "申请表", "form": "copy", "copies": 0}]}, "materials.0.copies"),
        ({"materials": [{"code": "01", "name": "表", "form": "copy", "file": "../etc"}]}, "materials.0.file"),
        ({"materials": [{"code": "01", "name": "表", "form": "copy"}] * 101}, "materials"),
        ({"form": []}, "form"),
        ({"delivery": {"method": "pigeon"}}, "delivery.method"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_shape_names_its_place(changes: dict[str, Any], place: str) -> None:
    assert fault(**changes) == place


def test_codes_are_stored_folded_and_names_as_typed() -> None:
    party = document("old-age")["applicant"] | {"name": " 王 示例 ", "id_number": "４３０２９９ 19800101001６"}
    given_one = Submission.model_validate(document("old-age") | {"applicant": party})
    assert given_one.applicant.name == "王 示例"
    assert given_one.applicant.id_number == "430299198001010016"


def test_full_width_digits_of_a_region_are_folded() -> None:
    assert Submission.model_validate(document("old-age") | {"region": "４３０２０２"}).region == "430202"


def test_a_submission_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Submission.model_validate(document("old-age")).region = "430202"


def test_a_submission_survives_json() -> None:
    given_one = Submission.model_validate(document("minimum-living"))
    assert Submission.model_validate_json(given_one.model_dump_json()) == given_one


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("typed", "folded"), [("ａｂ１２", "AB12"), (" 4302 02\u3000x", "430202X"), ("(甲)", "(甲)"), ("", "")]
)
def test_width_space_and_case_are_folded(typed: str, folded: str) -> None:
    assert fold(typed) == folded
