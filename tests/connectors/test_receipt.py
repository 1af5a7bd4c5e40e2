"""What a reply means: the table first, then the receipt rule, otherwise unknown."""

from typing import Any

import pytest

from cases.outcome import Accepted, Again, Answered, Broken, Refused, Unknown
from connectors.pack import Answer, Receipt
from connectors.receipt import ReceiptReader, at_path
from mappings.expressions import compile_condition

RULE = Receipt(
    accepted_when="http.status == 200 and reply.code == '0'",
    number="reply.data.no",
    code="reply.code",
    message="msg",
    answered="data.status",
)
ANSWERS = {
    "7": Answer(outcome="refused", say="不在辖区"),
    "8": Answer(outcome="again", after_seconds=60),
    "9": Answer(outcome="broken"),
    "10": Answer(outcome="accepted"),
    "11": Answer(outcome="unknown"),
    "http 503": Answer(outcome="again", after_seconds=5),
    "http 200": Answer(outcome="accepted"),
}
READER = ReceiptReader(RULE, ANSWERS, compile_condition(RULE.accepted_when, file="connector.yaml", line=1))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"code": "0", "data": {"no": 17}}, Accepted),
        ({"code": "0", "data": {"status": {"zt": "1"}}}, Answered),
        ({"code": "7"}, Refused),
        ({"code": 7}, Refused),  # a number on the wire, a text in the table
        ({"code": "8"}, Again),
        ({"code": "9"}, Broken),
        ({"code": "10"}, Accepted),
        ({"code": "11"}, Unknown),
        ({"code": "99", "msg": "成功"}, Unknown),  # words are never guessed from
        ({}, Unknown),
        ({"code": None}, Unknown),
        ({"code": {"a": 1}}, Unknown),
    ],
)
def test_a_reply_has_one_meaning(reply: dict[str, Any], expected: type) -> None:
    assert type(READER.read(reply, http_status=200)) is expected


def test_a_receipt_needs_its_status_too() -> None:
    assert isinstance(READER.read({"code": "0"}, http_status=500), Unknown)
    assert isinstance(READER.read({"code": "0"}), Unknown)


def test_the_number_is_text_whatever_it_was_on_the_wire() -> None:
    outcome = READER.read({"code": "0", "data": {"no": 17}}, http_status=200)
    assert isinstance(outcome, Accepted)
    assert outcome.number == "17"


def test_reasons_come_from_the_table_then_from_the_department() -> None:
    refused, again = READER.read({"code": "7", "msg": "x"}), READER.read({"code": "8", "msg": "系统忙"})
    assert isinstance(refused, Refused)
    assert refused.reason == "不在辖区"
    assert isinstance(again, Again)
    assert (again.reason, again.after_seconds) == ("系统忙", 60)


def test_an_unknown_answer_names_the_remedy() -> None:
    outcome = READER.read({"code": "99"}, http_status=200)
    assert isinstance(outcome, Unknown)
    assert "answers" in outcome.reason


def test_codes_of_the_protocol_have_rows_too_but_never_accept() -> None:
    assert isinstance(READER.by_code("http 503", "busy"), Again)
    assert READER.by_code("http 200", "ok") is None
    assert READER.by_code("http 418", "?") is None


@pytest.mark.parametrize(("path", "found"), [("a.b", 1), ("l.1", 3), ("l.9", None), ("a.b.c", None), ("x", None)])
def test_paths_end_in_a_value_or_in_none(path: str, found: object) -> None:
    assert at_path({"a": {"b": 1}, "l": [2, 3]}, path) == found
