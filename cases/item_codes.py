"""Codes of service items (事项) of all generations that are in the field.

| kind | length | structure |
|---|---|---|
| old base (旧基本编码) | 10 | 2 type + 5 main item + 3 sub-item |
| old implementation (旧实施编码) | 24-26 | of 26: old base + 1 level + 6 division + 9 organisation code |
| base (基本编码) | 12 | 2 region + 2 type + 5 main item + 3 sub-item |
| implementation (实施编码) | 31 | 18 credit code of the implementing body + 1 level + base |
| handle (业务办理项编码) | 33 | implementation + serial 01-99 |
| material (材料编码) | 34 | implementation + serial 001-999 |

The lengths of the present codes rest on codes in public catalogues. From an old code to a present one there is no
rule, only a district's own table.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases import credit_code
from cases.errors import InvalidInput
from cases.problems import Problem, message
from cases.text import fold


class CodeKind(StrEnum):
    """Which code it is."""

    OLD_BASE = "old_base"
    OLD_IMPLEMENTATION = "old_implementation"
    BASE = "base"
    IMPLEMENTATION = "implementation"
    HANDLE = "handle"
    MATERIAL = "material"


#: 行使层级: who exercises the power.
LEVELS = {
    "1": "国家级",
    "2": "省级",
    "3": "市级",
    "4": "县级",
    "5": "镇（乡、街道）级",
    "6": "村(社区)级",
    "7": "分级管理",
}

_KIND_OF_LENGTH = {
    10: CodeKind.OLD_BASE,
    12: CodeKind.BASE,
    24: CodeKind.OLD_IMPLEMENTATION,
    25: CodeKind.OLD_IMPLEMENTATION,
    26: CodeKind.OLD_IMPLEMENTATION,
    31: CodeKind.IMPLEMENTATION,
    33: CodeKind.HANDLE,
    34: CodeKind.MATERIAL,
}
_BASE = r"[0-9]{2}[0-2][0-9]{9}"
_IMPLEMENTATION = rf"{credit_code.FORMAT.pattern}[1-7]{_BASE}"
_OLD_BASE = r"[0-9A-Z]{2}[0-9]{8}"
_FORMS = {
    CodeKind.OLD_BASE: re.compile(_OLD_BASE),
    CodeKind.OLD_IMPLEMENTATION: re.compile(rf"{_OLD_BASE}([1-7][0-9]{{6}}[0-9A-Z]{{8}}[0-9X]|[0-9A-Z]{{14,15}})"),
    CodeKind.BASE: re.compile(_BASE),
    CodeKind.IMPLEMENTATION: re.compile(_IMPLEMENTATION),
    CodeKind.HANDLE: re.compile(rf"{_IMPLEMENTATION}(0[1-9]|[1-9][0-9])"),
    CodeKind.MATERIAL: re.compile(rf"{_IMPLEMENTATION}(?!000)[0-9]{{3}}"),
}

_LENGTH = message(
    "item_code_length",
    "事项编码有{length}位；应为31位实施编码或33位办理项编码（基本编码12位，旧编码10位或24至26位）。请从事项清单中复制。",
    "The item code has {length} characters; expected 31 (implementation) or 33 (handle), 12 for a base code, "
    "10 or 24 to 26 for old codes. Copy it from the catalogue.",
)
_FORM = message(
    "item_code_form",
    "事项编码的字符或结构不正确（按{length}位编码规则检查）。请从事项清单中复制。",
    "The item code does not have the structure of a code of {length} characters. Copy it from the catalogue.",
)
_BODY = message(
    "item_code_body",
    "事项编码前18位（实施主体的统一社会信用代码）校验位不符。请从事项清单中复制。",
    "The item code's first 18 characters, the implementing body's credit code, fail their check. "
    "Copy it from the catalogue.",
)
_ORGANISATION = message(
    "item_code_organisation",
    "旧实施编码末9位组织机构代码校验位不符。请从事项清单中复制。",
    "The old code's last nine characters, the organisation code, fail their check. Copy it from the catalogue.",
)
_REGION = message(
    "item_code_region",
    "基本编码以{region}开头，不是国家目录（00）或本省目录（{allowed}）。请核对事项清单。",
    "The base code begins with {region}, which is neither the national list (00) nor this province's ({allowed}). "
    "Check the catalogue.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCode:
    """A valid code and its parts; parts that its kind does not have are empty."""

    text: str
    kind: CodeKind
    body: str = ""  # credit code of the implementing body
    level: str = ""  # 行使层级
    base: str = ""  # 12 digits, or the 10 characters of an old code
    serial: str = ""  # of a handle (2 digits) or a material (3 digits)
    division: str = ""  # old implementation code only
    organisation: str = ""  # old implementation code only

    @property
    def implementation(self) -> str:
        """The 31 characters; empty for base and old codes."""
        return self.text[:31] if self.body else ""

    @property
    def item_type(self) -> str:
        """事项类型 (A.1), two digits; two letters or digits in old codes."""
        return self.base[:2] if len(self.base) == 10 else self.base[2:4]

    @property
    def main(self) -> str:
        """主项, five digits."""
        return self.base[-8:-3]

    @property
    def sub(self) -> str:
        """子项, three digits; 000 = none."""
        return self.base[-3:]

    @property
    def parent(self) -> str:
        """The main item's code of the same kind; empty where this is one, or a handle or material."""
        if self.kind in {CodeKind.BASE, CodeKind.IMPLEMENTATION, CodeKind.OLD_BASE} and self.sub != "000":
            return self.text[:-3] + "000"
        return ""


