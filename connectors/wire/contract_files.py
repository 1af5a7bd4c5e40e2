"""The files a contract is made of: those of the pack, and a few well-known schemas. Never the network."""

from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from cases.errors import BudgetExceeded, HubError, ReplyUnreadable
from connectors.wire.xml import Element, parse_xml

#: Locations of contract files look like this inside, so that relative ones resolve against each other.
ROOT = "file:///"
#: More is no contract.
MAX_BYTES = 16 * 1024 * 1024
_XS = "{http://www.w3.org/2001/XMLSchema}"
_XML = "http://www.w3.org/XML/1998/namespace"
_CATALOG = Path(__file__).with_name("catalog")
#: Location or namespace → file of the catalogue. Contracts name these by URL, and hardly anybody has them at hand.
_WELL_KNOWN = {
    "www.w3.org/2001/xml.xsd": "xml.xsd",
    "www.w3.org/2001/03/xml.xsd": "xml.xsd",
    "www.w3.org/2005/08/xml.xsd": "xml.xsd",
    "www.w3.org/2009/01/xml.xsd": "xml.xsd",
    "www.w3.org/XML/1998/namespace": "xml.xsd",
    "www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
    "ws-i.org/profiles/basic/1.1/swaref.xsd": "swaref.xsd",
    "ws-i.org/profiles/basic/1.1/xsd": "swaref.xsd",
    "schemas.xmlsoap.org/soap/encoding": "soap-encoding.xsd",
}


class ContractUnreadable(HubError):
    """A contract file cannot be read; the message names file, trouble and remedy."""

    code = "contract_unreadable"

    def __init__(self, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"{file}: {what}")


class ContractFiles:
    """Serves contract files by location; zeep takes it for its transport."""

    def __init__(self, files: Mapping[str, bytes], imports: Mapping[str, str] | None = None) -> None:
        """Take the files of a pack.

        Args:
            files: by their path in the pack.
            imports: location or namespace as a contract writes it → file of the pack that stands in.
        """
        self._files, self._imports = files, dict(imports or {})

    def load(self, url: str) -> bytes:
        """Return a file by its whole location (`file:///…` or `http…`).

        Raises:
            ContractUnreadable: it is neither in the pack nor in the catalogue.
        """
        if (stand_in := self._imports.get(url)) is not None:
            return self._of_pack(stand_in, url)
        if url.startswith(ROOT):
            return self._of_pack(normpath(unquote(url.removeprefix(ROOT))), url)
        if (known := well_known(url)) is not None:
            return (_CATALOG / known).read_bytes()
        raise ContractUnreadable(
            url,
            "is imported by the contract but is not in the pack: save it into the pack and name it in connector.yaml "
            f"under endpoint.imports, as {url!r}: <file>",
        )

    def parse(self, url: str) -> Element:
        """Return the root element of a file.

        Raises:
            ContractUnreadable: missing or not XML.
        """
        return parse_xml(self.load(url), max_bytes=MAX_BYTES)

    def serves(self, location: str) -> bool:
        """Say whether a location or namespace can be loaded."""
        try:
            self.load(location)
        except ContractUnreadable:
            return False
        return True

    def _of_pack(self, name: str, url: str) -> bytes:
        if name not in self._files:
            raise ContractUnreadable(
                name, f"is needed by the contract ({url.removeprefix(ROOT)!r}) but is not in the pack: save it there"
            )
        data = self._files[name]
        try:
            root = parse_xml(data, max_bytes=MAX_BYTES)
        except (ReplyUnreadable, BudgetExceeded) as error:
            raise ContractUnreadable(name, str(error)) from None
        return _with_xml_attributes(root) if b"xml:" in data else data


def resolve(location: str, base: str) -> str:
    """Return the whole location of one that a file at `base` writes."""
    return urljoin(base, location)


def well_known(url: str) -> str | None:
    """Return the catalogue's file for a location or namespace, or None."""
    parts = urlsplit(url)
    return _WELL_KNOWN.get(f"{parts.netloc}{parts.path}".rstrip("/")) if parts.scheme in ("http", "https") else None


def _with_xml_attributes(root: Element) -> bytes:
    """Contracts use xml:lang without importing it, or without saying where it stands; readers want to be told."""
    for schema in root.iter(f"{_XS}schema"):
        if not any(str(node.get("ref", "")).startswith("xml:") for node in schema.iter()):
            continue
        found = [node for node in schema.iterfind(f"{_XS}import") if node.get("namespace") == _XML]
        if not found:
            found = [etree.Element(f"{_XS}import", namespace=_XML)]
            schema.insert(0, found[0])
        if not found[0].get("schemaLocation"):
            found[0].set("schemaLocation", "http://www.w3.org/2001/xml.xsd")
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
