"""Turns a reply's element into plain values: every scalar is text, in the department's own words.

The contract decides only what is a list; elements are matched by local name, since some systems answer in other
namespaces than they promised. What the contract does not know is read all the same.
"""

from collections.abc import Callable
from typing import Any

from xmlschema.validators import XsdElement

from connectors.wire.xml import Element
from connectors.wire.xml_writer import XSI
from connectors.wire.xsd import TEXT, attributes, particles, text_type

Read = Callable[[Element], Any]
_NIL = f"{{{XSI}}}nil"


class XmlReader:
    """Compiles the readers of a contract's elements."""

    def __init__(self) -> None:
        self._compiled: dict[int, Read] = {}

    def compile(self, element: XsdElement) -> Read:
        """Return the reader of an element's content."""
        xsd_type = element.type
        key = id(xsd_type)
        if key in self._compiled:
            return self._compiled[key]
        # A type may contain itself: whoever meets it while it is being compiled gets this forward.
        self._compiled[key] = lambda node: self._compiled[key](node)  # noqa: PLW0108
        children = {particle.name: (particle.many, self.compile(particle.element)) for particle in particles(xsd_type)}
        with_text = text_type(xsd_type) is not None and bool(attributes(xsd_type))
        self._compiled[key] = _reader(children, with_text=with_text, plain=text_type(xsd_type) is not None)
        return self._compiled[key]


def read_plain(node: Element) -> Any:
    """Read an element no contract describes: text, or a dict; what repeats becomes a list."""
    return _content(node, {})


def _reader(children: dict[str, tuple[bool, Read]], *, with_text: bool, plain: bool) -> Read:
    def read(node: Element) -> Any:
        if node.get(_NIL) in ("true", "1"):
            return None
        if plain and len(node) == 0:
            text = node.text or ""
            return {TEXT: text, **_attributes(node)} if with_text else text
        value = _content(node, children)
        if not isinstance(value, dict):
            value = {TEXT: value} if value.strip() else {}
        for name, (many, _) in children.items():
            if many:
                value.setdefault(name, [])
        return value

    return read


def _content(node: Element, children: dict[str, tuple[bool, Read]]) -> Any:
    if node.get(_NIL) in ("true", "1"):
        return None
    value: dict[str, Any] = _attributes(node)
    if len(node) == 0:
        text = node.text or ""
        return {TEXT: text, **value} if value else text
    for child in node:
        name = local_name(child)
        many, read = children.get(name, (False, read_plain))
        item = read(child)
        if many:
            value.setdefault(name, []).append(item)
        elif name not in value:
            value[name] = item
        elif isinstance(value[name], list):
            value[name].append(item)
        else:
            value[name] = [value[name], item]
    return value


def local_name(node: Element) -> str:
    """Return an element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def _attributes(node: Element) -> dict[str, Any]:
    return {
        str(name).rpartition("}")[2]: str(text)
        for name, text in node.attrib.items()
        if not str(name).startswith(f"{{{XSI}}}")
    }
