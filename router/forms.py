"""The item's own fields against its JSON Schema: compiled once, findings in plain words with the field's path."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind, meta

from cases.masking import MASKERS
from cases.problems import Problem, message

#: More findings than this help nobody.
MAX_PROBLEMS = 50

_REQUIRED = message("form_required", "“{title}”为必填项，请填写。", "Field {title} is required. Fill it in.")
_UNKNOWN = message(
    "form_unknown_field",
    "该事项的表单没有这个字段，请删除或核对字段名。",
    "The item's form has no such field. Remove it or check its name.",
)
_TYPE = message(
    "form_type", "“{title}”的数据类型应为{types}，请改正。", "Field {title} must be of type {types}. Correct it."
)
_ENUM = message(
    "form_enum",
    "“{title}”的取值不在可选范围内，可选：{options}。请重新选择。",
    "The value of field {title} is not in its list. Choose one of: {options}.",
)
_LONG = message(
    "form_too_long",
    "“{title}”最多{limit}个字符，请缩短。",
    "Field {title} takes at most {limit} characters. Shorten it.",
)
_SHORT = message(
    "form_too_short",
    "“{title}”至少{limit}个字符，请补全。",
    "Field {title} needs at least {limit} characters. Complete it.",
)
_LARGE = message(
    "form_too_large", "“{title}”不能大于{limit}，请改正。", "Field {title} is at most {limit}. Correct it."
)
_SMALL = message(
    "form_too_small", "“{title}”不能小于{limit}，请改正。", "Field {title} is at least {limit}. Correct it."
)
_MANY = message("form_too_many", "“{title}”最多{limit}项，请删减。", "Field {title} takes at most {limit} entries.")
_FEW = message("form_too_few", "“{title}”至少{limit}项，请补充。", "Field {title} needs at least {limit} entries.")
_PATTERN = message(
    "form_pattern",
    "“{title}”格式不正确，请按要求填写。{hint}",
    "Field {title} does not have the form asked for. Type it again. {hint}",
)
_DATE = message(
    "form_format",
    "“{title}”不是有效的{format}（日期应为YYYY-MM-DD），请改正。",
    "Field {title} is no valid {format} (a date is YYYY-MM-DD). Correct it.",
)
_OTHER = message(
    "form_other",
    "“{title}”不符合表单规则（{rule}），请改正。",
    "Field {title} breaks the form's rule {rule}. Correct it.",
)

_Facts = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


def _limit(kind: Any, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"limit": kind.limit}


def _hint(_: Any, field: Mapping[str, Any]) -> dict[str, Any]:
    return {"hint": field.get("description", "")}


def _types(_: Any, field: Mapping[str, Any]) -> dict[str, Any]:
    types = field.get("type", "")
    return {"types": types if isinstance(types, str) else ", ".join(types)}


def _options(kind: Any, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"options": ", ".join(map(str, kind.options))}


def _format(kind: Any, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": kind.format}


#: JSON Schema keyword → (code, facts)
_BY_KEYWORD: Mapping[str, tuple[str, _Facts]] = {
    "type": (_TYPE, _types),
    "enum": (_ENUM, _options),
    "maxLength": (_LONG, _limit),
    "minLength": (_SHORT, _limit),
    "maximum": (_LARGE, _limit),
    "minimum": (_SMALL, _limit),
    "maxItems": (_MANY, _limit),
    "minItems": (_FEW, _limit),
    "pattern": (_PATTERN, _hint),
    "format": (_DATE, _format),
}


class Form:
    """A compiled form."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile.

        Raises:
            ValueError: not a schema for an item's form; the message says where and why.
        """
        self._schema = dict(schema)
        if fault := _fault(self._schema):
            raise ValueError(fault)
        self._validator = Draft202012Validator(self._schema, validate_formats=True)

    def check(self, form: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with a filled-in form; never repeats what was filled in."""
        if self._validator.is_valid(form):  # nearly always, and ten times quicker than collecting
            return []
        errors = islice(self._validator.iter_errors(form), MAX_PROBLEMS)
        return [problem for error in errors for problem in self._problems(error)]

    def _problems(self, error: ValidationError) -> list[Problem]:
        field = ".".join(("form", *map(str, error.instance_path)))
        kind = error.kind
        if isinstance(kind, ValidationErrorKind.Required):
            title = self._at(error.schema_path[:-1]).get("properties", {}).get(kind.property, {}).get("title")
            return [Problem(f"{field}.{kind.property}", _REQUIRED, {"title": title or kind.property})]
        if isinstance(kind, ValidationErrorKind.AdditionalProperties):
            return [Problem(f"{field}.{name[:50]}", _UNKNOWN) for name in kind.unexpected]
        schema = self._at(error.schema_path[:-1])
        facts = {"title": schema.get("title", field.removeprefix("form."))}
        if kind.name in _BY_KEYWORD:
            code, more = _BY_KEYWORD[kind.name]
            return [Problem(field, code, facts | more(kind, schema))]
        return [Problem(field, _OTHER, facts | {"rule": kind.name})]

    def _at(self, path: list[str | int]) -> Mapping[str, Any]:
        here: Any = self._schema
        for part in path:
            here = here[part]
        return here if isinstance(here, Mapping) else {}


def _fault(schema: dict[str, Any]) -> str:
    """Return why a schema is no good for a form; empty: it is."""
    try:
        meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    except ValidationError as error:
        return f"{'.'.join(map(str, error.instance_path))}: {error.message}"
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        return "a form is an object that names all its fields: type: object, additionalProperties: false"
    return _fault_within(schema, "")


def _fault_within(value: Any, path: str) -> str:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, Mapping):
        return ""
    if "$ref" in value or "$dynamicRef" in value:
        return f"{path}: references are not used in forms; write the schema out"
    if "x-mask" in value and value["x-mask"] not in MASKERS:
        return f"{path}.x-mask: {value['x-mask']!r} is not known; known: {', '.join(MASKERS)}"
    return next(
        (fault for key, child in value.items() if (fault := _fault_within(child, f"{path}.{key}".strip(".")))), ""
    )
