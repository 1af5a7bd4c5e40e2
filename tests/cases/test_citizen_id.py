"""The citizen ID: the first level that fails is the answer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.citizen_id import Level, check_character, read_citizen_id, to_18

TODAY = date(2026, 3, 2)
DIVISIONS = frozenset({"110105", "430202", "440524"})


@pytest.mark.parametrize(
    ("number", "born", "male"),
    [
        ("11010519491231002X", date(1949, 12, 31), False),  # the standard's own examples
        ("440524188001010014", date(1880, 1, 1), True),
        ("430202190001010010", date(1900, 1, 1), True),
        ("430202190001010029", date(1900, 1, 1), False),
        ("43020219000101007X", date(1900, 1, 1), True),
    ],
)
def test_valid_numbers_hold_at_every_level(number: str, born: date, male: bool) -> None:
    found = read_citizen_id(number, today=TODAY, divisions=DIVISIONS)
    assert (found.failed, found.born, found.male, found.digits) == (None, born, male, 18)


@pytest.mark.parametrize(
    ("number", "level"),
    [
        ("43020219000101001", Level.FORMAT),
        ("4302021900010100100", Level.FORMAT),
        ("43020219000101001A", Level.FORMAT),
        ("030202190001010010", Level.FORMAT),
        ("", Level.FORMAT),
        ("430202190001010011", Level.CHECKSUM),
        ("430202190002290018", Level.DATE),  # 1900 was no leap year
        ("430202190013010018", Level.DATE),
        ("430202209912310011", Level.PLAUSIBILITY),
        ("430299198001010016", Level.DIVISION),  # a division nobody was ever registered in
    ],
)
def test_the_first_level_that_fails_is_named(number: str, level: Level) -> None:
    assert read_citizen_id(number, today=TODAY, divisions=DIVISIONS).failed is level


@pytest.mark.parametrize(
    "number",
    [
        "430299198001010016",
        "43029919400520002X",
        "430299199203140032",
        "430299202601050010",
        "430299202412310047",
        "43029919851212009X",
    ],
)
def test_without_a_table_the_division_is_not_looked_at(number: str) -> None:
    assert read_citizen_id(number, today=TODAY).failed is None


def test_without_a_today_no_birth_is_too_late() -> None:
    assert read_citizen_id("430202209912310011").failed is None


def test_born_today_is_plausible_and_tomorrow_is_not() -> None:
    assert read_citizen_id("430299202601050010", today=date(2026, 1, 5)).failed is None
    assert read_citizen_id("430299202601050010", today=date(2026, 1, 4)).failed is Level.PLAUSIBILITY


@pytest.mark.parametrize(
    "typed", ["43020219000101007x", " 430202 19000101 007X ", "４３０２０２１９０００１０１００７Ｘ"]
)
def test_what_keyboards_deliver_is_folded_first(typed: str) -> None:
    assert read_citizen_id(typed).number == "43020219000101007X"
    assert read_citizen_id(typed).failed is None


def test_fifteen_digits_are_a_class_of_their_own() -> None:
    found = read_citizen_id("430202800101001")
    assert (found.digits, found.failed, found.born) == (15, None, date(1980, 1, 1))


def test_fifteen_digits_with_an_impossible_date_fail_at_the_date() -> None:
    assert read_citizen_id("430202801301001").failed is Level.DATE


def test_conversion_adds_century_and_check_character() -> None:
    assert to_18("430202000101001") == "430202190001010010"
    with pytest.raises(ValueError, match="15 digits"):
        to_18("430202190001010010")


first_17 = st.builds(
    lambda division, born, order: f"{division}{born:%Y%m%d}{order:03}",
    st.integers(100000, 999999),
    st.dates(date(1850, 1, 1), TODAY),
    st.integers(0, 999),
)


@given(first_17)
def test_every_well_made_number_is_valid(body: str) -> None:
    found = read_citizen_id(body + check_character(body), today=TODAY)
    assert found.failed is None
    assert found.born is not None
    assert f"{found.born:%Y%m%d}" == body[6:14]


@given(first_17, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_caught(body: str, place: int, other: str) -> None:
    number = body + check_character(body)
    changed = number[:place] + other + number[place + 1 :]
    assert changed == number or read_citizen_id(changed).failed is not None


@given(first_17, st.integers(0, 16))
def test_two_swapped_neighbours_are_always_caught(body: str, place: int) -> None:
    number = body + check_character(body)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or read_citizen_id(swapped).failed is not None


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    assert read_citizen_id(text).digits in {0, 15, 18}
