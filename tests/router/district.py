"""The reference district, loaded once for all tests of this process."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cases.moments import local_day
from cases.submission import Submission
from config.catalogue import read_district
from config.settings import REFERENCE_DISTRICT
from mappings import compile_condition
from router.office import Office, load_office

CASES = REFERENCE_DISTRICT / "cases"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten o'clock in Hetang
DAY = local_day(NOW)


@cache
def office() -> Office:
    """Load the reference district."""
    return load_office(read_district(REFERENCE_DISTRICT), compile_condition=compile_condition)


def document(name: str) -> dict[str, Any]:
    """Return an example submission as plain values."""
    loaded: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return loaded


def submission(name: str, **changes: Any) -> Submission:
    """Return an example submission with changes."""
    return Submission.model_validate(document(name) | changes)
