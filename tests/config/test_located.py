"""YAML is read with the line of every key; what has no honest meaning is refused with its place."""

import pytest

from cases.errors import ConfigError
from config.located import MAX_DEPTH, parse


def test_every_key_and_item_knows_its_line() -> None:
    located = parse("a: 1\nb:\n  - x: '01'\n  - y\n", file="f.yaml")
    assert located.value == {"a": 1, "b": [{"x": "01"}, "y"]}
    assert located.line(("b", 0, "x")) == 3
    assert located.line(("b", 0, "missing", "deeper")) == 3


def test_codes_and_dates_stay_text() -> None:
    assert parse("code: '0012'\nday: 2026-03-02\nno: no\n", file="f").value == {
        "code": "0012",
        "day": "2026-03-02",
        "no": "no",
    }


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\na: 2", 2, "stands twice"),
        ("a: &x 1\nb: *x", 1, "anchors"),
        ("a: !!python/object:os.system x", 1, "not readable"),
        ("a: [1,", 1, "not readable"),
        ("? [a]\n: 1", 1, "plain text"),
        ("[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5), 1, "nested deeper"),
    ],
)
def test_what_is_refused_names_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        parse(text, file="f.yaml")
    assert str(caught.value).startswith(f"f.yaml:{line}:")
