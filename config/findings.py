"""A lint finding: where, which key, what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong in a file; prints as `file:line: key: what`.

    A warning is worth a look but stops nothing; everything else is an error.
    """

    file: str
    line: int
    key: str
    what: str
    severity: Severity = "error"

    def __str__(self) -> str:
        what = self.what if self.severity == "error" else f"{self.severity}: {self.what}"
        return f"{self.file}:{self.line}: {self.key}: {what}" if self.key else f"{self.file}:{self.line}: {what}"


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that are not mere warnings."""
    return [finding for finding in findings if finding.severity == "error"]
