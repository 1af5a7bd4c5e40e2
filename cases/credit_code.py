"""The unified social credit code (统一社会信用代码, GB 32100-2015) with the organisation code (GB 11714) inside."""

import re
from dataclasses import dataclass

from cases.citizen_id import Level
from cases.text import fold

#: The 31 characters of the code, in the order of their values; I O S V Z are left out.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FORMAT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCode:
    """What a code says. Its own check character decides; a wrong organisation code is a finding beside that."""

    number: str
    failed: Level | None = None  # FORMAT or CHECKSUM
    organisation_code_holds: bool = False

    @property
    def division(self) -> str:
        """GB/T 2260 code of the registering organ."""
        return self.number[2:8]

    @property
    def organisation_code(self) -> str:
        """The nine characters of GB 11714."""
        return self.number[8:17]


def read_credit_code(text: str) -> CreditCode:
    """Read a code as typed; folded first."""
    number = fold(text)
    if not FORMAT.fullmatch(number):
        return CreditCode(number=number, failed=Level.FORMAT)
    return CreditCode(
        number=number,
        failed=None if check_character(number[:17]) == number[17] else Level.CHECKSUM,
        organisation_code_holds=organisation_check(number[8:16]) == number[16],
    )


def check_character(first_17: str) -> str:
    """Return the 18th character."""
    total = sum(_VALUES[character] * weight for character, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """Return the check character of an organisation code's eight characters (0-9 = 0-9, A = 10 … Z = 35)."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    check = 11 - total % 11
    return "X" if check == 10 else "0" if check == 11 else str(check)
