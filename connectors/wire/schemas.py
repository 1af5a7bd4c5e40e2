"""The XML Schemas of a contract, gathered from WSDL types and imports, built into one validator and one model.

Each schema becomes a file of a temporary folder under a plain name, its imports rewritten to those names: so the two
schema libraries see the same, load nothing from elsewhere, and two schemas of one namespace (common in WSDLs) do not
hide each other. One wrapper per namespace includes its parts.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import xmlschema
from lxml import etree
from xmlschema.validators import XsdElement

from connectors.wire.contract_files import MAX_BYTES, ContractFiles, ContractUnreadable, resolve
from connectors.wire.xml import Element, parse_xml

XS = "{http://www.w3.org/2001/XMLSchema}"
_XSD = "http://www.w3.org/2001/XMLSchema"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
#: Both libraries know these by themselves.
_BUILT_IN = {_XSD, "http://www.w3.org/2001/XMLSchema-instance"}


@dataclass(slots=True)
class _Part:
    root: Element
    namespace: str
    file: str
    only_redefined: bool = False


@dataclass(slots=True)
class _Gathering:
    files: ContractFiles
    parts: list[_Part] = field(default_factory=list)
    seen: dict[tuple[str, str], _Part] = field(default_factory=dict)
    wsdls: set[str] = field(default_factory=set)
    encoded: set[str] = field(default_factory=set)

    def wsdl(self, url: str) -> None:
        if url in self.wsdls:
            return
        self.wsdls.add(url)
        root = self.files.parse(url)
        if root.tag == f"{XS}schema":  # some contracts import a schema by wsdl:import
            self.schema(root, url)
            return
        for types in root.iterfind(f"{_WSDL}types"):
            for node in types.iterfind(f"{XS}schema"):
                self.schema(_standing_alone(node), url)
        for node in root.iterfind(f"{_WSDL}import"):
            if node.get("location"):
                self.wsdl(resolve(node.get("location", ""), url))
        for binding in root.iterfind(f"{_WSDL}binding/{_WSDL}operation"):
            if any(body.get("use") == "encoded" for body in binding.iter("{*}body")):
                self.encoded.add(binding.get("name", ""))

    def schema(
        self, root: Element, url: str, namespace: str | None = None, key: tuple[str, str] | None = None
    ) -> _Part:
        own = root.get("targetNamespace") or namespace or ""
        part = _Part(root, own, f"part{len(self.parts)}.xsd")
        self.parts.append(part)
        if key is not None:
            self.seen[key] = part  # before it is walked: schemas may import each other in a circle
        for node in list(root):
            location = node.get("schemaLocation")
            if node.tag == f"{XS}import":
                self._import(node, location, url, own)
            elif node.tag == f"{XS}include" and location:
                self._load(resolve(location, url), own)
                root.remove(node)  # the wrapper of the namespace includes it
            elif node.tag == f"{XS}redefine" and location:
                redefined = self._load(resolve(location, url), own)
                redefined.only_redefined = True
                node.set("schemaLocation", redefined.file)
        return part

    def _import(self, node: Element, location: str | None, url: str, own: str) -> None:
        namespace = node.get("namespace", "")
        if namespace in _BUILT_IN or namespace == own:  # its own one is there anyway, once it is loaded
            node.getparent().remove(node)  # type: ignore[union-attr]
        if namespace in _BUILT_IN:
            return
        if location:
            self._load(resolve(location, url), None)
        elif namespace and self.files.serves(namespace):
            self._load(namespace, None)

    def _load(self, url: str, namespace: str | None) -> _Part:
        root = self.files.parse(url)
        if root.tag != f"{XS}schema":
            raise ContractUnreadable(url, "is imported as a schema but is none")
        # Imported here and included there, or under two addresses, it is the same schema all the same.
        content = hashlib.sha256(etree.tostring(root)).hexdigest()
        key = (content, root.get("targetNamespace") or namespace or "")
        part = self.seen.get(key)
        return part if part is not None else self.schema(root, url, namespace, key)


class Schemas:
    """All schemas of a contract: the model of its elements, and a validator."""

    def __init__(self, parts: list[_Part], encoded: set[str]) -> None:
        self.encoded_operations = frozenset(encoded)
        self.findings: list[str] = []  # what a reader of the contract should know
        with TemporaryDirectory(prefix="contract-") as folder:
            entry = _write(parts, Path(folder))
            self._fast = self._libxml2(entry)
            self._model = self._xmlschema(entry)

    def element(self, name: str) -> XsdElement:
        """Return the model of a global element `{namespace}name`.

        Raises:
            ContractUnreadable: no schema declares it.
        """
        found = self._model.maps.elements.get(name)
        if not isinstance(found, XsdElement):
            raise ContractUnreadable(name, "is used by the contract but declared in none of its schemas")
        return found

    def errors(self, element: Element) -> list[tuple[str, str]]:
        """Validate an element against its global declaration; return (path, what) pairs, without any value of it."""
        if self._fast is not None:
            if self._fast.validate(element):
                return []
            return [(_path(error.path or ""), _words(error.message)) for error in self._fast.error_log]  # type: ignore[attr-defined]
        tree, declaration = element.getroottree(), cast(Any, self.element(str(element.tag)))
        return [
            (_path(tree.getpath(element if error.elem is None else error.elem)), _slow_words(error))
            for error in declaration.iter_errors(element)
        ]

    def _libxml2(self, entry: Path) -> etree.XMLSchema | None:
        try:
            return etree.XMLSchema(etree.parse(entry, etree.XMLParser(no_network=True, resolve_entities=False)))
        except etree.XMLSchemaParseError as error:
            self.findings.append(
                "the quick schema validator cannot read the contract's schemas, so a slower one checks what is sent: "
                + " ".join(str(error).split())[:300]
            )
            return None

    def _xmlschema(self, entry: Path) -> Any:
        try:
            # What libxml2 could build need not be checked a second time, which takes most of the time.
            strictness = "lax" if self._fast is None else "skip"
            model = xmlschema.XMLSchema10(str(entry), validation=strictness, allow="local", use_fallback=False)
        except (xmlschema.XMLSchemaException, etree.LxmlError, ValueError) as error:
            raise ContractUnreadable("schemas", f"cannot be read: {' '.join(str(error).split())[:300]}") from None
        if self._fast is None:
            self.findings.extend(str(error.message) for error in model.maps.all_errors[:5])
        return model


def gather(files: ContractFiles, url: str) -> Schemas:
    """Collect all schemas reachable from a WSDL or schema file and build them.

    Raises:
        ContractUnreadable: a file is missing or no XML, or the schemas make no sense.
    """
    gathering = _Gathering(files)
    gathering.wsdl(url)
    return Schemas(gathering.parts, gathering.encoded)


def _standing_alone(node: Element) -> Element:
    """An inline schema uses prefixes that the WSDL around it declares; written out, it has them itself."""
    return parse_xml(etree.tostring(node), max_bytes=MAX_BYTES)


def _write(parts: list[_Part], folder: Path) -> Path:
    wrappers = {
        namespace: f"namespace{number}.xsd" for number, namespace in enumerate(sorted({p.namespace for p in parts}))
    }
    defined: set[tuple[str, str, str]] = set()
    for part in parts:
        _only_once(part, defined)
        # Contracts rely on schemas beside theirs without importing them; every part may see every namespace.
        for node in list(part.root.iterfind(f"{XS}import")):
            part.root.remove(node)
        for namespace, name in wrappers.items():
            if namespace != part.namespace:
                part.root.insert(0, _import_node(namespace, name))
        (folder / part.file).write_bytes(etree.tostring(part.root, encoding="utf-8"))
    for namespace, name in wrappers.items():
        own = [part.file for part in parts if part.namespace == namespace and not part.only_redefined]
        nodes = [etree.Element(f"{XS}include", schemaLocation=file) for file in own]
        _schema_file(folder / name, namespace, nodes)
    entry = folder / "entry.xsd"
    _schema_file(entry, "urn:onewindow:entry", [_import_node(*each) for each in wrappers.items()])
    return entry


def _only_once(part: _Part, defined: set[tuple[str, str, str]]) -> None:
    """Contracts carry copies of a shared schema; of a component that stands twice the first counts."""
    if part.only_redefined:
        return
    for node in list(part.root):
        key = (part.namespace, str(node.tag), node.get("name", ""))
        if key[2] and key in defined:
            part.root.remove(node)
        defined.add(key)


def _schema_file(path: Path, namespace: str, nodes: list[Element]) -> None:
    root = etree.Element(f"{XS}schema", nsmap={"xs": _XSD})
    if namespace:
        root.set("targetNamespace", namespace)
    root.extend(nodes)
    path.write_bytes(etree.tostring(root, encoding="utf-8"))


def _import_node(namespace: str, name: str) -> Element:
    node = etree.Element(f"{XS}import", schemaLocation=name)
    if namespace:
        node.set("namespace", namespace)
    return node


def _path(path: str) -> str:
    """`/soap:Envelope/soap:Body/ns0:submitCase/ns0:CL[2]/ns0:CLMC` → `CL[2].CLMC`: fields below the body's element."""
    steps = [step.rpartition(":")[2] for step in path.split("/") if step]
    if steps[:1] == ["Envelope"]:
        steps = steps[2:]
    return ".".join(steps[1:]) or ".".join(steps)


