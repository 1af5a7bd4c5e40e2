"""Every error of the hub, in one tree.

HubError
├── InvalidInput            what came in is wrong; carries one Problem per finding
│   ├── NotRouted           no department, or more than one, can take it
│   └── KeyReused           the idempotency key came before with another body
├── NotFound                no such case, item, file, connector …
├── NotAllowed              the key is missing, unknown, revoked or lacks the scope
├── ConfigError             a file of the operator or a department is wrong; carries findings with file:line
├── MappingError            a case or an answer does not fit the department's mapping
├── DepartmentError         talking to a department's system failed
│   ├── ReplyUnreadable     it answered, but not in its contract's words
│   └── BudgetExceeded      too slow or too large
└── Unavailable             store or broker cannot be reached now; the same call may succeed later

Classes carry `code` (stable, for machines) and `retryable`; the message says what, who and what to do next.
"""

from collections.abc import Sequence
from typing import ClassVar

from cases.problems import Problem


class HubError(Exception):
    """Something the hub can name."""

    code: ClassVar[str] = "hub_error"
    retryable: ClassVar[bool] = False


class InvalidInput(HubError):
    """What came in is wrong; every finding is listed, with field and remedy."""

    code = "invalid_input"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class NotRouted(InvalidInput):
    """No department can take the submission, or more than one could: refused at the door, never stranded."""

    code = "not_routed"


class KeyReused(InvalidInput):
    """The idempotency key was used before with another body: use a new key for a new submission."""

    code = "idempotency_key_reused"


class NotFound(HubError):
    """There is no such thing here."""

    code = "not_found"

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"no {kind} {name!r}")


class NotAllowed(HubError):
    """The caller's key does not allow this."""

    code = "not_allowed"

    def __init__(self, why: str, *, known: bool = True) -> None:
        self.known = known  # False: no valid key at all (401), True: key without the scope (403)
        super().__init__(why)


class ConfigError(HubError):
    """A configuration file is wrong; the message lists the findings as file:line: key: what."""

    code = "config_error"

    def __init__(self, findings: Sequence[object]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class MappingError(HubError):
    """A value cannot be mapped: names file, line, target and source."""

    code = "mapping_failed"

    def __init__(self, *, file: str, line: int, target: str, source: str, what: str) -> None:
        self.file, self.line, self.target, self.source, self.what = file, line, target, source, what
        super().__init__(
            f"{file}:{line}: to.{target}: {what} (from {source})" if source else f"{file}:{line}: to.{target}: {what}"
        )


class DepartmentError(HubError):
    """Talking to a department's system failed."""

    code = "department_failed"
    retryable = True


class ReplyUnreadable(DepartmentError):
    """The department answered, but not in its contract's words; whether it took the case is unknown."""

    code = "reply_unreadable"


class BudgetExceeded(DepartmentError):
    """The department's answer took too long or grew too large."""

    code = "budget_exceeded"


class Unavailable(HubError):
    """Store or broker cannot be reached now; try again in a moment."""

    code = "unavailable"
    retryable = True
