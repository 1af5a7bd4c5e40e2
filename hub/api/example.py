"""A submission as the documentation shows it: an invented person, an item of the reference district."""

from typing import Any

EXAMPLE: dict[str, Any] = {
    "item_code": "11430202HT0000018T4430511002000",
    "channel": "counter",
    "region": "430202001002",
    "counter": {"hall": "430202001", "window": "A03", "clerk": "c-017"},
    "applicant": {
        "kind": "person",
        "name": "王示例",
        "id_type": "111",
        "id_number": "43029919380412003X",
        "phone": "13700000003",
    },
    "form": {
        "birth_date": "1938-04-12",
        "living": "with_family",
        "bank_name": "示例银行荷塘支行",
        "bank_card": "6222000000000000017",
    },
    "materials": [
        {"code": "01", "name": "申请表", "form": "original"},
        {"code": "02", "name": "身份证", "form": "copy"},
        {"code": "03", "name": "银行卡复印件", "form": "copy"},
    ],
    "submitted_at": "2026-03-02T09:12:00+08:00",
}
