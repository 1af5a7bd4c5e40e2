"""Gauges of what stands still, fed every few seconds by the process that keeps time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from monitoring.metrics import DEAD_CAUSES, Metrics


class Standing(Protocol):
    """What stands at one destination, as the store counts it."""

    @property
    def destination(self) -> str:
        """Connector key, or the subscribers' destination."""

    @property
    def waiting(self) -> int:
        """Deliveries that are not settled and not parked."""

    @property
    def oldest_waiting_at(self) -> datetime | None:
        """When the oldest of them was made."""

    @property
    def parked(self) -> Mapping[str, int]:
        """Cause → deliveries that stand still."""

    @property
    def unknown(self) -> int:
        """Deliveries of which nobody knows whether they arrived."""


def feed_backlog(metrics: Metrics, rows: Iterable[Standing], now: datetime) -> None:
    """Set the gauges to what the store counts now; a destination that is no longer in the rows goes to zero."""
    seen = set()
    for row in rows:
        seen.add(row.destination)
        _feed(metrics, row, now)
    for known in _shown(metrics) - seen:
        _feed(metrics, _Nothing(known), now)


def _feed(metrics: Metrics, row: Standing, now: datetime) -> None:
    metrics.queue_depth.labels(row.destination).set(row.waiting)
    age = (now - row.oldest_waiting_at).total_seconds() if row.oldest_waiting_at else 0.0
    metrics.oldest_waiting.labels(row.destination).set(max(0.0, age))
    metrics.unknown_outcomes.labels(row.destination).set(row.unknown)
    counts = dict.fromkeys(DEAD_CAUSES, 0)
    for cause, count in row.parked.items():
        counts[cause if cause in counts else "other"] += count
    for cause, count in counts.items():
        metrics.dead.labels(row.destination, cause).set(count)


def _shown(metrics: Metrics) -> set[str]:
    return {sample.labels["connector"] for family in metrics.queue_depth.collect() for sample in family.samples}


class _Nothing:
    """A destination at which nothing stands any more."""

    waiting = 0
    oldest_waiting_at = None
    unknown = 0

    def __init__(self, destination: str) -> None:
        self.destination = destination
        self.parked: Mapping[str, int] = {}