_FACETS = {
    "enumeration": "is not one of the values the contract allows",
    "pattern": "does not have the pattern the contract demands",
    "maxLength": "is longer than the contract allows",
    "minLength": "is shorter than the contract demands",
    "length": "does not have the length the contract demands",
    "maxInclusive": "is above what the contract allows",
    "maxExclusive": "is above what the contract allows",
    "minInclusive": "is below what the contract allows",
    "minExclusive": "is below what the contract allows",
    "totalDigits": "has more digits than the contract allows",
    "fractionDigits": "has more decimal places than the contract allows",
}
_FACET = re.compile(r"\[facet '(\w+)'\]")
_LENGTH = re.compile(r"length of '(\d+)'\.?\s*$")
_TYPE = re.compile(r"is not a valid value of the (?:\w+ )+type '([^']+)'\.\s*$")
_STRUCTURE = re.compile(r"^(?:Element|Attribute|The attribute).*?(?:: |' )(This element is not expected|Missing child)")


def _words(message: str) -> str:
    """Say what libxml2 found, without the value it quotes: that is somebody's data."""
    if found := _FACET.search(message):
        limit = _LENGTH.search(message)
        return _FACETS.get(found[1], f"breaks the rule {found[1]!r} of the contract") + (
            f" ({limit[1]})" if limit else ""
        )
    if found := _TYPE.search(message):
        return f"is no {found[1].rpartition('}')[2].removeprefix('xs:')}"
    if _STRUCTURE.search(message):
        return re.sub(r"\{[^}]*\}", "", message.partition(": ")[2])
    return "does not fit the contract"


def _slow_words(error: xmlschema.XMLSchemaValidationError) -> str:
    """Say what the slower validator found, without the value: only about children does it speak of names alone."""
    if isinstance(error, xmlschema.XMLSchemaChildrenValidationError) and error.reason:
        return error.reason
    return "does not fit the contract"
