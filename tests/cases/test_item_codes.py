"""Item codes of all generations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.credit_code import organisation_check
from cases.errors import InvalidInput
from cases.item_codes import CodeKind, handle_code, implementation_code, material_code, read_item_code

FOOD = "11430202HT0000034G4430131002000"


def refusal(text: str, **options: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_item_code(text, **options)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 1
    return caught.value.problems[0].code


@pytest.mark.parametrize(
    ("code", "level", "item_type", "main", "sub"),
    [
        ("11450721MB155808114000104002000", "4", "01", "04002", "000"),  # real codes of public catalogues
        ("11440232MB2D06811W4000117051000", "4", "01", "17051", "000"),
        ("11450721348531435D4001033002000", "4", "10", "33002", "000"),
        ("12441500196720244T3442199806003", "3", "21", "99806", "003"),
        ("11370800MB285591843370117002011", "3", "01", "17002", "011"),
        (FOOD, "4", "01", "31002", "000"),
    ],
)
def test_present_implementation_codes_come_apart(code: str, level: str, item_type: str, main: str, sub: str) -> None:
    found = read_item_code(code)
    assert found.kind is CodeKind.IMPLEMENTATION
    assert (found.level, found.item_type, found.main, found.sub) == (level, item_type, main, sub)
    assert found.body + found.level + found.base == found.implementation == code


@pytest.mark.parametrize(
    ("code", "item_type"), [("310150356000", "01"), ("311050375000", "10"), ("000104002000", "01")]
)
def test_base_codes_come_apart(code: str, item_type: str) -> None:
    found = read_item_code(code)
    assert (found.kind, found.item_type, found.base, found.implementation) == (CodeKind.BASE, item_type, code, "")


def test_a_handle_and_a_material_belong_to_their_item() -> None:
    handle, material = read_item_code(FOOD + "01"), read_item_code(FOOD + "003")
    assert (handle.kind, handle.serial, handle.implementation) == (CodeKind.HANDLE, "01", FOOD)
    assert (material.kind, material.serial, material.implementation) == (CodeKind.MATERIAL, "003", FOOD)


def test_old_base_codes_may_begin_with_letters() -> None:
    found = read_item_code("XK12345001")
    assert (found.kind, found.item_type, found.main, found.sub) == (CodeKind.OLD_BASE, "XK", "12345", "001")
    assert found.parent == "XK12345000"


def test_old_implementation_codes_of_26_come_apart() -> None:
    organisation = "HT900001" + organisation_check("HT900001")
    found = read_item_code(f"0112345000{'4'}430202{organisation}")
    assert found.kind is CodeKind.OLD_IMPLEMENTATION
    assert (found.base, found.level, found.division, found.organisation) == (
        "0112345000",
        "4",
        "430202",
        organisation,
    )


def test_shorter_old_implementation_codes_are_kept_whole() -> None:
    found = read_item_code("XK12345000430202HT900001")
    assert (found.kind, found.base, found.level) == (CodeKind.OLD_IMPLEMENTATION, "XK12345000", "")


def test_sub_items_name_their_main_item() -> None:
    assert read_item_code("11430202HT0000034G4430731001002").parent == "11430202HT0000034G4430731001000"
    assert read_item_code("430731001002").parent == "430731001000"
    assert read_item_code(FOOD).parent == ""


def test_codes_are_folded_first() -> None:
    assert read_item_code("１１４３０２０２ht0000034g 4430131002000").text == FOOD


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "item_code_length"),
        (FOOD + "0", "item_code_length"),
        (FOOD[:30], "item_code_length"),
        ("11430202HT0000034G8430131002000", "item_code_form"),  # no such level
        ("11430202HT0000034G4433131002000", "item_code_form"),  # no such type
        ("11430202HO0000034G4430131002000", "item_code_form"),  # the letter O
        (FOOD + "00", "item_code_form"),
        (FOOD + "000", "item_code_form"),
        ("11430202HT0000034H4430131002000", "item_code_body"),
        ("11430203HT0000034G4430131002000", "item_code_body"),
        ("01123450004430202HT9000015", "item_code_organisation"),
    ],
)
def test_wrong_codes_are_refused_with_the_reason(code: str, why: str) -> None:
    assert refusal(code) == why


def test_local_codes_of_another_province_are_refused_where_provinces_are_named() -> None:
    assert read_item_code(FOOD, provinces=("43",)).text == FOOD
    assert read_item_code("000104002000", provinces=("43",)).kind is CodeKind.BASE
    assert refusal("310150356000", provinces=("43",)) == "item_code_region"


def test_parts_become_codes() -> None:
    assert implementation_code("11430202HT0000034G", "4", "430131002000") == FOOD
    assert handle_code(FOOD, 1) == FOOD + "01"
    assert material_code(FOOD, 12) == FOOD + "012"


@pytest.mark.parametrize("serial", [0, 100])
def test_a_handle_serial_has_two_digits(serial: int) -> None:
    with pytest.raises(InvalidInput):
        handle_code(FOOD, serial)


def test_parts_that_do_not_fit_make_no_code() -> None:
    with pytest.raises(InvalidInput):
        implementation_code("11430202HT0000034G", "4", "43013100200001")


def spoken_refusal(text: str) -> tuple[str, str]:
    try:
        read_item_code(text)
    except InvalidInput as error:
        problem = error.problems[0]
        return problem.message("zh-CN"), problem.message("en")
    return "read", "read"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    assert all(spoken_refusal(text))
