"""Code tables: what one side's codes are called on the other side."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, field_validator

from cases.base import Record, Text
from mappings.paths import listing

Code = StrictStr | StrictInt | StrictBool


class Others(Record):
    """The declared constant for every code that has no row; its use is marked DEFAULTED."""

    const: Code


class CodeTable(Record):
    """One code table; a code without a row is an error unless `others` declares a constant."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,80}$")]
    version: Annotated[int, Field(ge=1)] = 1
    title: Text | None = None
    rows: Annotated[
        dict[str, Code], Field(min_length=1, max_length=20_000, description="code → code of the other side")
    ]
    others: Literal["error"] | Others = "error"
    back: dict[str, str] = Field(
        default_factory=dict,
        description="read backwards: which code to take where several rows have the same one on the other side",
    )

    @field_validator("rows")
    @classmethod
    def _no_blank_codes(cls, rows: dict[str, Code]) -> dict[str, Code]:
        if any(not code.strip() for code in rows):
            raise ValueError("a blank code has no row: blank counts as missing; declare default at the rule")
        return rows

    def forward(self) -> dict[str, Code]:
        """Return the rows as they stand."""
        return dict(self.rows)

    def backward(self) -> dict[str, Code]:
        """Return the rows read backwards; where several fit, the one that `back` names, otherwise none."""
        found: dict[str, Code] = {}
        for code, other in self.rows.items():
            found.setdefault(as_code(other), code)
        twice = {as_code(other) for other in self.ambiguous()}
        return {other: code for other, code in found.items() if other not in twice} | self.back

    def ambiguous(self) -> tuple[Code, ...]:
        """Return the codes of the other side that stand in several rows and are not decided by `back`."""
        counts = Counter(as_code(other) for other in self.rows.values())
        return tuple(code for code, count in counts.items() if count > 1 and code not in self.back)

    def misplaced_back(self) -> tuple[str, ...]:
        """Return the entries of `back` that no row bears out."""
        return tuple(
            other for other, code in self.back.items() if code not in self.rows or as_code(self.rows[code]) != other
        )


def as_code(value: object) -> str:
    """Write a code as table rows write it: text as it is, true and false in lower case, integers in digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def no_entry(value: object, rows: Mapping[str, Code]) -> str:
    """Say that a code has no row, and which have."""
    return f"no entry for {str(value)[:80]!r}; known: {listing(rows)}"
