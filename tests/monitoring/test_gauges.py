"""What stands still, as gauges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitoring.gauges import feed_backlog
from monitoring.metrics import Metrics

NOW = datetime(2026, 3, 2, 9, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    destination: str
    waiting: int = 0
    oldest_waiting_at: datetime | None = None
    parked: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_what_the_store_counts_is_shown() -> None:
    metrics = Metrics()
    row = Row("civil-affairs", 3, NOW - timedelta(minutes=2), {"contract": 2}, unknown=1)
    feed_backlog(metrics, [row], NOW)
    assert _value(metrics, "hub_queue_depth", connector="civil-affairs") == 3
    assert _value(metrics, "hub_oldest_waiting_seconds", connector="civil-affairs") == 120
    assert _value(metrics, "hub_dead", connector="civil-affairs", cause="contract") == 2
    assert _value(metrics, "hub_dead", connector="civil-affairs", cause="no_connector") == 0
    assert _value(metrics, "hub_unknown_outcomes", connector="civil-affairs") == 1


def test_what_is_settled_goes_to_zero_and_does_not_stay_as_it_was() -> None:
    metrics = Metrics()
    feed_backlog(metrics, [Row("civil-affairs", 3, NOW, {"contract": 2}, 1)], NOW)
    feed_backlog(metrics, [], NOW)
    for name in ("hub_queue_depth", "hub_oldest_waiting_seconds", "hub_unknown_outcomes"):
        assert _value(metrics, name, connector="civil-affairs") == 0
    assert _value(metrics, "hub_dead", connector="civil-affairs", cause="contract") == 0


def test_an_unknown_cause_is_counted_as_other_and_opens_no_new_label() -> None:
    metrics = Metrics()
    feed_backlog(metrics, [Row("tax", parked={"of a later version": 2, "and another": 1})], NOW)
    assert _value(metrics, "hub_dead", connector="tax", cause="other") == 3


def test_a_clock_that_runs_behind_shows_no_negative_age() -> None:
    metrics = Metrics()
    feed_backlog(metrics, [Row("tax", 1, NOW + timedelta(seconds=3))], NOW)
    assert _value(metrics, "hub_oldest_waiting_seconds", connector="tax") == 0
