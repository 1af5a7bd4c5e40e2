"""Case numbers, receipt numbers, query codes, tokens and delivery ids."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import InvalidInput
from cases.numbers import (
    CaseNumber,
    ReceiptNumber,
    case_number,
    check_digit,
    new_delivery_id,
    progress_token,
    query_code,
    read_case_number,
    read_receipt_number,
    receipt_number,
    series_for_case,
    series_for_receipt,
)

ITEM = "11430202HT0000018T4430511002000"
DAY = date(2026, 3, 2)
MOST_CASES, MOST_RECEIPTS = 635_610, 19_493_940

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def test_a_case_number_is_item_day_and_serial() -> None:
    assert case_number(ITEM, DAY, 1) == ITEM + "20260302" + "0001"
    assert len(case_number(ITEM, DAY, 1)) == 43


def test_a_handle_counts_with_its_item() -> None:
    assert case_number(ITEM + "07", DAY, 1) == case_number(ITEM, DAY, 1)
    assert series_for_case(ITEM + "07", DAY) == series_for_case(ITEM, DAY)


@pytest.mark.parametrize(
    ("serial", "ending"),
    [(9999, "9999"), (10_000, "A000"), (10_009, "A009"), (10_010, "A00A"), (10_030, "A00Y"), (10_031, "A010")],
)
def test_past_9999_the_serial_goes_on_with_a_letter(serial: int, ending: str) -> None:
    assert case_number(ITEM, DAY, serial)[39:] == ending


def test_the_day_holds_as_many_cases_as_documented_and_not_one_more() -> None:
    assert case_number(ITEM, DAY, MOST_CASES)[39:] == "YYYY"
    with pytest.raises(ValueError, match="does not fit"):
        case_number(ITEM, DAY, MOST_CASES + 1)
    assert receipt_number("430202", DAY, MOST_RECEIPTS)[12:17] == "YYYYY"
    with pytest.raises(ValueError, match="does not fit"):
        receipt_number("430202", DAY, MOST_RECEIPTS + 1)


@pytest.mark.parametrize("serial", [0, -1])
def test_serials_begin_at_one(serial: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        case_number(ITEM, DAY, serial)


@given(days, st.integers(1, MOST_CASES))
def test_case_numbers_come_apart_again(day: date, serial: int) -> None:
    assert read_case_number(case_number(ITEM, day, serial)) == CaseNumber(ITEM, day, serial)


@given(st.integers(1, MOST_CASES), st.integers(1, MOST_CASES))
def test_text_order_is_serial_order(one: int, other: int) -> None:
    assert (case_number(ITEM, DAY, one) < case_number(ITEM, DAY, other)) == (one < other)


@given(days, st.integers(1, MOST_RECEIPTS))
def test_receipt_numbers_come_apart_again(day: date, serial: int) -> None:
    number = receipt_number("430202", day, serial)
    assert len(number) == 18
    assert read_receipt_number(number) == ReceiptNumber("430202", day, serial)


@given(days, st.integers(1, 99_999), st.integers(0, 17), st.integers(0, 9))
def test_one_wrong_digit_in_a_receipt_number_is_always_caught(day: date, serial: int, place: int, digit: int) -> None:
    number = receipt_number("430202", day, serial)
    changed = f"{number[:place]}{digit}{number[place + 1 :]}"
    if changed != number:
        with pytest.raises(InvalidInput):
            read_receipt_number(changed)


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("0794") == "5"  # the example of ISO 7064 for MOD 11,10
    assert check_digit("A") == check_digit("10")  # a letter counts as the digits of its value


@pytest.mark.parametrize(
    "number",
    [
        "",
        ITEM,
        ITEM + "20260302" + "0000",  # no serial 0
        ITEM + "20260230" + "0001",  # no such day
        ITEM + "20260302" + "I000",  # a letter that is left out
        ITEM + "20260302" + "0A00",  # letters come after a letter only
        ITEM + "20260302" + "00001",
        "11430202HT0000019T4430511002000" + "20260302" + "0001",  # the item code fails its check
        ITEM[:-2] + "00" + "0٣260302" + "0001",
    ],
)
def test_no_case_number_is_refused_without_repeating_it(number: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_case_number(number)
    assert [problem.code for problem in caught.value.problems] == ["case_no"]


@pytest.mark.parametrize("number", ["", "430202260302000011", "4302022603020000", "43020226O302000015", "四" * 18])
def test_no_receipt_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_receipt_number(number)
    assert [problem.code for problem in caught.value.problems] == ["receipt_no"]


def test_what_people_type_is_folded() -> None:
    number = receipt_number("430202", DAY, 100_000)
    assert read_receipt_number(f" {number[:6]} {number[6:12]} {number[12:].lower()} ").serial == 100_000


def test_series_differ_by_item_district_and_day() -> None:
    names = {
        series_for_case(ITEM, DAY),
        series_for_case(ITEM, DAY + timedelta(days=1)),
        series_for_case("11430202HT0000018T4430511001000", DAY),
        series_for_receipt("430202", DAY),
        series_for_receipt("430203", DAY),
    }
    assert len(names) == 5


def test_query_codes_have_six_digits_and_depend_on_secret_and_case() -> None:
    numbers = [case_number(ITEM, DAY, serial) for serial in range(1, 200)]
    codes = [query_code(b"secret", number) for number in numbers]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 190
    assert codes == [query_code(b"secret", number) for number in numbers]
    assert codes != [query_code(b"other", number) for number in numbers]


def test_progress_tokens_are_long_safe_in_urls_and_revocable() -> None:
    number = case_number(ITEM, DAY, 1)
    tokens = {progress_token(b"secret", number, generation) for generation in range(50)}
    assert len(tokens) == 50
    for token in tokens:
        assert len(token) * 6 >= 128
        assert token.replace("-", "").replace("_", "").isalnum()
        assert token.isascii()
    assert progress_token(b"secret", number) == progress_token(b"secret", number, 0)
    assert progress_token(b"other", number) not in tokens


def test_delivery_ids_sort_by_time_and_keep_their_random_bits() -> None:
    moments = [datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(milliseconds=n) for n in range(20)]
    ids = [new_delivery_id(moment, (1 << 80) - 1 - n) for n, moment in enumerate(moments)]
    assert ids == sorted(ids)
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)
    assert new_delivery_id(moments[0], 1) != new_delivery_id(moments[0], 2)


def test_a_delivery_id_is_the_same_in_every_zone() -> None:
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert new_delivery_id(moment, 7) == new_delivery_id(moment.astimezone(timezone(timedelta(hours=8))), 7)


def test_a_naive_time_makes_no_delivery_id() -> None:
    with pytest.raises(ValueError, match="offset"):
        new_delivery_id(datetime(2026, 3, 2, 9), 1)  # noqa: DTZ001 - that is the point
