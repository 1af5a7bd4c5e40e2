import pytest

from mappings.paths import getter, obstacle, parse_path, walk
from tests.mappings.shapes import CASE, SOURCE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("case_no", "C-1"),
        ("applicant.name", "测试甲"),
        ("materials[1].note", "一寸"),
        ("$.case_no", "C-1"),
        ("materials[7].note", None),
        ("applicant.name.first", None),
        ("case_no[0]", None),
        ("nope.nope", None),
        ("materials.name", None),
    ],
)
def test_a_path_reads_a_value_or_nothing(text: str, expected: object) -> None:
    assert getter(parse_path(text))(CASE, CASE) == expected


def test_a_dot_is_the_item_itself() -> None:
    assert getter(parse_path("."))("x", CASE) == "x"


@pytest.mark.parametrize(
    "text", ["", "a..b", ".a", "a.", "a b", "a[x]", "a[-1]", "a[0", "$", "$$.a", "a.$b", ".".join("a" * 21)]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|parts"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("agent.name", "agent is missing"),
        ("case_no.x", "case_no is text, not an object"),
        ("applicant[0]", "applicant is an object, not a list"),
        ("applicant.phone", "applicant.phone is null"),
        ("$.materials[9]", "$.materials[9] is missing"),
    ],
)
def test_an_obstacle_is_named(text: str, why: str) -> None:
    assert obstacle(parse_path(text), CASE, CASE) == why


def test_walking_a_shape_tells_whether_a_value_may_be_missing() -> None:
    def may_miss(text: str) -> bool:
        found = walk(SOURCE, parse_path(text).parts)
        assert not isinstance(found, str)
        return found[1]

    assert not may_miss("applicant.name")
    assert may_miss("applicant.phone")
    assert may_miss("agent.name")
    assert may_miss("materials[0].name")
