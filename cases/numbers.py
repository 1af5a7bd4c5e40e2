"""The numbers a case is known by, and how each is made and checked.

Nothing here counts or draws lots: serials come from the store, random bits from the caller.

**Serials of fixed width.** A case number has four characters for the day's serial, a receipt number five. When the
digits are used up (serial 9999, or 99999) the serial goes on in the same width with a leading letter: A000, A001 …
A009, A00A … YYYY, in the 31 characters of the credit code (no I, O, S, V, Z). Text order stays serial order. Capacity:
635,610 cases per item and day (9,999 + 21 x 31^3), 19,493,940 receipts per district and day (99,999 + 21 x 31^4).
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cases.credit_code import ALPHABET
from cases.errors import InvalidInput
from cases.item_codes import CodeKind, read_item_code
from cases.problems import Problem, message
from cases.text import fold

_BASE = len(ALPHABET)
_LETTERS = ALPHABET[10:]
_SERIAL = re.compile(rf"[0-9]+|[{_LETTERS}][{ALPHABET}]+")

_CASE_NO = message(
    "case_no",
    "办件编号应为43位：31位事项编码、8位日期和4位流水号。请从回执单上核对。",
    "A case number has 43 characters: item code (31), date (8), serial (4). Check it against the receipt.",
)
_RECEIPT_NO = message(
    "receipt_no",
    "回执编号应为18位，且校验位相符。请从回执单上核对。",
    "A receipt number has 18 characters and its check digit must match. Check it against the receipt.",
)


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """统一办件编号: 43 characters."""

    item_code: str  # 31
    day: date
    serial: int

    def __str__(self) -> str:
        return f"{self.item_code}{self.day:%Y%m%d}{_to_text(self.serial, 4)}"


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """The short number on the receipt: district 6, yyMMdd, serial 5, check digit."""

    district: str
    day: date
    serial: int

    def __str__(self) -> str:
        body = f"{self.district}{self.day:%y%m%d}{_to_text(self.serial, 5)}"
        return body + check_digit(body)


def case_number(item_code: str, day: date, serial: int) -> str:
    """Return the number of the day's `serial`-th case (1, 2, …) of an item; of a 33-character code the first 31 count.

    Raises:
        ValueError: the serial is below 1 or beyond what four characters hold.
    """
    return str(CaseNumber(item_code[:31], day, serial))


def receipt_number(district: str, day: date, serial: int) -> str:
    """Return the number of the district's `serial`-th receipt (1, 2, …) of a day.

    Raises:
        ValueError: the serial is below 1 or beyond what five characters hold.
    """
    return str(ReceiptNumber(district, day, serial))


def trial_numbers(item_code: str, district: str, day: date) -> tuple[str, str]:
    """Return a case and a receipt number to try things with: well formed, of the day's last serials, never given out.

    Their serials are all Y: `…YYYY` and `…YYYYY` with its check digit.
    """
    last_case, last_receipt = _to_serial(ALPHABET[-1] * 4), _to_serial(ALPHABET[-1] * 5)
    return case_number(item_code, day, last_case), receipt_number(district, day, last_receipt)


def read_case_number(text: str, *, field: str = "case_no") -> CaseNumber:
    """Take a case number apart.

    Raises:
        InvalidInput: length, item code, date or serial is not valid.
    """
    number = fold(text)
    try:
        if len(number) != 43 or read_item_code(number[:31]).kind is not CodeKind.IMPLEMENTATION:
            raise ValueError(number)
        return CaseNumber(number[:31], _day(number[31:39]), _to_serial(number[39:]))
    except (ValueError, InvalidInput):
        raise InvalidInput([Problem(field, _CASE_NO)]) from None


def read_receipt_number(text: str, *, field: str = "receipt_no") -> ReceiptNumber:
    """Take a receipt number apart.

    Raises:
        InvalidInput: length, date, serial or check digit is not valid.
    """
    number = fold(text)
    try:
        if len(number) != 18 or not number[:12].isdecimal() or check_digit(number[:17]) != number[17]:
            raise ValueError(number)
        return ReceiptNumber(number[:6], _day(f"20{number[6:12]}"), _to_serial(number[12:17]))
    except (ValueError, KeyError):
        raise InvalidInput([Problem(field, _RECEIPT_NO)]) from None


def series_for_case(item_code: str, day: date) -> str:
    """Name the series that serials of an item's cases of one day are taken from."""
    return f"case:{item_code[:31]}:{day:%Y%m%d}"


def series_for_receipt(district: str, day: date) -> str:
    """Name the series that serials of a district's receipts of one day are taken from."""
    return f"receipt:{district}:{day:%Y%m%d}"


def check_digit(body: str) -> str:
    """Return the ISO 7064 MOD 11,10 check digit.

    A letter counts as the two digits of its value in the credit code's alphabet (A = 10 … Y = 30), so one check digit
    serves both forms of the serial. Every wrong single digit is caught; of wrong letters about nine in ten.
    """
    product = 10
    for character in body:
        for digit in character if character <= "9" else str(ALPHABET.index(character)):
            product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def query_code(secret: bytes, case_no: str) -> str:
    """Return the six digits that open a case's progress together with its number; the same for life."""
    return f"{int.from_bytes(_derived(secret, f'query:{case_no}')[:8]) % 1_000_000:06}"


def progress_token(secret: bytes, case_no: str, generation: int = 0) -> str:
    """Return the token of a case's progress page: 160 bits, safe in a URL.

    A new generation makes a token that has nothing in common with the ones before, which are thereby revoked.
    """
    derived = _derived(secret, f"progress:{generation}:{case_no}")[:20]
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def new_delivery_id(now: datetime, random_bits: int) -> str:
    """Return 32 hex digits that sort by time: milliseconds since 1970 (12 digits), then 80 random bits handed in."""
    if now.tzinfo is None:
        raise ValueError("a delivery id needs a time with its offset")
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    return f"{milliseconds:012x}{random_bits & (1 << 80) - 1:020x}"


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), hashlib.sha256)


def _to_text(serial: int, width: int) -> str:
    digits_only = 10**width
    if not 1 <= serial < digits_only + len(_LETTERS) * _BASE ** (width - 1):
        raise ValueError(f"serial {serial} does not fit into {width} characters")
    if serial < digits_only:
        return f"{serial:0{width}}"
    rest, text = serial - digits_only, ""
    for _ in range(width - 1):
        rest, value = divmod(rest, _BASE)
        text = ALPHABET[value] + text
    return _LETTERS[rest] + text


def _to_serial(text: str) -> int:
    if not text.isascii() or not _SERIAL.fullmatch(text):
        raise ValueError(text)
    if text.isdecimal():
        serial = int(text)
    else:
        serial = _LETTERS.index(text[0])
        for character in text[1:]:
            serial = serial * _BASE + ALPHABET.index(character)
        serial += 10 ** len(text)
    if serial < 1:
        raise ValueError(text)
    return serial


def _day(digits: str) -> date:
    if not digits.isascii() or not digits.isdecimal():
        raise ValueError(digits)
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
