"""What every record of the canonical format shares."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from cases.text import fold


class Record(BaseModel):
    """A frozen record: unknown keys are errors, a change is an explicit copy."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="iso8601")


def fold_text(value: Any) -> Any:
    """Fold what is text; leave the rest to the validation that follows."""
    return fold(value) if isinstance(value, str) else value


def _written_out(value: Any) -> Any:
    if isinstance(value, (int, float)) or (isinstance(value, str) and ":" not in value):
        raise PydanticCustomError(
            "datetime_not_written_out", "write the time out, with its offset: 2026-03-02T09:12:00+08:00"
        )
    return value


#: Free text as a person typed it; never blank.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: A code or number: NFKC, no white space, upper case, before any check (full-width digits are common).
Code = Annotated[str, BeforeValidator(fold_text), StringConstraints(min_length=1)]
#: A time with its offset; naive times are refused, and bare numbers, which could be seconds or milliseconds.
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
