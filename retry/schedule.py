"""When a delivery is tried again: exponential pauses with full jitter, from seconds to a ceiling, for weeks."""

from typing import Annotated, Self

from pydantic import Field, PositiveFloat, model_validator

from cases.base import Record


class Schedule(Record):
    """The pauses between attempts. There is no last attempt: a case outlives an outage."""

    first_seconds: PositiveFloat = 5.0
    cap_seconds: PositiveFloat = 3600.0
    floor_share: Annotated[float, Field(ge=0, lt=1, description="least share of a pause that is always kept")] = 0.5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.cap_seconds < self.first_seconds:
            raise ValueError("cap_seconds must not be less than first_seconds")
        return self

    def pause_seconds(self, attempt: int, *, draw: float) -> float:
        """Return the pause before the next attempt.

        Args:
            attempt: attempts made so far, >= 1.
            draw: uniform in [0, 1); handed in, so that a test is exact.

        Returns:
            Seconds from floor_share * ceiling to ceiling, which doubles with each attempt up to cap_seconds.

        Raises:
            ValueError: attempt < 1.

        Source:
            M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015 ("equal jitter" at 0.5).
        """
        if attempt < 1:
            raise ValueError(f"attempt must be >= 1, got {attempt}")
        ceiling = min(self.cap_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 60))
        return ceiling * (self.floor_share + (1 - self.floor_share) * draw)
