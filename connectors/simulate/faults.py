"""Faults that a simulated department commits on request: the same seed and case always give the same ones."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

#: What can go wrong, and what it looks like from the hub.
FAULTS: Mapping[str, str] = {
    "timeout_after": "files the case, then never answers (first attempt)",
    "reset_before": "closes the connection before it reads the case (first attempt)",
    "reset_after": "files the case, then closes the connection (first attempt)",
    "busy": "answers that it is busy and names a pause (first attempt)",
    "garbage": "files the case, then answers with an HTML page and status 200 (first attempt)",
    "breakdown": "files the case, then reports an internal error that says nothing of it (first attempt)",
    "refuse": "refuses the case for good, by its own code",
    "slow": "takes its time, but answers within the budget",
    "twice": "tells each status twice",
    "disorder": "tells the second and third status in reversed order",
    "half_file": "leaves a result half written for a while before it completes it",
}
#: These go away when the hub comes again.
_FIRST_ATTEMPT = frozenset({"timeout_after", "reset_before", "reset_after", "busy", "garbage", "breakdown"})
#: In a document: the case itself asks for a fault, as a demonstration does.
_MARKER = re.compile(rb"sim:([a-z_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Which faults to commit: by share of cases, by position of the case, or by a `sim:NAME` in the case itself."""

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)  # name → share of cases, 0 to 1
    positions: Mapping[int, str] = field(default_factory=dict)  # n-th case (from 1) → name

    def of(self, our_no: str, *, position: int, attempt: int, document: bytes) -> frozenset[str]:
        """Return the faults of one arrival of a case (attempt from 1)."""
        names = {name for name, rate in self.rates.items() if self._draw(name, our_no) < rate}
        names |= {found.decode() for found in _MARKER.findall(document)} & FAULTS.keys()
        if (here := self.positions.get(position)) is not None:
            names.add(here)
        return frozenset(names if attempt == 1 else names - _FIRST_ATTEMPT)

    def _draw(self, name: str, our_no: str) -> float:
        """Return a number in [0, 1) that depends on nothing but seed, fault and case."""
        drawn = hashlib.sha256(f"{self.seed}/{name}/{our_no}".encode()).digest()
        return int.from_bytes(drawn[:8]) / 2**64


def read_faults(texts: list[str], *, seed: int) -> Faults:
    """Read `NAME=RATE` and `NAME@N` (the n-th case) as given on a command line.

    Raises:
        ValueError: says which text is wrong and what is known.
    """
    rates: dict[str, float] = {}
    positions: dict[int, str] = {}
    for text in texts:
        found = re.fullmatch(r"([a-z_]+)(?:=(0(?:\.\d+)?|1(?:\.0+)?)|@([1-9]\d*))", text)
        if found is None or found[1] not in FAULTS:
            raise ValueError(f"{text!r}: write NAME=RATE (0 to 1) or NAME@N; known: {', '.join(sorted(FAULTS))}")
        if found[2] is not None:
            rates[found[1]] = float(found[2])
        else:
            positions[int(found[3])] = found[1]
    return Faults(seed=seed, rates=rates, positions=positions)
