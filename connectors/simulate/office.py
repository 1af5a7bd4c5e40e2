"""A simulated department's back office: takes cases into its book and owes statuses. Protocols stand around it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from connectors.simulate.book import Book, Filing, PlannedStep, Step
from connectors.simulate.faults import Faults
from connectors.simulate.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The hub came with a case; `faults` are what the simulator has to commit on this visit."""

    our_no: str
    document: bytes
    attempt: int
    faults: frozenset[str]


class Office:
    """What every simulated department does, whatever protocol it speaks."""

    def __init__(self, book: Book, plan: Plan, faults: Faults, *, now: Callable[[], float] = time.time) -> None:
        self.book, self.now = book, now
        self._plan, self._faults = plan, faults

    def arrive(self, our_no: str, document: bytes) -> Visit:
        """Note a visit and say which faults it meets; nothing is filed yet."""
        attempt = self.book.attempts(our_no) + 1
        position = self.book.cases_seen() + (1 if attempt == 1 else 0)
        faults = self._faults.of(our_no, position=position, attempt=attempt, document=document)
        self.book.arrive(our_no, at=self.now(), faults=sorted(faults))
        return Visit(our_no=our_no, document=document, attempt=attempt, faults=faults)

    def file(
        self, visit: Visit, *, key: str | None, instant: bool = False, refusal: str | None = None, told: bool = False
    ) -> Filing:
        """File the case of a visit, or its refusal; with a key, the same key never files a second time.

        Args:
            visit: what `arrive` gave.
            key: None is a department without any protection: each visit opens a new case.
            instant: an item that is concluded on the spot.
            refusal: the code with which the case is refused.
            told: the refusal has no reply to go into: it is told as a status.
        """
        now = self.now()
        steps: list[PlannedStep] = []
        if refusal is None:
            steps = self._plan.steps(visit.our_no, filed_at=now, instant=instant, faults=visit.faults)
        elif told:
            steps = [PlannedStep(name="refused", at=now, due=now)]
        return self.book.file(visit.our_no, key=key, at=now, document=visit.document, steps=steps, refused=refusal)

    def faults_of(self, our_no: str) -> frozenset[str]:
        """Return the faults that a case has met so far."""
        return self.book.faults(our_no)

    def due(self, *, limit: int = 100) -> list[Step]:
        """Return the statuses that have to be told now, earliest first."""
        return self.book.due(self.now(), limit=limit)

    def seen(self, filing: Filing) -> list[Step]:
        """Return the statuses of a filing that have come, the last one told last."""
        return self.book.happened(filing.serial, self.now())
