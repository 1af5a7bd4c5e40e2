"""How a simulated department works on a case: which statuses come, and when."""

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass

from connectors.simulate.book import PlannedStep

#: Ways a case can go, in neutral words; each simulator has its own codes for them.
STORIES: Mapping[str, tuple[str, ...]] = {
    "granted": ("received", "accepted", "in_review", "granted"),
    "denied": ("received", "accepted", "in_review", "denied"),
    "instant": ("accepted", "granted"),
}
#: Seconds, at pace 1, from filing to the first status and between statuses.
_STEP_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The department's habits."""

    pace: float = 1.0  # 0.1: ten times quicker
    denied_share: float = 0.1  # share of cases that end in a no

    def steps(self, our_no: str, *, filed_at: float, instant: bool, faults: Set[str]) -> list[PlannedStep]:
        """Return the statuses of a case; the same case always goes the same way.

        Args:
            our_no: the hub's number, which decides how the case ends.
            filed_at: Unix seconds.
            instant: an item that is concluded on the spot.
            faults: `twice` and `disorder` show here.
        """
        names = STORIES["instant" if instant else "denied" if _share(our_no) < self.denied_share else "granted"]
        moments = [filed_at + (i + 1) * _STEP_SECONDS * self.pace for i in range(len(names))]
        told = list(moments)
        if "disorder" in faults and len(told) > 2:
            told[1], told[2] = told[2], told[1]
        times = 2 if "twice" in faults else 1
        return [
            PlannedStep(name=name, at=at, due=due, times=times)
            for name, at, due in zip(names, moments, told, strict=True)
        ]


def _share(our_no: str) -> float:
    return int.from_bytes(hashlib.sha256(our_no.encode()).digest()[:8]) / 2**64
