"""The unified social credit code and the organisation code inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.citizen_id import Level
from cases.credit_code import ALPHABET, check_character, organisation_check, read_credit_code


@pytest.mark.parametrize(
    "code", ["91350100M000100Y43", "91430202HT9000014X", "92430202HT9000022M", "52430202HT9000030L"]
)
def test_valid_codes_hold_in_both_checks(code: str) -> None:
    found = read_credit_code(code)
    assert found.failed is None
    assert found.organisation_code_holds


def test_the_parts_are_named() -> None:
    found = read_credit_code("91350100M000100Y43")
    assert (found.division, found.organisation_code) == ("350100", "M000100Y4")


@pytest.mark.parametrize("code", ["12440232MB2D06811W", "91350100M000100Y44"])
def test_a_changed_character_fails_the_check(code: str) -> None:
    assert read_credit_code(code).failed is Level.CHECKSUM


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_are_left_out_are_a_matter_of_format(letter: str) -> None:
    assert read_credit_code(f"9135010{letter}M000100Y43").failed is Level.FORMAT
    assert read_credit_code(f"91350100{letter}000100Y43").failed is Level.FORMAT


@pytest.mark.parametrize("code", ["", "91350100M000100Y4", "91350100M000100Y433", "9135A100M000100Y43"])
def test_length_and_division_are_a_matter_of_format(code: str) -> None:
    assert read_credit_code(code).failed is Level.FORMAT


def test_a_wrong_organisation_code_is_a_finding_beside_the_check() -> None:
    first_17 = "91350100M000100Y5"
    found = read_credit_code(first_17 + check_character(first_17))
    assert found.failed is None
    assert not found.organisation_code_holds


def test_lower_case_and_spaces_are_folded() -> None:
    assert read_credit_code(" 91350100m000100y43 ").failed is None


@pytest.mark.parametrize(("body", "check"), [("M000100Y", "4"), ("HT900001", "4"), ("HT000007", "7")])
def test_organisation_codes_check(body: str, check: str) -> None:
    assert organisation_check(body) == check


@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.integers(0, 999999),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.integers(0, 17),
    st.sampled_from(ALPHABET),
)
def test_one_wrong_character_is_always_caught(head: str, division: int, body: str, place: int, other: str) -> None:
    first_17 = f"{head}{division:06}{body}"
    code = first_17 + check_character(first_17)
    assert read_credit_code(code).failed is None
    changed = code[:place] + other + code[place + 1 :]
    assert changed == code or read_credit_code(changed).failed is not None