def read_item_code(text: str, *, field: str = "item_code", provinces: Container[str] | None = None) -> ItemCode:
    """Read a code of any generation; its length says which.

    Args:
        text: as typed; folded first.
        field: where it stands, for the problem.
        provinces: two-digit region prefixes allowed beside 00; without it any will do.

    Raises:
        InvalidInput: with one problem, the first that is found.
    """
    code = fold(text)
    kind = _KIND_OF_LENGTH.get(len(code))
    if kind is None:
        raise InvalidInput([Problem(field, _LENGTH, {"length": len(code)})])
    if not _FORMS[kind].fullmatch(code):
        raise InvalidInput([Problem(field, _FORM, {"length": len(code)})])
    found = _PARTS[kind](code)
    if found.body and credit_code.check_character(found.body[:17]) != found.body[17]:
        raise InvalidInput([Problem(field, _BODY)])
    if found.organisation and credit_code.organisation_check(found.organisation[:8]) != found.organisation[8]:
        raise InvalidInput([Problem(field, _ORGANISATION)])
    region = found.base[:2] if len(found.base) == 12 else "00"
    if provinces is not None and region != "00" and region not in provinces:
        raise InvalidInput([Problem(field, _REGION, {"region": region, "allowed": _listed(provinces)})])
    return found


def implementation_code(body: str, level: str, base: str) -> str:
    """Join the parts of a present implementation code and check the whole.

    Raises:
        InvalidInput: the parts do not make a valid code.
    """
    return _made(f"{body}{level}{base}", CodeKind.IMPLEMENTATION)


def handle_code(implementation: str, serial: int) -> str:
    """Return the handle's code: serial 1 to 99.

    Raises:
        InvalidInput: no valid implementation code, or the serial does not fit.
    """
    return _made(f"{implementation}{serial:02}", CodeKind.HANDLE)


def material_code(implementation: str, serial: int) -> str:
    """Return the material's code: serial 1 to 999.

    Raises:
        InvalidInput: no valid implementation code, or the serial does not fit.
    """
    return _made(f"{implementation}{serial:03}", CodeKind.MATERIAL)


def _made(text: str, kind: CodeKind) -> str:
    found = read_item_code(text)
    if found.kind is not kind:
        raise InvalidInput([Problem("item_code", _LENGTH, {"length": len(text)})])
    return found.text


def _old_implementation(code: str) -> ItemCode:
    if len(code) < 26:
        return ItemCode(text=code, kind=CodeKind.OLD_IMPLEMENTATION, base=code[:10])
    return ItemCode(
        text=code,
        kind=CodeKind.OLD_IMPLEMENTATION,
        base=code[:10],
        level=code[10],
        division=code[11:17],
        organisation=code[17:],
    )


def _present(kind: CodeKind, code: str) -> ItemCode:
    return ItemCode(text=code, kind=kind, body=code[:18], level=code[18], base=code[19:31], serial=code[31:])


_PARTS: Mapping[CodeKind, Callable[[str], ItemCode]] = {
    CodeKind.OLD_BASE: lambda code: ItemCode(text=code, kind=CodeKind.OLD_BASE, base=code),
    CodeKind.OLD_IMPLEMENTATION: _old_implementation,
    CodeKind.BASE: lambda code: ItemCode(text=code, kind=CodeKind.BASE, base=code),
    CodeKind.IMPLEMENTATION: lambda code: _present(CodeKind.IMPLEMENTATION, code),
    CodeKind.HANDLE: lambda code: _present(CodeKind.HANDLE, code),
    CodeKind.MATERIAL: lambda code: _present(CodeKind.MATERIAL, code),
}


def _listed(provinces: Container[str]) -> str:
    return ", ".join(f"{number:02}" for number in range(1, 100) if f"{number:02}" in provinces)
