"""Turns a document (a dict by element names) into XML text by a plan compiled once from the contract's element."""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree
from xmlschema.validators import XsdElement

from connectors.wire.xml_text import escape, escape_attribute, text_writer
from connectors.wire.xsd import TEXT, Particle, attributes, particles, primitive, text_type

XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: Appends the XML of one element to the parts; the path names the field in errors.
Write = Callable[[Any, str, list[str]], None]


class DocumentUnfit(Exception):
    """The document cannot be written as the contract's element; names the field and the reason, no value."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}" if field else reason)


class XmlWriter:
    """Compiles elements; all writers of one instance share their namespace prefixes."""

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {}
        self._compiled: dict[tuple[int, str], Write] = {}

    @property
    def declarations(self) -> str:
        """The xmlns attributes that what was compiled needs around it."""
        found = "".join(f' xmlns:{prefix}="{escape_attribute(uri)}"' for uri, prefix in self._prefixes.items())
        return f'{found} xmlns:xsi="{XSI}"'

    def compile(self, element: XsdElement) -> Write:
        """Return the writer of an element; a document holds the element's content."""
        tag, xsd_type = self._tag(str(element.name)), element.type
        nillable = bool(element.nillable)
        key = (id(xsd_type), f"{tag} {nillable}")
        if key in self._compiled:
            return self._compiled[key]
        # A type may contain itself: whoever meets it while it is being compiled gets this forward.
        self._compiled[key] = lambda value, path, out: self._compiled[key](value, path, out)  # noqa: PLW0108
        simple = text_type(xsd_type)
        if simple is not None and not attributes(xsd_type):
            make = _attachment if primitive(simple) in _PLAIN else _text_element
            content = make(tag, text_writer(simple))
        else:
            content = self._complex(tag, xsd_type, simple)
        self._compiled[key] = _nillable(tag, content) if nillable else content
        return self._compiled[key]

    def _tag(self, name: str) -> str:
        qname = etree.QName(name)
        if not qname.namespace:
            return qname.localname
        prefix = self._prefixes.setdefault(qname.namespace, f"ns{len(self._prefixes)}")
        return f"{prefix}:{qname.localname}"

    def _complex(self, tag: str, xsd_type: Any, simple: Any) -> Write:
        named = attributes(xsd_type)
        heads = [(key, f' {self._attribute(each)}="', text_writer(each.type)) for key, each in named.items()]
        # Looked up now: asking the schema's model for names and counts takes longer than writing an element.
        children = [(each.name, _child(each, self.compile(each.element))) for each in particles(xsd_type)]
        body = text_writer(simple) if simple is not None else None
        known = frozenset([*named, *(name for name, _ in children), *([TEXT] if body else [])])
        start, end = f"<{tag}", f"</{tag}>"

        def write(value: Any, path: str, out: list[str]) -> None:
            if body is not None and not isinstance(value, Mapping):
                value = {TEXT: value}
            if not isinstance(value, Mapping):
                raise DocumentUnfit(path, f"is a {type(value).__name__}, where the contract has fields")
            out.append(start)
            for key, opening, text in heads:
                if value.get(key) is not None:
                    out.append(f'{opening}{_safely(text, value[key], _below(path, key), escape_attribute)}"')
            out.append(">")
            if body is not None and value.get(TEXT) is not None:
                out.append(_safely(body, value[TEXT], path, escape))
            for name, child in children:
                if name in value:
                    child(value[name], f"{path}.{name}" if path else name, out)
            out.append(end)
            if not known.issuperset(value):
                extra = sorted(str(key) for key in value if key not in known)
                raise DocumentUnfit(_below(path, extra[0]), "the contract has no such field")

        return write

    def _attribute(self, attribute: Any) -> str:
        qname = etree.QName(attribute.name)
        if qname.namespace == "http://www.w3.org/XML/1998/namespace":
            return f"xml:{qname.localname}"
        return self._tag(attribute.name)


def _child(particle: Particle, write: Write) -> Write:
    """Return the writer of one child element: of each item where it may repeat, of nothing where it may be left out."""

    def many(value: Any, path: str, out: list[str]) -> None:
        for number, item in enumerate(value if isinstance(value, (list, tuple)) else [value], 1):
            write(item, f"{path}[{number}]", out)

    def maybe(value: Any, path: str, out: list[str]) -> None:
        if value is not None:
            write(value, path, out)

    if particle.many:
        return many
    return write if particle.min_items and particle.element.nillable else maybe


#: Types whose writer lets nothing through that would have to be escaped; attachments are long.
_PLAIN = ("base64Binary",)


def _text_element(tag: str, text: Callable[[Any], str]) -> Write:
    start, end = f"<{tag}>", f"</{tag}>"

    def write(value: Any, path: str, out: list[str]) -> None:
        try:
            out.append(f"{start}{escape(text(value))}{end}")
        except ValueError as error:
            raise DocumentUnfit(path, str(error)) from None

    return write


def _attachment(tag: str, text: Callable[[Any], str]) -> Write:
    """Like `_text_element`, without a copy of what is long."""
    start, end = f"<{tag}>", f"</{tag}>"

    def write(value: Any, path: str, out: list[str]) -> None:
        out += (start, _safely(text, value, path, str), end)

    return write


def _nillable(tag: str, content: Write) -> Write:
    nothing = f'<{tag} xsi:nil="true"/>'

    def write(value: Any, path: str, out: list[str]) -> None:
        if value is None:
            out.append(nothing)
        else:
            content(value, path, out)

    return write


def _safely(text: Callable[[Any], str], value: Any, path: str, escaped: Callable[[str], str]) -> str:
    try:
        return escaped(text(value))
    except ValueError as error:
        raise DocumentUnfit(path, str(error)) from None


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
