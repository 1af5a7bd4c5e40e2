"""Two readers of the same bytes must never see two different documents."""

import json

import pytest

from hub.api.json_body import read_json
from hub.api.kinds import NotJson


def code(raw: bytes) -> tuple[str, str]:
    with pytest.raises(NotJson) as caught:
        read_json(raw, max_depth=8)
    problem = caught.value.problems[0]
    assert problem.message("zh-CN")
    assert problem.message("en")
    return problem.field, problem.code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "json_unreadable"),
        (b"{", "json_unreadable"),
        (b"{} {}", "json_unreadable"),
        (b'{"a": 1,}', "json_unreadable"),
        (b"\xef\xbb\xbf{}", "json_unreadable"),
        (b'{"a": "\xff"}', "not_utf8"),
        ("{}".encode("utf-16"), "not_utf8"),
        (b'{"a": NaN}', "number_unusable"),
        (b'{"a": -Infinity}', "number_unusable"),
        (b'{"a": 1e999}', "number_unusable"),
        (b'{"a": 9223372036854775808}', "number_unusable"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_unusable"),
        (b'{"a": 1, "a": 2}', "key_twice"),
        (b'{"x": {"a": 1, "\\u0061": 2}}', "key_twice"),
        (b'{"a": "\\u0000"}', "control_character"),
        (b'{"a": ["\\b"]}', "control_character"),
        ('{"a": "\uffff"}'.encode(), "control_character"),
        (b'{"a\\u0001": 1}', "control_character"),
        (b"[" * 9 + b"]" * 9, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "too_deep"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(raw: bytes, expected: str) -> None:
    assert code(raw)[1] == expected


def test_the_place_is_named() -> None:
    assert code(b'{"applicant": {"name": "a\\u0000"}}')[0] == "applicant.name"
    assert code(b'{"form": {"a": [1, "\\b"]}}')[0] == "form.a.1"
    assert code(b'{"b": {"twin": 1, "twin": 2}}')[0] == "twin"


def test_ordinary_documents_pass_unchanged() -> None:
    value = {
        "text": "换行\n与\\u0000字样",
        "list": [1, 2.5, True, None],
        "deep": {"a": {"b": {"c": []}}},
        "max": 2**63 - 1,
    }
    assert read_json(json.dumps(value).encode(), max_depth=8) == value
    assert read_json(json.dumps([[]] * 100).encode(), max_depth=8) == [[]] * 100


def test_a_hostile_name_comes_back_short_and_printable() -> None:
    field, _ = code(('{"%s": 1, "%s": 2}' % (("\u202e" + "x" * 500,) * 2)).encode())
    assert len(field) == 50
    assert field.isprintable()
