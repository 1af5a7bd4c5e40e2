"""Pauses grow, stay within their bounds, and never end a delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retry.schedule import Schedule


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_stays_between_its_floor_and_the_cap(attempt: int, draw: float) -> None:
    schedule = Schedule(first_seconds=2, cap_seconds=900, floor_share=0.5)
    pause = schedule.pause_seconds(attempt, draw=draw)
    assert 1 <= pause <= 900


@given(st.integers(1, 60))
def test_with_the_same_draw_a_later_pause_is_never_shorter(attempt: int) -> None:
    schedule = Schedule()
    assert schedule.pause_seconds(attempt + 1, draw=0.3) >= schedule.pause_seconds(attempt, draw=0.3)


def test_the_pauses_are_exact_for_a_given_draw() -> None:
    schedule = Schedule(first_seconds=4, cap_seconds=100, floor_share=0.5)
    assert [schedule.pause_seconds(n, draw=0) for n in (1, 2, 3, 9)] == [2, 4, 8, 50]


def test_the_first_attempt_is_number_one() -> None:
    with pytest.raises(ValueError, match="attempt must be >= 1"):
        Schedule().pause_seconds(0, draw=0)


def test_a_cap_below_the_first_pause_is_refused() -> None:
    with pytest.raises(ValidationError, match="cap_seconds"):
        Schedule(first_seconds=60, cap_seconds=10)
