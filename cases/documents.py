"""Types of identity documents (GA/T 2000.156, three digits) and the form their numbers take."""

import re
from enum import StrEnum
from typing import Final


class DocumentType(StrEnum):
    """What a party is identified by. 001 and 999 are for organisations, all others for persons."""

    CREDIT_CODE = "001"
    CITIZEN_ID = "111"
    TEMPORARY_ID = "112"
    HOUSEHOLD_BOOK = "113"
    OFFICER = "114"
    TEMPORARY_RESIDENCE = "116"
    BIRTH_CERTIFICATE = "117"
    POLICE = "123"
    DRIVING_LICENCE = "335"
    DIPLOMATIC_PASSPORT = "411"
    SERVICE_PASSPORT = "412"
    OFFICIAL_PASSPORT = "413"
    PASSPORT = "414"
    TRAVEL_DOCUMENT = "415"
    EXIT_ENTRY_PERMIT = "416"
    FOREIGNER_EXIT_ENTRY = "417"
    FOREIGNER_TRAVEL = "418"
    SEAFARER = "419"
    HONG_KONG_PASSPORT = "420"
    MACAU_PASSPORT = "421"
    TAIWAN_TO_MAINLAND = "511"
    TO_HONG_KONG_MACAU = "513"
    SETTLE_IN_HONG_KONG_MACAU = "515"
    HONG_KONG_MACAU_TO_MAINLAND = "516"
    MAINLAND_TO_TAIWAN = "517"
    OVERSEAS_CHINESE_SETTLED = "551"
    TAIWAN_SETTLED = "552"
    FOREIGNER_PERMANENT = "553"
    FOREIGNER_RESIDENCE = "554"
    FOREIGNER_TEMPORARY_RESIDENCE = "555"
    OTHER = "990"
    OTHER_ORGANISATION = "999"


ORGANISATION_TYPES: Final = frozenset({DocumentType.CREDIT_CODE, DocumentType.OTHER_ORGANISATION})
PERSON_TYPES: Final = frozenset(DocumentType) - ORGANISATION_TYPES
#: Types whose number is a citizen ID.
CITIZEN_ID_TYPES: Final = frozenset({DocumentType.CITIZEN_ID, DocumentType.TEMPORARY_ID})

NAMES: Final = {
    "001": "统一社会信用代码",
    "111": "居民身份证",
    "112": "临时居民身份证",
    "113": "户口簿",
    "114": "军官证",
    "116": "暂住证",
    "117": "出生医学证明",
    "123": "警官证",
    "335": "驾驶证",
    "411": "外交护照",
    "412": "公务护照",
    "413": "因公普通护照",
    "414": "普通护照",
    "415": "旅行证",
    "416": "出入境通行证",
    "417": "外国人出入境证",
    "418": "外国人旅行证",
    "419": "海员证",
    "420": "香港特别行政区护照",
    "421": "澳门特别行政区护照",
    "511": "台湾居民来往大陆通行证",
    "513": "往来港澳通行证",
    "515": "前往港澳通行证",
    "516": "港澳居民来往内地通行证",
    "517": "大陆居民往来台湾通行证",
    "551": "华侨回国定居证",
    "552": "台湾居民定居证",
    "553": "外国人永久居留身份证",
    "554": "外国人居留证",
    "555": "外国人临时居留证",
    "990": "其他个人证件",
    "999": "其他组织证件",
}

# A passport may be of any country: the Chinese form (one or two letters, seven or eight digits) is among these.
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,18}")
_GENERAL = re.compile(r"(?=.*[0-9])[0-9A-Z\u4e00-\u9fff()\-/]{4,30}")  # 军字第…号 and the like

_FORMS: Final = {
    DocumentType.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
    DocumentType.DIPLOMATIC_PASSPORT: _PASSPORT,
    DocumentType.SERVICE_PASSPORT: _PASSPORT,
    DocumentType.OFFICIAL_PASSPORT: _PASSPORT,
    DocumentType.PASSPORT: _PASSPORT,
    DocumentType.HONG_KONG_PASSPORT: _PASSPORT,
    DocumentType.MACAU_PASSPORT: _PASSPORT,
    DocumentType.TAIWAN_TO_MAINLAND: re.compile(r"[0-9]{8}"),
    DocumentType.HONG_KONG_MACAU_TO_MAINLAND: re.compile(r"[HM][0-9]{8}([0-9]{2})?"),
    # 15 characters on cards before 2023; since then 18 with a leading 9, checked like a citizen ID
    DocumentType.FOREIGNER_PERMANENT: re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
}


def has_form(number: str, kind: DocumentType) -> bool:
    """Tell whether a folded number has the form of its type (citizen IDs and credit codes: see their own modules)."""
    return _FORMS.get(kind, _GENERAL).fullmatch(number) is not None
