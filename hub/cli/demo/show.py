"""What the demo shows: a live table on a terminal, a summary at the end, or JSON."""

import dataclasses
import json
import sys
from collections import Counter
from types import TracebackType
from typing import Self

import typer
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from hub.cli.demo.story import DEPARTMENTS, Summary

#: state → column; narrow enough for a terminal of 80 characters.
_COLUMNS = {
    "SUBMITTED": "sent",
    "RECEIVED": "taken",
    "ACCEPTED": "accepted",
    "IN_REVIEW": "review",
    "CONCLUDED": "concluded",
    "ACCEPT_REFUSED": "refused",
}


class Screen:
    """The live table; quiet where there is no terminal."""

    def __init__(self, *, enabled: bool) -> None:
        console = Console(file=sys.stderr)
        self._live = Live(console=console, refresh_per_second=8) if enabled and console.is_terminal else None
        self._speak = enabled

    def __enter__(self) -> Self:
        """Take the screen."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Give it back."""
        if self._live is not None:
            self._live.stop()

    def say(self, sentence: str) -> None:
        """Show one line before there is a table."""
        if self._live is not None:
            self._live.update(sentence)
        elif self._speak:
            typer.echo(sentence, err=True)

    def show(self, summary: Summary) -> None:
        """Show where the cases stand."""
        if self._live is not None:
            self._live.update(_table(summary))


def _table(summary: Summary) -> Table:
    # without lines between columns everything is readable on 80 characters
    table = Table(title=f"Onewindow Hub · 一窗通 · {summary.back_end}", box=box.SIMPLE, padding=0)
    table.add_column("department")
    for name in ("cases", *_COLUMNS.values(), "other"):
        table.add_column(name, justify="right")
    for key in DEPARTMENTS:
        states = Counter(case.state for case in summary.cases if case.department == key)
        known = [states.get(name, 0) for name in _COLUMNS]
        total = sum(states.values())
        table.add_row(key, *(str(n) if n else "·" for n in (total, *known, total - sum(known))))
    return table


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print the end of the story."""
    if as_json:
        typer.echo(json.dumps(_as_json(summary), ensure_ascii=False, indent=1))
        return
    Console().print(_table(summary))
    p50, p95 = summary.delivered_percentile(50), summary.delivered_percentile(95)
    typer.echo(
        f"{len(summary.cases)} cases through {len({c.department for c in summary.cases})} departments "
        f"in {summary.seconds:.1f} s on {summary.back_end}"
    )
    if p50 is not None and p95 is not None:
        typer.echo(f"accepted → at the department: p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms")
    typer.echo(f"retries: {sum(c.retries for c in summary.cases)}; faults met: {_counts(summary.faults)}")
    typer.echo(f"webhooks to the portal: {summary.webhooks}, all signed; repeated: {summary.webhooks_repeated}")
    for line in summary.wrong:
        typer.echo(f"WRONG {line}", err=True)
    typer.echo(
        "every case reached its end, each exactly once in its department's own book"
        if summary.good
        else f"{len(summary.wrong)} things are not as they should be"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _as_json(summary: Summary) -> dict[str, object]:
    return {
        "good": summary.good,
        "back_end": summary.back_end,
        "cases": len(summary.cases),
        "departments": dict(Counter(case.department for case in summary.cases)),
        "states": dict(Counter(case.state for case in summary.cases)),
        "accept_to_delivered_seconds": {
            "p50": summary.delivered_percentile(50),
            "p95": summary.delivered_percentile(95),
        },
        "retries": sum(case.retries for case in summary.cases),
        "faults": summary.faults,
        "webhooks": summary.webhooks,
        "webhooks_repeated": summary.webhooks_repeated,
        "seconds": round(summary.seconds, 2),
        "wrong": summary.wrong,
        "each": [dataclasses.asdict(case) for case in summary.cases],
    }
