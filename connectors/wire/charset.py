"""Character sets of departments: text goes out only where every character has a place in theirs."""

import codecs
from typing import Literal

Charset = Literal["UTF-8", "GBK", "GB18030"]
#: GB18030 reads whatever a sender of GBK or GB2312 wrote.
_READS = {"UTF-8": "utf-8-sig", "GBK": "gb18030", "GB18030": "gb18030"}


class CharacterMissing(ValueError):
    """A character that the department's character set does not have; names it and where it stands."""


def encode(text: str, charset: Charset) -> bytes:
    """Return the text's bytes.

    Raises:
        CharacterMissing: names the character and what can be done; never replaces it.
    """
    try:
        return text.encode(codecs.lookup(charset).name)
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise CharacterMissing(
            f"{character!r} (U+{ord(character):04X}) after {_before(text, error.start)!r} is not in {charset}: "
            "the department must take another character set, or the value must be written otherwise"
        ) from None


def decode(data: bytes, charset: Charset) -> str:
    """Return the text of bytes.

    Raises:
        ValueError: says at which byte they stop being in this character set.
    """
    try:
        return data.decode(_READS[charset])
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not in {charset}") from None


def _before(text: str, at: int) -> str:
    """Return a tag or field name near the place, without the personal value itself."""
    start = text.rfind("<", 0, at)
    return text[start : text.find(">", start) + 1] if start >= 0 and text.find(">", start) < at else f"position {at}"
