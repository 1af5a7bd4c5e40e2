"""XSD types seen by the rest of the hub: as fields in order, and as the `Shape` the mapping checker compares.

A document is a dict by local element names; attributes stand beside the elements, the text of an element that has both
text and attributes is `_value`. Elements that may repeat are lists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from xmlschema.validators import XsdElement, XsdGroup

from mappings.shape import Kind, Member, Shape

#: Key of an element's own text where it has attributes as well.
TEXT = "_value"
#: What patterns of XSD have and Python's have not, or read otherwise.
_ONLY_XSD = re.compile(r"\\[icpICPwWsS]|-\[|[$^]")
#: Types that contain themselves are described this deep; below, anything goes.
_MAX_DEPTH = 12

_Format = Literal["date", "date-time", "time", "base64", "decimal"]
_FORMATS: dict[str, _Format] = {
    "date": "date",
    "dateTime": "date-time",
    "time": "time",
    "base64Binary": "base64",
    "decimal": "decimal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Particle:
    """One child element of a complex type, with how often it may stand there."""

    element: XsdElement
    min_items: int
    max_items: int | None

    @property
    def name(self) -> str:
        """Local name: the key in a document."""
        return str(self.element.local_name)

    @property
    def many(self) -> bool:
        """It may repeat: a list in the document."""
        return self.max_items is None or self.max_items > 1


def particles(xsd_type: Any) -> list[Particle]:
    """Return the child elements of a type in schema order, each name once."""
    if not xsd_type.is_complex() or xsd_type.has_simple_content() or not isinstance(xsd_type.content, XsdGroup):
        return []
    found: dict[str, Particle] = {}
    for particle in _walk(xsd_type.content, optional=False, repeated=False):
        found.setdefault(particle.name, particle)
    return list(found.values())


def attributes(xsd_type: Any) -> dict[str, Any]:
    """Return the attributes of a type by local name."""
    if not xsd_type.is_complex():
        return {}
    return {
        attribute.local_name: attribute
        for name, attribute in xsd_type.attributes.items()
        if name is not None and attribute.use != "prohibited"
    }


def text_type(xsd_type: Any) -> Any | None:
    """Return the simple type of an element's text, or None where it holds elements."""
    if xsd_type.is_simple():
        return xsd_type
    return xsd_type.content if xsd_type.has_simple_content() else None


def primitive(simple: Any) -> str:
    """Return the name of the built-in type a simple type goes back to (`string`, `date`, `integer`, …)."""
    if simple.is_list() or simple.is_union() or simple.primitive_type is None:
        return "string"
    return "integer" if _is_integer(simple) else str(simple.primitive_type.local_name)


def shape_of(element: XsdElement) -> Shape:
    """Return the shape of an element's content, as values are handed over for sending."""
    return _document(element, _shape(element, depth=0, text_only=False))


def reply_shape_of(element: XsdElement) -> Shape:
    """Return the shape of a reply as it is handed on: every scalar is text, in the department's own words."""
    return _document(element, _shape(element, depth=0, text_only=True))


def is_bare_text(element: XsdElement) -> bool:
    """Say whether an element holds nothing but text: as a whole message, its document has it under its own name."""
    return text_type(element.type) is not None and not attributes(element.type)


def _document(element: XsdElement, shape: Shape) -> Shape:
    if not is_bare_text(element):
        return shape
    return Shape(kind="object", fields={str(element.local_name): Member(shape, required=True)})


def _walk(group: XsdGroup, *, optional: bool, repeated: bool) -> Iterator[Particle]:
    optional = optional or group.min_occurs == 0 or group.model == "choice"
    repeated = repeated or group.max_occurs is None or group.max_occurs > 1
    for child in group:
        if isinstance(child, XsdGroup):
            yield from _walk(child, optional=optional, repeated=repeated)
        elif isinstance(child, XsdElement):
            yield Particle(
                element=child,
                min_items=0 if optional else child.min_occurs,
                max_items=None if repeated else child.max_occurs,
            )


def _shape(element: XsdElement, *, depth: int, text_only: bool) -> Shape:
    xsd_type: Any = element.type
    if depth > _MAX_DEPTH:
        return Shape(kind="any")
    own = text_type(xsd_type)
    extra = attributes(xsd_type)
    if own is not None and not extra:
        return _scalar(own, nullable=element.nillable, text_only=text_only)
    fields: dict[str, Member] = {}
    if own is not None:
        fields[TEXT] = Member(_scalar(own, nullable=element.nillable, text_only=text_only), required=True)
    for particle in particles(xsd_type):
        item = _shape(particle.element, depth=depth + 1, text_only=text_only)
        if particle.many:
            item = Shape(kind="list", items=item, min_items=particle.min_items, max_items=particle.max_items)
        fields[particle.name] = Member(item, required=particle.min_items > 0)
    for name, attribute in extra.items():
        fields[name] = Member(_scalar(attribute.type, nullable=False, text_only=text_only), attribute.use == "required")
    return Shape(kind="object", fields=fields, nullable=element.nillable)


def _scalar(simple: Any, *, nullable: bool, text_only: bool) -> Shape:
    if simple.is_list() and not text_only:
        items = _scalar(simple.item_type, nullable=False, text_only=False)
        return Shape(kind="list", items=items, nullable=nullable)
    name = primitive(simple)
    kind: Kind = "string"
    if not text_only:
        kind = {"boolean": "boolean", "integer": "integer", "float": "number", "double": "number"}.get(name, "string")  # type: ignore[assignment]
    facets = _facets(simple) if kind == "string" else {}
    if kind != "string" and (values := _enumeration(simple)) is not None:
        facets["enum"] = values
    return Shape(kind=kind, nullable=nullable, format=_FORMATS.get(name) if kind == "string" else None, **facets)


def _facets(simple: Any) -> dict[str, Any]:
    """Gather the facets along the chain of restrictions; the innermost counts."""
    facets: dict[str, Any] = {}
    patterns: list[str] = []
    for step in _derivation(simple):
        if step.max_length is not None:
            facets.setdefault("max_length", step.max_length)
        if step.min_length:
            facets.setdefault("min_length", step.min_length)
        if step.patterns is not None:
            patterns.append("|".join(map(_pattern, step.patterns.regexps, step.patterns.patterns)))
    if len(patterns) == 1:  # several steps must all match: left to the validator
        facets["pattern"] = patterns[0]
    if (values := _enumeration(simple)) is not None:
        facets["enum"] = values
    return facets


def _pattern(written: str, translated: re.Pattern[str]) -> str:
    """XSD patterns hold for the whole text; what Python reads otherwise is taken as the library translates it."""
    if _ONLY_XSD.search(written):
        return f"(?:{translated.pattern})"
    return f"^(?:{written})$" if "|" in written else f"^{written}$"


def _enumeration(simple: Any) -> tuple[Any, ...] | None:
    for step in _derivation(simple):
        if step.enumeration is not None:
            return tuple(
                value if isinstance(value, (str, int, float, bool)) else str(value) for value in step.enumeration
            )
    return None


def _derivation(simple: Any) -> Iterator[Any]:
    step = simple
    while step is not None and step.is_simple() and not step.is_list() and not step.is_union():
        yield step
        step = step.base_type


def _is_integer(simple: Any) -> bool:
    return any(step.local_name == "integer" for step in _derivation(simple))
