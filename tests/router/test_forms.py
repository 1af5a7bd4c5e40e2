"""Forms: findings in plain words, with the field's path and never its value."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.forms import Form

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "members"],
    "properties": {
        "name": {"type": "string", "title": "姓名", "minLength": 2, "maxLength": 5},
        "card": {"type": "string", "title": "银行账号", "pattern": "^[0-9]{16}$", "description": "账号为16位数字。"},
        "kind": {"type": "string", "title": "类别", "enum": ["a", "b"]},
        "born": {"type": "string", "title": "出生日期", "format": "date"},
        "size": {"type": "integer", "title": "人数", "minimum": 1, "maximum": 9},
        "even": {"type": "integer", "title": "偶数", "multipleOf": 2},
        "members": {
            "type": "array",
            "title": "成员",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {"name": {"type": "string", "title": "成员姓名"}},
            },
        },
    },
}
GOOD: dict[str, Any] = {"name": "张示例", "members": [{"name": "李示例"}]}
FORM = Form(SCHEMA)


def found(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in FORM.check(GOOD | changes)]


def test_a_good_form_has_no_problems() -> None:
    assert found(card="6" * 16, kind="a", born="2024-02-29", size=3) == []


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": 3}, "form.name", "form_type"),
        ({"name": "张"}, "form.name", "form_too_short"),
        ({"name": "张示例张示例"}, "form.name", "form_too_long"),
        ({"card": "12"}, "form.card", "form_pattern"),
        ({"kind": "c"}, "form.kind", "form_enum"),
        ({"born": "2026-02-29"}, "form.born", "form_format"),
        ({"size": 0}, "form.size", "form_too_small"),
        ({"size": 10}, "form.size", "form_too_large"),
        ({"size": "3"}, "form.size", "form_type"),
        ({"even": 3}, "form.even", "form_other"),
        ({"members": []}, "form.members", "form_too_few"),
        ({"members": [{"name": "a"}] * 3}, "form.members", "form_too_many"),
        ({"members": [{"name": "a"}, {}]}, "form.members.1.name", "form_required"),
        ({"members": [{"name": "a", "age": 3}]}, "form.members.0.age", "form_unknown_field"),
        ({"extra": 1}, "form.extra", "form_unknown_field"),
    ],
)
def test_each_rule_names_the_field(changes: dict[str, Any], field: str, code: str) -> None:
    assert found(**changes) == [(field, code)]


def test_all_problems_are_listed_at_once() -> None:
    problems = FORM.check({"size": "x", "kind": "c"})
    assert {problem.field for problem in problems} == {"form.name", "form.members", "form.size", "form.kind"}


def test_messages_use_the_fields_title_and_never_its_value() -> None:
    (problem,) = FORM.check(GOOD | {"card": "secret-number"})
    assert problem.message("zh-CN") == "“银行账号”格式不正确，请按要求填写。账号为16位数字。"
    assert "银行账号" in problem.message("en")
    assert "secret" not in problem.message("zh-CN") + problem.message("en") + repr(problem)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["name", "card", "kind", "born", "size", "members", "x"]), json_values))
def test_any_form_gets_problems_that_can_be_read(form: dict[str, Any]) -> None:
    for problem in FORM.check(form):
        assert problem.field.startswith("form.")
        assert problem.message("zh-CN")
        assert problem.message("en")


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "array"}, "a form is an object"),
        ({"type": "object"}, "additionalProperties: false"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"type": "text"}}}, "properties.a.type"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"$ref": "#"}}}, "references"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"x-mask": "nmae"}}}, "'nmae'"),
    ],
)
def test_a_schema_that_is_no_form_is_refused_with_the_reason(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Form(schema)


def test_a_pattern_that_cannot_be_read_is_refused() -> None:
    broken = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string", "pattern": "("}}}
    with pytest.raises(ValueError, match=r"pattern|regex"):
        Form(broken)
