"""pydantic's findings in the hub's own words: dotted field, a sentence with the remedy in both languages."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cases.problems import Problem, message

MISSING = message("field_missing", "缺少必填项，请补上。", "is missing; add it.")
UNKNOWN = message(
    "field_unknown", "没有这个字段，请核对拼写或删去。", "there is no such field; check the spelling or drop it."
)
WRONG_TYPE = message("wrong_type", "类型不对，应为{zh}。", "has the wrong type; expected {en}.")
TOO_LONG = message(
    "text_too_long", "过长，最多 {limit} 个字符，请缩短。", "is too long; shorten it to {limit} characters."
)
TOO_SHORT = message(
    "text_too_short", "过短或为空，至少 {limit} 个字符。", "is blank or too short; give at least {limit} characters."
)
PATTERN = message("wrong_pattern", "格式不符，应为{zh}。", "has the wrong form; it must be {en}.")
NAIVE = message(
    "time_without_offset",
    "时间缺少时区，请写成 2026-03-02T09:12:00+08:00 这样。",
    "has no time zone offset; write it like 2026-03-02T09:12:00+08:00.",
)
UNREADABLE_TIME = message(
    "time_unreadable",
    "不是可识别的时间，请写成 2026-03-02T09:12:00+08:00 这样。",
    "is not a readable time; write it like 2026-03-02T09:12:00+08:00.",
)
NOT_LISTED = message(
    "not_in_list", "不在允许的取值内，应为 {expected} 之一。", "is not an allowed value; use one of {expected}."
)
OUT_OF_RANGE = message("out_of_range", "超出范围，应{zh}。", "is out of range; it must be {en}.")
TOO_MANY = message("too_many", "条目过多，最多 {limit} 条。", "has too many entries; at most {limit}.")
VALUE_WRONG = message(
    "wrong_value", "值不符合要求，请对照 /docs 更正。", "is not acceptable; see /docs and correct it."
)

#: pydantic's word for a type → ours, Chinese and English.
_TYPES = {
    "string": ("文本", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "bool": ("true 或 false", "true or false"),
    "dict": ("对象", "an object"),
    "model": ("对象", "an object"),
    "model_attributes": ("对象", "an object"),
    "tuple": ("列表", "a list"),
    "list": ("列表", "a list"),
}
#: Field → what its pattern means to a person.
_FORMS = {
    "region": ("6 位、9 位或 12 位区划代码", "a division code of 6, 9 or 12 digits"),
    "file": ("POST /v1/files 返回的文件标识", "the file's id as POST /v1/files returned it"),
}
_FORM_IN_DOCS = ("接口文档 /docs 所列格式", "as /docs says")
_LIMITS = {
    "greater_than_equal": ("不小于 {ge}", "at least {ge}"),
    "less_than_equal": ("不大于 {le}", "at most {le}"),
    "greater_than": ("大于 {gt}", "more than {gt}"),
    "less_than": ("小于 {lt}", "less than {lt}"),
}


def problems_of(error: ValidationError) -> list[Problem]:
    """Translate every finding. Carries no value of the input: it may be somebody's identity number."""
    return [_problem(item) for item in error.errors(include_url=False, include_input=False)]


def dotted(location: Sequence[str | int]) -> str:
    """Return a path like `materials.0.file`; the whole document is `body`."""
    return ".".join(map(str, location)) or "body"


def _problem(item: ErrorDetails) -> Problem:
    field, kind, facts = dotted(item["loc"]), item["type"], item.get("ctx", {})
    match kind:
        case "missing":
            return Problem(field, MISSING)
        case "extra_forbidden":
            return Problem(field, UNKNOWN)
        case "string_too_long":
            return Problem(field, TOO_LONG, {"limit": facts["max_length"]})
        case "string_too_short":
            return Problem(field, TOO_SHORT, {"limit": facts["min_length"]})
        case "string_pattern_mismatch":
            zh, en = _FORMS.get(field.rpartition(".")[2], _FORM_IN_DOCS)
            return Problem(field, PATTERN, {"zh": zh, "en": en})
        case "timezone_aware":
            return Problem(field, NAIVE)
        case "enum" | "literal_error":
            return Problem(field, NOT_LISTED, {"expected": facts["expected"].replace(" or ", ", ")})
        case "too_long":
            return Problem(field, TOO_MANY, {"limit": facts["max_length"]})
    return _by_family(field, kind, facts)


def _by_family(field: str, kind: str, facts: dict[str, Any]) -> Problem:
    if kind.startswith(("datetime_", "timezone_")):
        return Problem(field, UNREADABLE_TIME)
    if kind in _LIMITS:
        zh, en = _LIMITS[kind]
        return Problem(field, OUT_OF_RANGE, {"zh": zh.format(**facts), "en": en.format(**facts)})
    family = kind.removesuffix("_type").removesuffix("_parsing")
    if family in _TYPES:
        zh, en = _TYPES[family]
        return Problem(field, WRONG_TYPE, {"zh": zh, "en": en})
    return Problem(field, VALUE_WRONG)
