"""A source: a portal, counter or upper platform that hands in cases in its own words.

Its pack is a folder: `source.yaml` (format and number), `request.yaml` (its document → canonical submission, in the
mapping language), `tests.yaml` (examples), and, where there is one, `schema.json` (JSON Schema of its document).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from cases.base import Record, Text
from cases.problems import Problem
from connectors.pack import Owner
from connectors.wire.xml import parse_xml
from mappings.compiler import CompiledMapping, source_text
from mappings.spec import Rule
from router.forms import Form

JSON = "application/json"
XML = frozenset({"application/xml", "text/xml"})
_Format = Literal["json", "xml"]


class XmlForm(Record):
    """How the source's document looks as XML, so that both formats give the same values to the mapping."""

    root: Text
    lists: Annotated[
        dict[str, Text],
        Field(description="wrapper element → its repeated element; the wrapper becomes a list, even with one entry"),
    ] = Field(default_factory=dict)


class SourceSpec(Record):
    """source.yaml."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    name: Text
    owner: Owner
    formats: Annotated[tuple[_Format, ...], Field(min_length=1)]
    xml: XmlForm | None = None


class Source:
    """One source, ready to read."""

    def __init__(
        self, spec: SourceSpec, mapping: CompiledMapping, rules: Mapping[str, Rule], schema: Form | None
    ) -> None:
        self.spec, self.mapping, self._rules, self._schema = spec, mapping, rules, schema

    @cached_property
    def media_types(self) -> tuple[str, ...]:
        """What its documents may be announced as."""
        xml = sorted(XML) if "xml" in self.spec.formats else []
        return ((JSON,) if "json" in self.spec.formats else ()) + tuple(xml)

    def check(self, document: Mapping[str, Any]) -> list[Problem]:
        """Return what in a document is not as `schema.json` says, by the source's own field names.

        What the mapping does not read is looked at as well: a misspelt optional field must not vanish in silence.
        """
        if self._schema is None:
            return []
        return [replace(problem, field=problem.field.removeprefix("form.")) for problem in self._schema.check(document)]

    def read_xml(self, body: bytes, *, max_bytes: int, charset: str | None) -> dict[str, Any]:
        """Return an XML document as plain values, shaped as the source's JSON would be.

        Raises:
            ReplyUnreadable, BudgetExceeded: not XML, another root, or too large.
            ValueError: another root element than the source's.
        """
        from connectors.wire.xml_reader import local_name, read_plain  # noqa: PLC0415 - 20 MB that JSON never needs

        root = parse_xml(body, max_bytes=max_bytes, charset=charset)
        form = self.spec.xml
        assert form is not None
        if local_name(root) != form.root:
            raise ValueError(form.root)
        content = read_plain(root)
        value = content if isinstance(content, dict) else {}
        for wrapper, entry in form.lists.items():
            if wrapper in value:
                inside = value[wrapper]
                entries = inside.get(entry, []) if isinstance(inside, dict) else []
                value[wrapper] = entries if isinstance(entries, list) else [entries]
        return value

    def field_of(self, field: str) -> str:
        """Return the source's own name for a canonical field (`materials.0.code` → `CLLB[0].CLBM`); empty: none."""
        return _source_of(self._rules, field.split("."), "")


def _source_of(rules: Mapping[str, Rule], parts: list[str], base: str) -> str:
    rule = rules.get(parts[0])
    if rule is None:
        return ""
    rest = parts[1:]
    here = base + source_text(rule) if rule.source in {"from", "each"} else source_text(rule)
    if rule.each is not None and rest and rest[0].isdecimal():
        here, rest = f"{here}[{rest[0]}]", rest[1:]
    if rule.to is None or not rest:
        return ".".join((here, *rest)).strip(".")
    inner = f"{here}." if rule.source in {"from", "each"} else base
    return _source_of(rule.to, rest, inner) or here
