"""Masking: what stays visible, and that nothing else does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.masking import (
    mask_address,
    mask_bank_card,
    mask_case,
    mask_id_number,
    mask_name,
    mask_phone,
    mask_text,
)
from cases.numbers import case_number, new_delivery_id, receipt_number
from tests.router.district import CASES, DAY, NOW, document, office

PERSON = "430299198001010016"


def test_numbers_are_masked_by_their_type() -> None:
    assert mask_id_number(PERSON) == "430***********0016"
    assert mask_id_number(PERSON, public=True) == "4***************16"
    assert mask_id_number("EX1234567", "414") == "E*****567"
    assert mask_id_number("91430202HT9000014X", "001") == "91430202HT9000014X"
    assert mask_phone("13800000001") == "138****0001"
    assert mask_bank_card("6222000000000000012") == "***************0012"


@pytest.mark.parametrize("text", ["", "1", "123", "1234567"])
def test_short_numbers_vanish_whole(text: str) -> None:
    assert mask_phone(text) == "*" * len(text)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("王小例", "王**"),
        ("欧阳示例", "欧阳**"),
        ("欧阳", "欧*"),
        ("张", "*"),
        ("Example", "E******"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_surname(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("株洲市荷塘区月荷街道映月社区荷塘路8号", "株洲市荷塘区月荷街道映月社区***"),
        ("株洲市荷塘区仙湖镇仙湖村3组12号", "株洲市荷塘区仙湖镇仙湖村***"),
        ("株洲市荷塘区月荷街道荷塘路8号", "株洲市荷塘区月荷街道***"),
        ("株洲市荷塘区红旗路8号", "株洲市荷塘区***"),
        ("株洲市荷塘区红旗路8号阳光社区", "株洲市荷塘区***"),
        ("株洲市阳光小区2栋", "株洲市***"),
        ("阳光小区2栋", "***"),
        ("红旗路8号", "***"),
    ],
)
def test_an_address_ends_at_the_community(address: str, masked: str) -> None:
    assert mask_address(address) == masked


def personal_values(case: dict[str, Any]) -> set[str]:
    values = {
        party[key]
        for role in ("applicant", "agent", "subject")
        if (party := case.get(role)) and party["kind"] == "person"
        for key in ("name", "id_number", "phone", "address")
        if key in party
    }
    return values | {value for key, value in case.get("delivery", {}).items() if key != "method"}


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_a_masked_case_holds_no_personal_value(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    item = office().catalogue.in_force(case["item_code"], DAY)
    shown = json.dumps(mask_case(case, item.form), ensure_ascii=False)
    for value in personal_values(case):
        assert value not in shown
    for field in ("bank_card", "household_no", "certificate_no"):
        assert case["form"].get(field, "none of it") not in shown


def test_masking_leaves_the_document_itself_alone() -> None:
    case = document("minimum-living")
    before = json.dumps(case)
    mask_case(case)
    assert json.dumps(case) == before


def test_without_a_form_schema_the_whole_form_is_hidden() -> None:
    form = mask_case(document("minimum-living"))["form"]
    assert set(form) == set(document("minimum-living")["form"])
    assert form["monthly_income"] == form["reason"] == "***"
    assert form["members"][0] == {"name": "***", "id_number": "***", "relation": "***", "monthly_income": "***"}


def test_with_its_schema_a_form_shows_choices_and_numbers_and_masks_the_rest() -> None:
    case = document("minimum-living")
    item = office().catalogue.in_force(case["item_code"], DAY)
    form = mask_case(case, item.form)["form"]
    assert form["reason"] == "illness"
    assert form["household_size"] == 3
    assert form["reason_text"] == "***"
    assert form["bank_card"] == "***************0012"
    assert form["members"][0]["name"] == "李**"
    assert form["members"][0]["id_number"] == "430***********0021"


def test_what_identifies_no_one_stays() -> None:
    case = document("food-licence") | {"case_no": case_number("11430202HT0000034G4430131002000", DAY, 1)}
    masked = mask_case(case)
    for key in ("item_code", "region", "channel", "case_no", "submitted_at"):
        assert masked[key] == case[key]
    assert masked["applicant"]["name"] == case["applicant"]["name"]


def test_file_content_and_names_of_files_do_not_show() -> None:
    material = {"code": "01", "name": "申请表", "content": "5byg5LiJ", "file_name": "张三申请表.pdf"}
    masked = mask_case({"materials": [material]})["materials"][0]
    assert masked == {"code": "01", "name": "申请表", "content": "***", "file_name": "***.pdf"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("applicant 430299198001010016 refused", "applicant 430***********0016 refused"),
        ("号码430299198001010016，", "号码430***********0016，"),
        ("wrong check 43029919800101001X", "wrong check 430***********001X"),
        ("430299 19800101 0016", "430*************0016"),
        ("old 430299800101001", "old 430********1001"),
        ("tel13800000001", "tel138****0001"),
        ("138-0000-0001", "138******0001"),
        ("card 6222000000000000012 x", "card ***************0012 x"),
        ("card 4111 1111 1111 1111", "card ***************1111"),
        ("passport E12345678.", "passport E*****678."),
        ("nothing here: 404, 2026-03-02T09:12:00", "nothing here: 404, 2026-03-02T09:12:00"),
    ],
)
def test_free_text_loses_its_numbers(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_numbers_of_the_hub_itself_stay_readable() -> None:
    for serial in (1, 9999, 10_000):
        for item in ("11430202HT0000018T4430511002000", "11430202HT000005064432023002000"):
            line = f"case {case_number(item, DAY, serial)} receipt {receipt_number('430202', DAY, serial)}"
            assert mask_text(line) == line
    line = f"delivery {new_delivery_id(NOW, 13800000001 << 8)} sha256:{'13800000001' * 5}123456789"
    assert mask_text(line) == line


@given(st.dates(), st.integers(0, 9999), st.sampled_from("0123456789X"), st.text("ab ,:\"'=/《号", max_size=5))
def test_no_citizen_id_gets_through_in_any_surroundings(born: Any, order: int, last: str, around: str) -> None:
    if 1850 <= born.year <= 2099:
        number = f"430299{born:%Y%m%d}{order % 1000:03}{last}"
        assert number not in mask_text(f"{around}{number}{around}")


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert len(mask_text(text)) == len(text)
