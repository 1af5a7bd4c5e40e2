"""Nothing personal is left on the screen, however a department gets it written."""

import json
from typing import Any

import pytest

from hub.cli.veil import Veil

CASE: dict[str, Any] = {
    "applicant": {"kind": "person", "name": "王示例", "id_type": "111", "id_number": "43029919380412003X"},
    "delivery": {"recipient": 'Ann & "Bo" O\'Neil', "address": "株洲市荷塘区月荷街道映月社区荷塘路8号"},
    "form": {"income": 1234.5, "living": "alone", "diagnosis": "高血压", "size": 3},
}
SCHEMA = {
    "properties": {
        "income": {"type": "number", "x-mask": "hidden"},
        "living": {"type": "string", "enum": ["alone"]},
        "diagnosis": {"type": "string"},
        "size": {"type": "integer"},
    }
}
MADE = {
    "who": "王示例(43029919380412003X)",
    "where": "荷塘路8号",
    "income": "1234.50",
    "n": 1234.5,
    "size": 3,
    "how": "1",
}


@pytest.fixture
def veil() -> Veil:
    return Veil(CASE, SCHEMA, MADE, lifted=False)


def test_whole_values_pieces_and_longer_texts_are_masked(veil: Veil) -> None:
    assert veil.over(MADE) == {
        "who": "王**(430***********003X)",
        "where": "***",
        "income": "***",
        "n": "***",
        "size": 3,
        "how": "1",
    }


@pytest.mark.parametrize(
    "wire",
    [
        json.dumps({"to": CASE["delivery"]["recipient"], "sick": "高血压"}),
        json.dumps({"to": CASE["delivery"]["recipient"], "sick": "高血压"}, ensure_ascii=False),
        '<TO>Ann &amp; "Bo" O\'Neil</TO><S>高血压</S>',
        "to=Ann+%26+%22Bo%22+O%27Neil&sick=%E9%AB%98%E8%A1%80%E5%8E%8B",
    ],
)
def test_values_are_found_as_json_xml_and_forms_write_them(veil: Veil, wire: str) -> None:
    shown = veil.over(wire)
    for piece in ("Neil", "高血压", json.dumps("高血压")[1:-1], "%E9%AB%98"):
        assert piece not in shown
    assert len(shown) > 10


def test_without_a_schema_the_whole_form_is_hidden() -> None:
    assert Veil(CASE, None, MADE, lifted=False).over({"a": "alone", "b": 3}) == {"a": "***", "b": "***"}


def test_lifted_it_hides_nothing() -> None:
    assert Veil(CASE, SCHEMA, MADE, lifted=True).over(MADE) is MADE
