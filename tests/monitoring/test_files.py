"""Dashboard, rules and scrape configuration: checked by Prometheus's own tool, and against the metrics there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.located import parse
from monitoring.events import BrokerBack, CaseAccepted, DeliveryEnded
from monitoring.gauges import feed_backlog
from monitoring.metrics import DEAD_CAUSES, OUTCOMES, REFUSALS, STATUS_OUTCOMES, Metrics
from tests.monitoring.promql import grouping_labels, selectors
from tests.monitoring.test_gauges import NOW, Row
from tests.services import missing

FOLDER = Path(__file__).parents[2] / "monitoring"
RULES = FOLDER / "prometheus" / "rules.yml"
CASES = FOLDER / "prometheus" / "rules.test.yml"
DASHBOARD = FOLDER / "grafana" / "onewindow-hub.json"

#: What Prometheus itself adds to every series.
_TARGET_LABELS = {"job", "instance", "role"}
#: Words a label can have, where they are a closed set.
_WORDS = {
    ("hub_deliveries_total", "outcome"): OUTCOMES,
    ("hub_webhook_deliveries_total", "outcome"): OUTCOMES,
    ("hub_status_updates_total", "outcome"): STATUS_OUTCOMES,
    ("hub_submissions_refused_total", "reason"): REFUSALS,
    ("hub_dead", "cause"): DEAD_CAUSES,
}


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    """Every metric with at least one series."""
    metrics = Metrics()
    metrics.expect(["civil-affairs"])
    CaseAccepted(department="civil-affairs", channel="web", case_no="").emit(metrics)
    DeliveryEnded(
        connector="civil-affairs", outcome="accepted", duration_seconds=0.1, accept_to_delivered_seconds=1
    ).emit(metrics)
    BrokerBack(connection="publish").emit(metrics)
    feed_backlog(metrics, [Row("civil-affairs")], NOW)
    return metrics


@pytest.fixture(scope="module")
def series(metrics: Metrics) -> dict[str, set[str]]:
    """Name of each series → its labels."""
    found: dict[str, set[str]] = {"up": set()}
    for family in metrics.registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def promtool(*arguments: str, given: bytes = b"") -> None:
    program = shutil.which("promtool")
    if program is None:
        missing("promtool", "install Prometheus (Debian: prometheus)")
        return
    done = subprocess.run(
        [program, *arguments], input=given, capture_output=True, timeout=60, cwd=FOLDER / "prometheus", check=False
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_rules_are_rules() -> None:
    promtool("check", "rules", "--lint-fatal", str(RULES))


def test_every_alert_rings_when_it_should_and_not_before() -> None:
    promtool("test", "rules", str(CASES))


def test_the_scrape_configuration_is_one() -> None:
    promtool("check", "config", str(FOLDER / "prometheus" / "prometheus.yml"))


def test_the_metrics_are_named_as_metrics_should_be(metrics: Metrics) -> None:
    promtool("check", "metrics", given=metrics.exposition())


def _rules() -> list[dict[str, Any]]:
    groups = parse(RULES.read_text(encoding="utf-8"), file=str(RULES)).value["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _queries() -> Iterator[tuple[str, str, str]]:
    """Every expression with where it stands and what labels its texts use."""
    for rule in _rules():
        yield rule["alert"], rule["expr"], " ".join(rule["annotations"].values()).replace("$labels.", "")
    for panel in _panels():
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target["legendFormat"]


def _dashboard() -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return dashboard


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = _dashboard()["panels"]
    return panels


@pytest.mark.parametrize(("where", "expression", "texts"), list(_queries()))
def test_an_expression_reads_only_what_there_is(
    series: dict[str, set[str]], where: str, expression: str, texts: str
) -> None:
    found = selectors(expression)
    assert found, f"{where}: reads no metric"
    labels = set(_TARGET_LABELS)
    for selector in found:
        assert selector.metric in series, f"{where}: there is no {selector.metric}"
        labels |= series[selector.metric]
        for label, value in selector.asked:
            assert label in series[selector.metric] | _TARGET_LABELS, f"{where}: {selector.metric} has no {label}"
            words = _WORDS.get((selector.metric, label))
            assert words is None or value in words, f"{where}: {selector.metric} never has {label}={value}"
    assert grouping_labels(expression) <= labels, where
    used = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", texts)) - {"value"}
    assert used <= labels, f"{where}: shows labels that are not there"


def test_every_metric_is_shown_somewhere(series: dict[str, set[str]]) -> None:
    read = {selector.metric for _, expression, _ in _queries() for selector in selectors(expression)}
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in series if name.startswith("hub_")}
    assert stems <= {re.sub(r"_bucket$", "", name) for name in read}


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_whose_it_is_what_happened_and_what_to_do_in_both_languages(rule: dict[str, Any]) -> None:
    texts = rule["annotations"]
    assert set(texts) == {"owner", "summary", "summary_en", "what_to_do", "what_to_do_en"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    for key in ("summary", "what_to_do"):
        assert re.search(r"[一-鿿]", texts[key])
        assert not re.search(r"[一-鿿]", texts[f"{key}_en"].replace("“", "").replace("”", ""))


def test_every_alert_is_seen_firing_in_the_cases() -> None:
    cases = CASES.read_text(encoding="utf-8")
    for rule in _rules():
        assert f'labels: ALERTS{{alertname="{rule["alert"]}", alertstate="firing"' in cases


def test_every_command_an_alert_recommends_is_one() -> None:
    from hub.cli.main import COMMANDS

    texts = " ".join(text for rule in _rules() for text in rule["annotations"].values())
    assert set(re.findall(r"\bhub ([a-z]+)\b", texts)) - {"operators", "process", "keeps", "cannot"} <= set(COMMANDS)


class TestDashboard:
    def test_panels_have_ids_and_places_of_their_own(self) -> None:
        panels = _panels()
        assert len({panel["id"] for panel in panels}) == len(panels)
        taken: set[tuple[int, int]] = set()
        for panel in panels:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, f"{panel['title']} lies over another panel"
            assert place["x"] + place["w"] <= 24
            taken |= cells

    def test_titles_are_chinese_and_english(self) -> None:
        for panel in _panels():
            chinese, dot, english = panel["title"].partition(" · ")
            assert dot
            assert re.search(r"[一-鿿]|CPU", chinese)
            assert not re.search(r"[一-鿿]", english)

    def test_the_data_source_is_the_readers_choice(self) -> None:
        names = {variable["name"] for variable in _dashboard()["templating"]["list"]}
        assert names == {"datasource", "connector"}
        for panel in _panels():
            for target in panel.get("targets", ()):
                assert target["datasource"]["uid"] == "${datasource}"
