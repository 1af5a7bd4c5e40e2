"""Each event moves its numbers and writes one line."""

import logging
from typing import get_args

import pytest

from cases.errors import HubError
from cases.lifecycle import Verdict
from cases.outcome import Outcome
from monitoring.events import (
    WEBHOOK,
    BrokerBack,
    BrokerLost,
    CallbackRefused,
    CaseAccepted,
    DeliveryEnded,
    StatusFiled,
    StatusUnreadable,
    SubmissionRefused,
)
from monitoring.metrics import OUTCOMES, REFUSALS, STATUS_OUTCOMES, Metrics
from retry.verdict import CAUSES


class _Time:
    """A monotonic clock that stands where it is put."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> _Time:
    return _Time()


@pytest.fixture
def metrics(time: _Time) -> Metrics:
    return Metrics(monotonic=time)


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_an_accepted_case_is_counted_and_its_number_is_said_but_no_label(
    metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        CaseAccepted(department="civil-affairs", channel="counter", case_no="N1").emit(metrics)
    assert _value(metrics, "hub_cases_accepted_total", department="civil-affairs", channel="counter") == 1
    (line,) = caplog.records
    assert line.message == "case_accepted"
    assert vars(line)["case_no"] == "N1"
    assert b"N1" not in metrics.exposition()


@pytest.mark.parametrize(("code", "reason"), [("not_routed", "not_routed"), ("something_new", "other")])
def test_a_refusal_is_counted_by_reasons_of_a_closed_set(metrics: Metrics, code: str, reason: str) -> None:
    SubmissionRefused(code=code).emit(metrics)
    assert _value(metrics, "hub_submissions_refused_total", reason=reason) == 1


def test_a_delivery_counts_by_outcome_and_duration(metrics: Metrics) -> None:
    DeliveryEnded(connector="tax", outcome="again", duration_seconds=0.2).emit(metrics)
    DeliveryEnded(connector="tax", outcome="accepted", duration_seconds=0.2, accept_to_delivered_seconds=7).emit(
        metrics
    )
    assert _value(metrics, "hub_deliveries_total", connector="tax", outcome="again") == 1
    assert _value(metrics, "hub_delivery_duration_seconds_count", connector="tax") == 2
    assert _value(metrics, "hub_accept_to_delivered_seconds_sum", connector="tax") == 7


def test_a_webhook_is_no_delivery_to_a_department(metrics: Metrics) -> None:
    DeliveryEnded(connector=WEBHOOK, outcome="again", duration_seconds=0.2).emit(metrics)
    assert _value(metrics, "hub_webhook_deliveries_total", outcome="again") == 1
    assert _value(metrics, "hub_deliveries_total", connector=WEBHOOK, outcome="again") is None
    assert _value(metrics, "hub_silence_seconds", connector=WEBHOOK) is None


@pytest.mark.parametrize(
    ("outcome", "level"), [("accepted", logging.INFO), ("refused", logging.INFO), ("unknown", logging.WARNING)]
)
def test_what_somebody_must_wonder_about_is_a_warning(
    metrics: Metrics, caplog: pytest.LogCaptureFixture, outcome: str, level: int
) -> None:
    with caplog.at_level(logging.INFO):
        DeliveryEnded(connector="tax", outcome=outcome, duration_seconds=0).emit(metrics)
    assert caplog.records[0].levelno == level


def test_an_outcome_of_no_known_word_is_refused() -> None:
    with pytest.raises(ValueError, match="outcome must be one of accepted"):
        DeliveryEnded(connector="tax", outcome="perhaps", duration_seconds=0)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_of_a_status_is_counted(metrics: Metrics, verdict: Verdict) -> None:
    StatusFiled(connector="tax", verdict=verdict, case_no=None).emit(metrics)
    assert _value(metrics, "hub_status_updates_total", connector="tax", outcome=verdict.value) == 1


def test_what_cannot_be_read_or_trusted_is_counted_too(metrics: Metrics) -> None:
    StatusUnreadable(connector="tax", reason="no such code").emit(metrics)
    CallbackRefused(connector="tax", reason="bad signature").emit(metrics)
    assert _value(metrics, "hub_status_updates_total", connector="tax", outcome="unreadable") == 1
    assert _value(metrics, "hub_callbacks_refused_total", connector="tax") == 1


class TestSilence:
    def test_it_grows_until_the_department_is_heard(self, metrics: Metrics, time: _Time) -> None:
        metrics.expect(["tax"])
        time.now += 90
        assert _value(metrics, "hub_silence_seconds", connector="tax") == 90
        DeliveryEnded(connector="tax", outcome="accepted", duration_seconds=0).emit(metrics)
        assert _value(metrics, "hub_silence_seconds", connector="tax") == 0

    def test_a_failed_attempt_is_not_hearing_from_the_department(self, metrics: Metrics, time: _Time) -> None:
        metrics.expect(["tax"])
        time.now += 90
        DeliveryEnded(connector="tax", outcome="again", duration_seconds=0).emit(metrics)
        CallbackRefused(connector="tax", reason="whoever that was").emit(metrics)
        assert _value(metrics, "hub_silence_seconds", connector="tax") == 90

    def test_expecting_again_does_not_end_it(self, metrics: Metrics, time: _Time) -> None:
        metrics.expect(["tax"])
        time.now += 90
        metrics.expect(["tax"])
        assert _value(metrics, "hub_silence_seconds", connector="tax") == 90


def test_the_broker_is_shown_per_connection(metrics: Metrics) -> None:
    BrokerBack(connection="publish").emit(metrics)
    BrokerBack(connection="consume").emit(metrics)
    BrokerLost(connection="consume", reason="the connection broke").emit(metrics)
    assert _value(metrics, "hub_broker_up", connection="publish") == 1
    assert _value(metrics, "hub_broker_up", connection="consume") == 0


def test_an_expected_connector_is_shown_at_zero_from_the_start(metrics: Metrics) -> None:
    metrics.expect(["tax"])
    for outcome in OUTCOMES:
        assert _value(metrics, "hub_deliveries_total", connector="tax", outcome=outcome) == 0


class TestVocabularies:
    """The closed sets are those of the rooms that own the words."""

    def test_outcomes(self) -> None:
        assert set(OUTCOMES) == {kind.__name__.lower() for kind in get_args(Outcome)}

    def test_statuses(self) -> None:
        assert set(STATUS_OUTCOMES) == {verdict.value for verdict in Verdict} | {"unreadable"}

    def test_causes_are_words_fit_for_a_label(self) -> None:
        assert all(cause.replace("_", "").isalpha() for cause in CAUSES)

    def test_refusals_are_codes_of_errors(self) -> None:
        def codes(kind: type[HubError]) -> set[str]:
            return {kind.code}.union(*(codes(child) for child in kind.__subclasses__()))

        assert set(REFUSALS) - {"too_large", "too_many", "other"} <= codes(HubError)


def test_two_processes_worth_of_metrics_do_not_meet(metrics: Metrics) -> None:
    other = Metrics()
    SubmissionRefused(code="not_routed").emit(metrics)
    assert _value(other, "hub_submissions_refused_total", reason="not_routed") == 0


def test_what_runs_is_told(metrics: Metrics) -> None:
    (line,) = [line for line in metrics.exposition().decode().splitlines() if line.startswith("hub_build_info{")]
    assert 'version="0.' in line
    assert 'python="3.' in line
