"""The canonical case as JSON Schema (2020-12): what mappings are checked against and what integrators read.

It describes the document as mappings see it: the case with each material's content inline (never stored that way),
and, where items are named, only what those items allow.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from cases.case import Case
from cases.submission import Submission

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class MaterialNeed(Protocol):
    """A material an item asks for."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def forms(self) -> Collection[str]:
        """The forms in which it is taken."""


class PartyNeed(Protocol):
    """Who may stand in a role."""

    @property
    def presence(self) -> str:
        """`none`, `optional` or `required`."""

    @property
    def kinds(self) -> Sequence[str]:
        """Persons, organisations or both."""

    @property
    def id_types(self) -> Sequence[str]:
        """Document types they may use."""


class ServedItem(Protocol):
    """What narrows the schema: an item as the catalogue knows it."""

    @property
    def codes(self) -> Sequence[str]:
        """Codes under which cases are taken: the implementation code, or its handles."""

    @property
    def kind(self) -> str:
        """How it is handled (instant, promised …)."""

    @property
    def item_type(self) -> str:
        """事项类型."""

    @property
    def applicant(self) -> PartyNeed:
        """Who may apply."""

    @property
    def agent(self) -> PartyNeed:
        """Who may act."""

    @property
    def subject(self) -> PartyNeed:
        """Whom the matter may concern."""

    @property
    def materials(self) -> Sequence[MaterialNeed]:
        """What is handed in."""

    @property
    def form(self) -> Mapping[str, Any]:
        """JSON Schema of the item's own fields."""


def case_json_schema(items: Iterable[ServedItem] = ()) -> Schema:
    """Return the schema of the canonical case as mappings see it.

    Without references, and with every field required that is always there; a field that may be null may be absent.

    Args:
        items: where given, the form, item codes, kinds, parties and materials are those of these items.
    """
    schema = _plain(Case.model_json_schema(mode="serialization"))
    _inline_content(schema["properties"]["materials"]["items"])
    if served := list(items):
        _narrow(schema, served)
    return {"$schema": DIALECT, **schema}


def submission_json_schema() -> Schema:
    """Return the schema of a submission as a portal hands it in; only fields without a default are required."""
    return {"$schema": DIALECT, **_resolved(Submission.model_json_schema())}


def merge_forms(forms: Sequence[Mapping[str, Any]]) -> Schema:
    """Return one form schema that takes what any of the forms takes; required is what all of them require."""
    if len(forms) == 1:
        return dict(forms[0])
    properties: Schema = {}
    for form in forms:
        for name, field in form.get("properties", {}).items():
            properties[name] = _either(properties[name], field) if name in properties else dict(field)
    required = set.intersection(*(set(form.get("required", ())) for form in forms))
    closed = all(form.get("additionalProperties") is False for form in forms)
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in required],
        "additionalProperties": not closed,
    }


def _narrow(schema: Schema, items: Sequence[ServedItem]) -> None:
    properties = schema["properties"]
    codes = _union(item.codes for item in items)
    properties["form"] = merge_forms([item.form for item in items])
    properties["item_code"]["enum"] = codes
    item = properties["item"]["properties"]
    item["code"]["enum"] = sorted({code[:31] for code in codes})
    item["kind"]["enum"] = _union([item.kind] for item in items)
    item["item_type"]["enum"] = _union([item.item_type] for item in items)
    _narrow_party(schema, "applicant", [item.applicant for item in items])
    _narrow_party(schema, "agent", [item.agent for item in items])
    _narrow_party(schema, "subject", [item.subject for item in items])
    material = properties["materials"]["items"]["properties"]
    material["code"]["enum"] = _union([material.code for material in item.materials] for item in items)
    material["form"]["enum"] = _union(material.forms for item in items for material in item.materials)


def _narrow_party(schema: Schema, role: str, needs: Sequence[PartyNeed]) -> None:
    """Say who can stand in a role; drop the role where no item has it, make it certain where all need it."""
    properties = schema["properties"]
    wanted = [need for need in needs if need.presence != "none"]
    if not wanted:
        del properties[role]
        return
    party = next((choice for choice in properties[role].get("anyOf", ()) if "properties" in choice), properties[role])
    party["properties"]["kind"]["enum"] = _union(need.kinds for need in wanted)
    party["properties"]["id_type"]["enum"] = _union(need.id_types for need in wanted)
    if all(need.presence == "required" for need in needs):
        properties[role] = party
        schema["required"] = [name for name in properties if name in schema["required"] or name == role]


def _inline_content(material: Schema) -> None:
    material["properties"] |= {
        "content": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "the file itself, where there is one",
        },
        "media_type": {"type": "string", "maxLength": 100, "description": "of the file, as found by looking into it"},
        "file_name": {"type": "string", "maxLength": 255},
    }


def _plain(schema: Schema) -> Schema:
    """Resolve references, and require what is never null."""
    resolved: Schema = _require(_resolved(schema))
    return resolved


def _resolved(schema: Schema) -> Schema:
    definitions = schema.pop("$defs", {})

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            target = definitions[value["$ref"].rsplit("/", 1)[1]]
            return put({**target, **{key: item for key, item in value.items() if key != "$ref"}})
        return {key: put(item) for key, item in value.items()}

    resolved: Schema = put(schema)
    return resolved


def _require(value: Any) -> Any:
    if isinstance(value, list):
        return [_require(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _require(item) for key, item in value.items()}
    if isinstance(properties := result.get("properties"), dict):
        result["required"] = [name for name, field in properties.items() if not _nullable(field)]
    return result


def _nullable(field: Any) -> bool:
    return {"type": "null"} in field.get("anyOf", ())


def _union(groups: Iterable[Iterable[str]]) -> list[str]:
    return sorted({str(value) for group in groups for value in group})


#: How a limit is widened so that it holds for both; a limit that only one side has is dropped.
_WIDER = {"maxLength": max, "minLength": min, "maximum": max, "minimum": min, "maxItems": max, "minItems": min}
_SPOKEN = {"title", "description", "examples"}


def _either(first: Mapping[str, Any], second: Mapping[str, Any]) -> Schema:
    """Return a schema that takes what either takes: the wider of two alike, otherwise a choice."""
    one, other = ({key: value for key, value in side.items() if key not in _SPOKEN} for side in (first, second))
    if one == other:
        return dict(first)
    if one.get("type") != other.get("type") or one.get("type") not in {"string", "integer", "number"}:
        return {"anyOf": [dict(first), dict(second)]}
    merged = {key: value for key, value in first.items() if key in _SPOKEN or other.get(key) == value}
    merged |= {key: wider(one[key], other[key]) for key, wider in _WIDER.items() if key in one and key in other}
    if "enum" in one and "enum" in other:
        merged["enum"] = [*one["enum"], *(value for value in other["enum"] if value not in one["enum"])]
    return merged
