"""Every number the hub shows, defined once: name, meaning, base unit, closed labels. Events and gauges move them.

Labels are connector and department keys (as many as there are packs) and words of closed sets; never a case number,
a person or free text.
"""

import platform
import time
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from cases.lifecycle import Verdict
from retry.verdict import CAUSES

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series per counter that nobody asks for

#: What `exposition` is written in: the value of its Content-Type header.
EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: How an attempt to deliver ends (`cases.outcome`).
OUTCOMES = ("accepted", "answered", "refused", "again", "unknown", "broken")
#: What becomes of a status: a verdict of the lifecycle, or not readable at all.
STATUS_OUTCOMES = (*(verdict.value for verdict in Verdict), "unreadable")
#: Why the door said no; `other` stands for every code that is not listed.
REFUSALS = (
    "invalid_input",
    "not_routed",
    "idempotency_key_reused",
    "not_allowed",
    "too_large",
    "too_many",
    "unavailable",
    "other",
)
#: Why a delivery stands still; `other` stands for causes an older or newer version wrote.
DEAD_CAUSES = (*CAUSES, "other")

_DELIVERY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)
_ACCEPT_TO_DELIVERED_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 60, 300, 1800, 3600, 14400, 86400)


class Metrics:
    """The numbers of one process. Each process of the hub shows its own; Prometheus adds them up."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.registry = registry or CollectorRegistry(auto_describe=True)
        self._monotonic = monotonic
        self._heard: dict[str, float] = {}
        ProcessCollector(registry=self.registry)
        self._define_road()
        self._define_standing()
        self._define_process()

    def _define_road(self) -> None:
        """What happens: counters and durations, moved by events."""
        self.cases_accepted = self._counter(
            "hub_cases_accepted_total", "Cases accepted at the door.", "department", "channel"
        )
        self.submissions_refused = self._counter(
            "hub_submissions_refused_total", "Submissions refused at the door, by reason.", "reason"
        )
        self.deliveries = self._counter(
            "hub_deliveries_total", "Attempts to deliver that ended, by outcome.", "connector", "outcome"
        )
        self.delivery_duration = self._histogram(
            "hub_delivery_duration_seconds", "How long one attempt took.", _DELIVERY_BUCKETS
        )
        self.accept_to_delivered = self._histogram(
            "hub_accept_to_delivered_seconds",
            "From the acceptance of a case to its acceptance by the department.",
            _ACCEPT_TO_DELIVERED_BUCKETS,
        )
        self.status_updates = self._counter(
            "hub_status_updates_total", "Statuses departments reported, by what became of them.", "connector", "outcome"
        )
        self.callbacks_refused = self._counter(
            "hub_callbacks_refused_total", "Calls of departments that failed verification.", "connector"
        )
        self.webhook_deliveries = self._counter(
            "hub_webhook_deliveries_total", "Attempts to tell a subscriber, by outcome.", "outcome"
        )
        for reason in REFUSALS:
            self.submissions_refused.labels(reason)
        for outcome in OUTCOMES:
            self.webhook_deliveries.labels(outcome)

    def _define_standing(self) -> None:
        """What stands still: gauges, fed from the store by the process that keeps time."""
        self.queue_depth = self._gauge(
            "hub_queue_depth", "Deliveries that wait, are queued or are under way.", "connector"
        )
        self.oldest_waiting = self._gauge(
            "hub_oldest_waiting_seconds", "Age of the oldest delivery that is not settled.", "connector"
        )
        self.dead = self._gauge("hub_dead", "Deliveries that stand still until somebody acts.", "connector", "cause")
        self.unknown_outcomes = self._gauge(
            "hub_unknown_outcomes", "Deliveries of which nobody knows whether they arrived.", "connector"
        )
        self.silence = self._gauge(
            "hub_silence_seconds",
            "Since when this process has heard nothing from the department; take the minimum over processes.",
            "connector",
        )

    def _define_process(self) -> None:
        self.broker_up = self._gauge(
            "hub_broker_up", "Whether this process's connection to the broker is up (1) or lost (0).", "connection"
        )
        self._gauge("hub_build_info", "Always 1; the labels say what runs.", "version", "python").labels(
            _version(), platform.python_version()
        ).set(1)

    def expect(self, connectors: Iterable[str]) -> None:
        """Show these connectors from the start, at zero: a series that is absent cannot raise an alarm."""
        for connector in connectors:
            for outcome in OUTCOMES:
                self.deliveries.labels(connector, outcome)
            for outcome in STATUS_OUTCOMES:
                self.status_updates.labels(connector, outcome)
            self.delivery_duration.labels(connector)
            self.accept_to_delivered.labels(connector)
            self.callbacks_refused.labels(connector)
            if connector not in self._heard:
                self.heard_from(connector)

    def heard_from(self, connector: str) -> None:
        """The department answered or reported: its silence begins anew."""
        if connector not in self._heard:
            self.silence.labels(connector).set_function(lambda: self._monotonic() - self._heard[connector])
        self._heard[connector] = self._monotonic()

    def exposition(self) -> bytes:
        """Return all numbers in Prometheus text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, meaning, ("connector",), buckets=buckets, registry=self.registry)


def _version() -> str:
    try:
        return version("onewindow-hub")
    except PackageNotFoundError:  # run from a source tree, as in the image
        project = Path(__file__).parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
