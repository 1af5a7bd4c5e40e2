"""What happens on the road, one class per event: each moves its counters and writes one log line.

Log lines carry words and numbers of closed sets, reasons (masked by the log format) and the case number where it is
known; a case number is never a label.
"""

import logging
from dataclasses import dataclass
from typing import Any, Final

from cases.lifecycle import Verdict
from monitoring.metrics import OUTCOMES, REFUSALS, Metrics

log = logging.getLogger(__name__)

#: The destination of deliveries to subscribers; counted apart from those to departments.
WEBHOOK: Final = "webhook"

#: Outcomes after which nobody needs to wonder; the others are warnings.
_SETTLED = frozenset({"accepted", "answered", "refused"})


def _say(level: int, event: str, record: Any) -> None:
    """Write a record's fields as one line (`asdict` would copy each value: ten times the work)."""
    if log.isEnabledFor(level):
        log.log(level, event, extra={name: getattr(record, name) for name in record.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAccepted:
    """A submission became a case; written after the commit."""

    department: str
    channel: str
    case_no: str

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.cases_accepted.labels(self.department, self.channel).inc()
        _say(logging.INFO, "case_accepted", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRefused:
    """The door said no; `code` is that of the answer."""

    code: str

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.submissions_refused.labels(self.code if self.code in REFUSALS else "other").inc()
        _say(logging.INFO, "submission_refused", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEnded:
    """One attempt ended and is recorded; to a department, or to a subscriber (`connector` is WEBHOOK)."""

    connector: str
    outcome: str  # one of OUTCOMES
    duration_seconds: float
    accept_to_delivered_seconds: float | None = None  # where the department has the case now
    case_no: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}; got {self.outcome!r}")

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.delivery_duration.labels(self.connector).observe(self.duration_seconds)
        if self.connector == WEBHOOK:
            metrics.webhook_deliveries.labels(self.outcome).inc()
        else:
            metrics.deliveries.labels(self.connector, self.outcome).inc()
            if self.outcome in _SETTLED:
                metrics.heard_from(self.connector)
        if self.accept_to_delivered_seconds is not None:
            metrics.accept_to_delivered.labels(self.connector).observe(self.accept_to_delivered_seconds)
        level = logging.INFO if self.outcome in _SETTLED else logging.WARNING
        _say(level, "delivery_ended", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFiled:
    """A department's status was read and filed; the verdict says what became of it."""

    connector: str
    verdict: Verdict
    case_no: str | None

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.status_updates.labels(self.connector, self.verdict.value).inc()
        metrics.heard_from(self.connector)
        _say(logging.INFO, "status_filed", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUnreadable:
    """Something came that does not fit the contract; it is kept with the reason."""

    connector: str
    reason: str

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.status_updates.labels(self.connector, "unreadable").inc()
        metrics.heard_from(self.connector)
        _say(logging.WARNING, "status_unreadable", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRefused:
    """A call claimed to come from a department and could not prove it; nothing of it was read."""

    connector: str
    reason: str

    def emit(self, metrics: Metrics) -> None:
        """Count and say it."""
        metrics.callbacks_refused.labels(self.connector).inc()
        _say(logging.WARNING, "callback_refused", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLost:
    """The connection to the broker is gone; deliveries wait in the store until it is back."""

    connection: str
    reason: str

    def emit(self, metrics: Metrics) -> None:
        """Show and say it."""
        metrics.broker_up.labels(self.connection).set(0)
        _say(logging.WARNING, "broker_lost", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBack:
    """The broker can be reached, for the first time or again."""

    connection: str

    def emit(self, metrics: Metrics) -> None:
        """Show and say it."""
        metrics.broker_up.labels(self.connection).set(1)
        _say(logging.INFO, "broker_connected", self)
