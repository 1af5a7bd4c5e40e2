"""The only door through which XML from outside comes in: no DTD, no entities, no network, bounded bytes and depth.

Encodings: byte order mark, then the HTTP charset, then the XML declaration, then UTF-8. Where HTTP and the declaration
disagree, UTF-8 is tried first, since it is the only one that notices being wrong. GB2312 and GBK are read as GB18030,
their superset, because senders say the one and write the other.
"""

import codecs
import re
from functools import cache

from lxml import etree

from cases.errors import BudgetExceeded, ReplyUnreadable

#: One element of a parsed document.
Element = etree._Element

#: Names senders use → codec that reads them. Others are refused rather than guessed.
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


def parse_xml(data: bytes, *, max_bytes: int, charset: str | None = None, large: bool = False) -> Element:
    """Parse one document and return its root.

    Args:
        data: the bytes as they came.
        max_bytes: more than this is refused before parsing.
        charset: from the HTTP Content-Type, when there was one.
        large: allow single texts above 10 MB (inline attachments); `max_bytes` still holds.

    Raises:
        BudgetExceeded: more than `max_bytes`.
        ReplyUnreadable: not well-formed, in another character set than it says, or with a DOCTYPE.
    """
    if len(data) > max_bytes:
        raise BudgetExceeded(f"XML of {len(data)} bytes; allowed are {max_bytes}")
    text = _as_utf8(data, charset)
    if _has_doctype(text):
        raise ReplyUnreadable("XML with a DOCTYPE is refused: it could define entities; send it without")
    try:
        root = etree.fromstring(text, _parser(large))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ReplyUnreadable(f"not readable as XML: {error}") from None
    if root is None:
        raise ReplyUnreadable("not readable as XML: no element in it")
    return root


@cache
def _parser(large: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",  # the bytes handed over are always UTF-8; overrides the declaration
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=large,
        remove_comments=True,
        remove_pis=True,
    )


def _as_utf8(data: bytes, charset: str | None) -> bytes:
    names = _candidates(data, charset)
    for name in names:
        codec = _CODECS.get(name)
        if codec is None:
            continue
        if codec == "utf-8" and len(names) == 1:
            return data  # libxml2 checks it
        try:
            text = data.decode("utf-8-sig" if codec == "utf-8" else codec)
        except UnicodeDecodeError:
            continue
        return text.encode()
    raise ReplyUnreadable(f"the text is not in the character set it says ({' or '.join(names)})")


def _candidates(data: bytes, charset: str | None) -> list[str]:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return [name]
    declared = _DECLARED.match(data[:300])
    said = [charset.strip(" \"'").lower()] if charset else []
    if declared:
        said.append(declared.group(1).decode("ascii").lower())
    names = list(dict.fromkeys(said)) or ["utf-8"]
    return sorted(names, key=lambda name: _CODECS.get(name) != "utf-8")


def _has_doctype(text: bytes) -> bool:
    """Walk the prolog: white space, comments and processing instructions, up to the first element."""
    at = 3 if text.startswith(codecs.BOM_UTF8) else 0
    while True:
        while text[at : at + 1].isspace():
            at += 1
        if text.startswith(b"<!--", at):
            end = text.find(b"-->", at + 4)
        elif text.startswith(b"<?", at):
            end = text.find(b"?>", at + 2)
        else:
            return text[at : at + 2] == b"<!"
        if end < 0:
            return False  # not well-formed; the parser says so
        at = text.index(b">", end) + 1
