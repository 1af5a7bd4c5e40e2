"""Is a party who it says it is, as far as numbers can tell? Findings never repeat the number."""

import re
from collections.abc import Container
from datetime import date

from cases import citizen_id
from cases.citizen_id import Level, read_citizen_id
from cases.credit_code import read_credit_code
from cases.documents import CITIZEN_ID_TYPES, NAMES, ORGANISATION_TYPES, DocumentType, has_form
from cases.problems import Problem, message
from cases.submission import Party

_PHONE = re.compile(r"(\+?86-?)?1[3-9][0-9]{9}|(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?|\+[0-9]{7,15}")

_CITIZEN_ID = {
    Level.FORMAT: message(
        "citizen_id_format",
        "公民身份号码应为18位：17位数字加1位数字或X。请对照证件重新填写。",
        "A citizen ID has 18 characters: 17 digits and a digit or X. Type it again from the card.",
    ),
    Level.CHECKSUM: message(
        "citizen_id_checksum",
        "公民身份号码校验位不符，有一位或几位填错。请对照证件重新填写。",
        "The citizen ID's check character does not match: one or more digits are wrong. Type it again from the card.",
    ),
    Level.DATE: message(
        "citizen_id_date",
        "公民身份号码第7至14位不是存在的日期。请对照证件重新填写。",
        "Characters 7 to 14 of the citizen ID are no date that exists. Type it again from the card.",
    ),
    Level.PLAUSIBILITY: message(
        "citizen_id_future",
        "公民身份号码中的出生日期晚于今天。请对照证件重新填写。",
        "The citizen ID's date of birth lies in the future. Type it again from the card.",
    ),
    Level.DIVISION: message(
        "citizen_id_division",
        "公民身份号码前6位不是曾经使用过的行政区划代码。请对照证件重新填写。",
        "The citizen ID's first six digits were never a division code. Type it again from the card.",
    ),
}
_OLD_CITIZEN_ID = message(
    "citizen_id_15",
    "这是15位的旧号码。请填写现行18位公民身份号码。",
    "This is an old number of 15 digits. Give the present citizen ID of 18 characters.",
)
_CREDIT_CODE = {
    Level.FORMAT: message(
        "credit_code_format",
        "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z）。请对照营业执照或登记证书重新填写。",
        "A credit code has 18 digits and capital letters (never I, O, S, V, Z). Type it again from the certificate.",
    ),
    Level.CHECKSUM: message(
        "credit_code_checksum",
        "统一社会信用代码校验位不符，有一位或几位填错。请对照营业执照或登记证书重新填写。",
        "The credit code's check character does not match: a character is wrong. Type it again from the certificate.",
    ),
}
_FORM = message(
    "document_number_format",
    "号码不符合“{document}”的编号规则。请对照证件重新填写，或改选证件类型。",
    "The number does not have the form of document type {type}. Type it again, or choose another document type.",
)
_KIND = message(
    "document_type_for_other_kind",
    "证件类型“{document}”不能用于{kind_zh}。请改选证件类型。",
    "Document type {type} is not for a party of kind {kind}. Choose another document type.",
)
_PHONE_FORMAT = message(
    "phone_format",
    "电话号码格式不正确。请填写11位手机号码，或带区号的固定电话号码。",
    "This is no phone number. Give a mobile number of 11 digits, or a landline number with its area code.",
)


def check_party(
    party: Party, field_prefix: str, today: date, *, divisions: Container[str] | None = None
) -> list[Problem]:
    """Check document type, number and phone of a party; `field_prefix` is where it stands (`applicant`, `agent` …)."""
    problems = check_document(party.id_type, party.id_number, f"{field_prefix}.id_number", today, divisions=divisions)
    if (party.id_type in ORGANISATION_TYPES) != (party.kind == "organisation"):
        facts = {**_named(party.id_type), "kind": party.kind, "kind_zh": "自然人" if party.kind == "person" else "组织"}
        problems = [Problem(f"{field_prefix}.id_type", _KIND, facts)]
    if party.phone is not None:
        problems += check_phone(party.phone, f"{field_prefix}.phone")
    return problems


def check_document(
    kind: DocumentType, number: str, field: str, today: date, *, divisions: Container[str] | None = None
) -> list[Problem]:
    """Check one document number; at most one problem, that of the first level it fails."""
    if kind in CITIZEN_ID_TYPES:
        person = read_citizen_id(number, today=today, divisions=divisions)
        code = _CITIZEN_ID[person.failed] if person.failed else _OLD_CITIZEN_ID if person.digits == 15 else None
        return [Problem(field, code)] if code else []
    if kind is DocumentType.CREDIT_CODE:
        failed = read_credit_code(number).failed
        return [Problem(field, _CREDIT_CODE[failed])] if failed else []
    if not has_form(number, kind) or (kind is DocumentType.FOREIGNER_PERMANENT and not _permanent_card_holds(number)):
        return [Problem(field, _FORM, _named(kind))]
    return []


def check_phone(phone: str, field: str) -> list[Problem]:
    """Check that a folded text can be dialled."""
    return [] if _PHONE.fullmatch(phone) else [Problem(field, _PHONE_FORMAT)]


def _permanent_card_holds(number: str) -> bool:
    return len(number) != 18 or citizen_id.check_character(number[:17]) == number[17]


def _named(kind: DocumentType) -> dict[str, str]:
    return {"type": kind.value, "document": NAMES[kind.value]}
