"""The citizen ID (公民身份号码, GB 11643-1999): read level by level, the first level that fails is the answer."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.text import fold

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_NOW = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD = re.compile(r"[1-9][0-9]{14}")


class Level(StrEnum):
    """What is looked at, in this order."""

    FORMAT = "format"
    CHECKSUM = "checksum"
    DATE = "date"
    PLAUSIBILITY = "plausibility"  # born after today
    DIVISION = "division"  # only where a table of divisions is at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenId:
    """What a number says. `failed` is the first level it fails; None: it holds at every level that was looked at."""

    number: str
    digits: int  # 18; 15 on cards issued before 1999; 0: neither
    failed: Level | None = None
    born: date | None = None
    male: bool | None = None

    @property
    def division(self) -> str:
        """GB/T 2260 code at first issue: often abolished since, and never the place of residence."""
        return self.number[:6]


def read_citizen_id(text: str, *, today: date | None = None, divisions: Container[str] | None = None) -> CitizenId:
    """Read a number of 18 or 15 characters.

    Args:
        text: as typed; folded first (full-width digits, spaces, lower-case x).
        today: a birth after this day is implausible; without it that level is left out.
        divisions: every division code ever issued; without it that level is left out.
    """
    number = fold(text)
    digits = 18 if _NOW.fullmatch(number) else 15 if _OLD.fullmatch(number) else 0
    if not digits:
        return CitizenId(number=number, digits=0, failed=Level.FORMAT)
    full = number if digits == 18 else _with_century(number)
    if check_character(full[:17]) != full[17]:
        return CitizenId(number=number, digits=digits, failed=Level.CHECKSUM)
    born = _date(full[6:14])
    if born is None:
        failed: Level | None = Level.DATE
    elif today is not None and born > today:
        failed = Level.PLAUSIBILITY
    elif divisions is not None and full[:6] not in divisions:
        failed = Level.DIVISION
    else:
        failed = None
    return CitizenId(number=number, digits=digits, failed=failed, born=born, male=int(full[16]) % 2 == 1)


def to_18(old: str) -> str:
    """Convert a number of 15 digits: the century and the check character are added.

    Raises:
        ValueError: not 15 digits.
    """
    number = fold(old)
    if not _OLD.fullmatch(number):
        raise ValueError("only a number of 15 digits can be converted")
    return _with_century(number)


def check_character(first_17: str) -> str:
    """Return the 18th character: ISO 7064 MOD 11-2."""
    return _CHECK_CHARACTERS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


def _with_century(old: str) -> str:
    first_17 = f"{old[:6]}19{old[6:]}"
    return first_17 + check_character(first_17)


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
