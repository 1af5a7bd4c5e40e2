"""What people may see of personal data where they need not see it all: screens, exports, logs.

`mask_case` is closed by default: a field of the form shows only what its schema allows (see `x-mask` below).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from cases.documents import CITIZEN_ID_TYPES, ORGANISATION_TYPES
from cases.numbers import check_digit

Masker = Callable[[str], str]

HIDDEN = "***"

_COMPOUND_SURNAMES = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 "
    "公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 "
    "拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 左丘 东门 西门 第五"
)
# the units of an address that may show, narrowest first
_UNITS = (
    re.compile(r"^.*?(?:社区|居委会|村委会|村(?!路|街))"),
    re.compile(r"^.*?(?:街道(?:办事处)?|镇|(?<!家)乡)"),
    re.compile(r"^.*?(?:(?<!小)区|县)"),
    re.compile(r"^.*?市(?!场)"),
)


def mask_id_number(number: str, id_type: str = "111", *, public: bool = False) -> str:
    """Mask a document number by its type; credit codes are public and stay.

    Args:
        number: the number.
        id_type: GA/T 2000.156.
        public: for pages open to everyone: first and last two only.
    """
    if id_type in ORGANISATION_TYPES:
        return number
    if public:
        return _keep(number, 1, 2)
    return _keep(number, 3, 4) if id_type in CITIZEN_ID_TYPES else _keep(number, 1, 3)


def mask_phone(number: str) -> str:
    """Keep the first three and the last four digits."""
    return _keep(number, 3, 4)


def mask_bank_card(number: str) -> str:
    """Keep the last four digits."""
    return _keep(number, 0, 4)


def mask_name(name: str) -> str:
    """Keep the surname (compound ones whole), of a foreign name the first letter; every other character is a star."""
    surname = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    if len(name) == 1:
        return "*"
    return name[:surname] + "*" * (len(name) - surname)


def mask_address(address: str) -> str:
    """Keep an address down to the community; where none is named to the town, district or city; else nothing.

    A part with a number in it is a house or a road with one: then the next wider unit is tried.
    """
    for unit in _UNITS:
        found = unit.match(address)
        if found and not any(character.isdigit() for character in found.group()):
            return found.group() + HIDDEN
    return HIDDEN


#: What `x-mask` in an item's form schema may say. `none` shows the value.
MASKERS: Mapping[str, Masker] = {
    "none": lambda text: text,
    "name": mask_name,
    "id_number": mask_id_number,
    "phone": mask_phone,
    "address": mask_address,
    "bank_card": mask_bank_card,
    "hidden": lambda _: HIDDEN,
}


def mask_case(document: Mapping[str, Any], form_schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a copy of a submission or case in which personal data are masked.

    Args:
        document: the case as JSON.
        form_schema: the item's form schema. Of the form a value shows where its schema is an enum, a boolean, a date
            or a number, and a text where `x-mask` says how; everything else, and everything without a schema, is
            hidden.
    """
    masked = dict(document)
    for role in ("applicant", "agent", "subject"):
        if party := document.get(role):
            masked[role] = _mask_party(party)
    if delivery := document.get("delivery"):
        masked["delivery"] = _apply(delivery, {"recipient": mask_name, "phone": mask_phone, "address": mask_address})
    if "form" in document:
        masked["form"] = _mask_form(document["form"], form_schema or {})
    if "materials" in document:
        masked["materials"] = [
            _apply(material, {"licence_no": mask_bank_card, "content": MASKERS["hidden"], "file_name": _hide_stem})
            for material in document["materials"]
        ]
    return masked


def _mask_party(party: Mapping[str, Any]) -> dict[str, Any]:
    id_type = str(party.get("id_type", ""))
    masks: dict[str, Masker] = {
        "id_number": lambda number: mask_id_number(number, id_type),
        "phone": mask_phone,
        "address": mask_address,
    }
    if party.get("kind") != "organisation":
        masks["name"] = mask_name
    return _apply(party, masks)


def _apply(record: Mapping[str, Any], masks: Mapping[str, Masker]) -> dict[str, Any]:
    return {
        key: masks[key](value) if key in masks and isinstance(value, str) else value for key, value in record.items()
    }


def _mask_form(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {key: _mask_form(item, known.get(key, {})) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask_form(item, schema.get("items", {})) for item in value]
    if value is None:
        return None
    if "x-mask" in schema:
        return MASKERS.get(schema["x-mask"], MASKERS["hidden"])(str(value))
    open_text = isinstance(value, str) and ("enum" in schema or schema.get("format") == "date")
    open_value = isinstance(value, (bool, int, float)) and schema.get("type") in {"boolean", "integer", "number"}
    return value if open_text or open_value else HIDDEN


def _hide_stem(file_name: str) -> str:
    _, dot, suffix = file_name.rpartition(".")
    return HIDDEN + dot + suffix if dot else HIDDEN


def _keep(text: str, first: int, last: int) -> str:
    hidden = len(text) - first - last
    return "*" * len(text) if hidden < 1 else text[:first] + "*" * hidden + text[len(text) - last :]


# ---- free text: log lines, error messages -----------------------------------------------------------

_LONG_RUN = re.compile(r"\d(?:[ -]?\d){7}")
_PERSONAL = re.compile(
    # what only looks alike and stays: digests and delivery ids, case numbers
    r"(?P<keep>(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9A-Za-z])"
    r"|[0-9A-HJ-NPQRTUWXY]{18}[1-7][0-9]{20}[0-9A-HJ-NPQRTUWXY]{4})"
    r"|(?<!\d)(?P<id>\d{6}[ -]?(?P<born>\d{8})[ -]?\d{3}[\dXx])(?!\d)"
    r"|(?<!\d)(?P<old>\d{6}(?P<old_born>\d{6})\d{3})(?!\d)"
    r"|(?<!\d)(?P<card>\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?)(?!\d)"
    r"|(?<!\d)(?P<phone>1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)"
    r"|(?<![0-9A-Za-z])(?P<document>[DEGHMPS][A-Z]?\d{7,8})(?![0-9A-Za-z])"
)


def mask_text(text: str) -> str:
    """Mask what looks like a citizen ID, bank card, phone or passport number in free text, such as a log line.

    A wrong check character does not make a citizen ID less personal, so only the date inside decides; a bank card's
    own check (Luhn) tells it from other long numbers. Names and addresses cannot be told from other words: keep them
    out of log lines.
    """
    return _PERSONAL.sub(_mask_match, text) if _LONG_RUN.search(text) else text


def _mask_match(match: re.Match[str]) -> str:
    text = match.group()
    if match["keep"]:
        return text
    if match["id"]:
        return _keep(text, 3, 4) if _is_birth(match["born"]) else _mask_other(text)
    if match["old"]:
        return _keep(text, 3, 4) if _is_birth(f"19{match['old_born']}") else _mask_other(text)
    if match["card"]:
        return _mask_other(text)
    return _keep(text, 3, 4) if match["phone"] else _keep(text, 1, 3)


def _mask_other(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    is_receipt = len(text) == 18 and text.isdecimal() and check_digit(text[:17]) == text[17]
    return _keep(text, 0, 4) if _luhn_holds(digits) and not is_receipt else text


def _is_birth(digits: str) -> bool:
    try:
        return 1850 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2099
    except ValueError:
        return False


def _luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
