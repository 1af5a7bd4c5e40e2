"""Values as XML text: escaped, in the words of their XSD type, refused where XML has no way to write them."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from connectors.wire.xsd import primitive

_SPECIAL = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Return text as element content.

    Raises:
        ValueError: a character that XML cannot carry.
    """
    if not _SPECIAL.search(text):
        return text
    if found := _IMPOSSIBLE.search(text):
        raise ValueError(f"holds the character U+{ord(found[0]):04X}, which XML cannot carry; remove it")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """Return text as an attribute value between double quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def text_writer(simple: Any) -> Callable[[Any], str]:
    """Return what turns a value into the (unescaped) text of a simple type; it raises ValueError with the reason.

    Texts are taken as they stand, base64 included; bytes are encoded for base64Binary and hexBinary.
    """
    if simple.is_list():
        item = text_writer(simple.item_type)
        return lambda value: " ".join(map(item, value if isinstance(value, (list, tuple)) else [value]))
    name = primitive(simple)

    def write(value: Any) -> str:
        if isinstance(value, str):
            return _base64(value) if name == "base64Binary" else value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, bytes):
            return _bytes(value, name)
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, (datetime, date, time)):
            return value.isoformat()
        raise ValueError(f"is a {type(value).__name__}, where the contract has a single {name}")

    return write


def _base64(text: str) -> str:
    """Schema validators let through what is no base64, and receivers then store half a file."""
    try:
        binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError:
        raise ValueError("is no base64Binary") from None
    return text


def _bytes(value: bytes, name: str) -> str:
    if name == "base64Binary":
        return base64.b64encode(value).decode("ascii")
    if name == "hexBinary":
        return value.hex().upper()
    raise ValueError(f"is binary, where the contract has a {name}")


def _float(value: float) -> str:
    return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value))
