"""The whole road: HTTP submit → durable accept → broker → mapped call to an instant department → recorded.

Load generator, hub, department, database and broker share the machine. Rates come from closed-loop runs on 32
connections, latencies from an open loop at 50 cases/s; times are CLOCK_MONOTONIC, one clock for all processes.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import uvloop

from benchmarks.load import Load
from benchmarks.processes import cpu_seconds, family, memory_mb
from hub.cli.lab import Lab
from hub.cli.scratch import scratch

_HERE = Path(__file__).parent
_CONNECTIONS = 32
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int = 3
    cases: int = 4000
    paced_cases: int = 500
    per_second: float = 50.0


QUICK = Size(rounds=1, cases=300, paced_cases=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnd:
    """Where the hub keeps its book and its queues."""

    name: str
    broker: str = "embedded"
    database: str = ""


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the table: medians over the rounds, with the spread of the delivered rate."""

    back_end: str
    protocol: str
    accepted_per_s: float
    delivered_per_s: float
    delivered_min: float
    delivered_max: float
    accept_p50_ms: float
    accept_p99_ms: float
    to_department_p50_ms: float  # sent by the portal → at the department's door
    to_department_p99_ms: float
    hub_cpu_s_per_1000: float
    hub_memory_mb: float
    lost: int


class Department:
    """The stub in its own process."""

    def __init__(self) -> None:
        self._process = Popen([sys.executable, "-m", "benchmarks.stub"], stdout=PIPE, cwd=_HERE.parent)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def arrived(self) -> dict[str, int]:
        """Return when each case arrived first."""
        first: dict[str, int] = {}
        for case_id, at in self._ask("GET", "/log"):
            first.setdefault(case_id, at)
        return first

    def reset(self) -> None:
        """Forget everything."""
        self._ask("POST", "/reset")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, method: str, path: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=60) as reply:
            return json.load(reply)


@contextmanager
def department() -> Iterator[Department]:
    """Start the stub and end it."""
    stub = Department()
    try:
        yield stub
    finally:
        stub.close()


def measure(back_end: BackEnd, protocol: str, size: Size) -> Row:
    """Measure one protocol on one back end."""
    with tempfile.TemporaryDirectory(prefix="onewindow-bench-") as folder, department() as stub:
        lab = Lab(
            folder=Path(folder),
            broker=back_end.broker,
            database=back_end.database,
            apart=("api", "worker+clock"),
            settings={
                "HUB_DISTRICT": str(_HERE / "district"),
                "BENCH_URL": stub.url,
                "HUB_LOG_LEVEL": "WARNING",
            },
        )
        return uvloop.run(_in_scratch(lab, stub, back_end, protocol, size))


async def _in_scratch(lab: Lab, stub: Department, back_end: BackEnd, protocol: str, size: Size) -> Row:
    async with scratch(lab):
        return await _measure(lab, stub, back_end, protocol, size)


async def _measure(lab: Lab, stub: Department, back_end: BackEnd, protocol: str, size: Size) -> Row:
    try:
        await lab.start_hub()
        key = await lab.create_key("portal")
        payload = (_HERE / "district" / "cases" / f"{protocol}.json").read_bytes()
        seeds = iter(range(1, 1000))

        def load() -> Load:
            return Load(url=lab.url, key=key, payload=payload, seed=next(seeds))

        pids = [pid for process in lab.hub.values() if process.running for pid in family(process.running.pid)]
        await _settled(load(), stub, count=min(300, size.cases))
        rounds = [await _saturate(load(), stub, pids, size.cases) for _ in range(size.rounds)]
        paced = load()
        stub.reset()
        await paced.open(size.paced_cases, size.per_second)
        arrived = await _all_arrived(paced, stub)
        return _row(back_end, protocol, rounds, paced, arrived, memory_mb(pids))
    finally:
        await lab.stop()


async def _settled(load: Load, stub: Department, *, count: int) -> None:
    """Warm up: caches filled, pools open."""
    stub.reset()
    await load.closed(count, 4)
    if len(load.accepted) < count:
        raise RuntimeError(f"the door refused the benchmark's cases: {load.refused}")
    await _all_arrived(load, stub)


async def _saturate(load: Load, stub: Department, pids: Sequence[int], count: int) -> dict[str, float]:
    stub.reset()
    cpu, start = cpu_seconds(pids), time.monotonic_ns()
    await load.closed(count, _CONNECTIONS)
    accepted = (time.monotonic_ns() - start) / 1e9
    arrived = await _all_arrived(load, stub)
    delivered = (max(arrived.values(), default=start) - start) / 1e9
    return {
        "accepted_per_s": len(load.accepted) / accepted,
        "delivered_per_s": len(arrived) / delivered,
        "cpu": (cpu_seconds(pids) - cpu) / len(load.accepted) * 1000,
        "lost": len(load.accepted.keys() - arrived.keys()),
    }


async def _all_arrived(load: Load, stub: Department) -> dict[str, int]:
    """Wait until the department has every accepted case; what does not come in time is lost."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        arrived = await asyncio.to_thread(stub.arrived)
        if load.accepted.keys() <= arrived.keys() or time.monotonic() > deadline:
            return {case_id: at for case_id, at in arrived.items() if case_id in load.accepted}
        await asyncio.sleep(0.2)


def _row(
    back_end: BackEnd,
    protocol: str,
    rounds: Sequence[dict[str, float]],
    paced: Load,
    arrived: dict[str, int],
    memory: float,
) -> Row:
    accept = [(at - paced.sent[case_id]) / 1e6 for case_id, at in paced.accepted.items()]
    office = [(at - paced.sent[case_id]) / 1e6 for case_id, at in arrived.items()]
    delivered = [one["delivered_per_s"] for one in rounds]
    return Row(
        back_end=back_end.name,
        protocol=protocol,
        accepted_per_s=statistics.median(one["accepted_per_s"] for one in rounds),
        delivered_per_s=statistics.median(delivered),
        delivered_min=min(delivered),
        delivered_max=max(delivered),
        accept_p50_ms=_percentile(accept, 50),
        accept_p99_ms=_percentile(accept, 99),
        to_department_p50_ms=_percentile(office, 50),
        to_department_p99_ms=_percentile(office, 99),
        hub_cpu_s_per_1000=statistics.median(one["cpu"] for one in rounds),
        hub_memory_mb=memory,
        lost=int(sum(one["lost"] for one in rounds)) + len(paced.accepted.keys() - arrived.keys()),
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    head = (
        "| back end | department | accepted/s | delivered/s [min..max] | accept p50 / p99 ms | "
        "submit → department p50 / p99 ms | hub CPU s per 1,000 | hub memory MB | lost |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    lines = [
        f"| {r.back_end} | {r.protocol} | {r.accepted_per_s:,.0f} | {r.delivered_per_s:,.0f} "
        f"[{r.delivered_min:,.0f}..{r.delivered_max:,.0f}] | {r.accept_p50_ms:.1f} / {r.accept_p99_ms:.1f} | "
        f"{r.to_department_p50_ms:.1f} / {r.to_department_p99_ms:.1f} | {r.hub_cpu_s_per_1000:.2f} | "
        f"{r.hub_memory_mb:.0f} | {r.lost} |"
        for r in rows
    ]
    return "\n".join([head, *lines])


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain values."""
    return [asdict(row) for row in rows]
