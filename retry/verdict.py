"""What an outcome leads to: a pure decision on the main path, taken before anything is acknowledged."""

from dataclasses import dataclass

from cases.outcome import Accepted, Again, Answered, Broken, Outcome, Refused, Unknown
from retry.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Ability:
    """What the connector declared: decides how an unknown outcome is settled."""

    idempotency_key: bool
    lookup: bool
    settle_seconds: float = 0.0  # how long after a lost answer the department may still be at work on the case


@dataclass(frozen=True, slots=True)
class Done:
    """The department has it."""


@dataclass(frozen=True, slots=True)
class No:
    """The department said no; trying again would not change that."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Wait, then try again."""

    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Park:
    """Stand still until somebody acts; `cause` is from a closed set."""

    cause: str
    question: str


Verdict = Done | No | TryAgain | Park

#: The closed set of causes that a parked delivery can have (a metric label).
CAUSES = ("unknown_outcome", "contract", "no_connector")


def judge(outcome: Outcome, *, ability: Ability, attempt: int, schedule: Schedule, draw: float) -> Verdict:
    """Decide from the outcome's kind, never from its words.

    An unknown outcome is tried again only where that cannot file twice: with the same idempotency key, or after a
    look-up (the next attempt begins with the question "do you have our number?"). Otherwise it is parked.
    """
    match outcome:
        case Accepted() | Answered():
            return Done()
        case Refused():
            return No()
        case Again(after_seconds=asked):
            pause = schedule.pause_seconds(attempt, draw=draw)
            return TryAgain(max(asked, pause) if asked is not None else pause)
        case Unknown() if ability.idempotency_key:
            return TryAgain(schedule.pause_seconds(attempt, draw=draw))
        case Unknown() if (
            ability.lookup
        ):  # asked too early, a slow department says "not here" and files it a moment later
            return TryAgain(max(ability.settle_seconds, schedule.pause_seconds(attempt, draw=draw)))
        case Unknown(reason=reason):
            return Park("unknown_outcome", f"did the case arrive? ({reason})")
        case Broken(reason=reason):
            return Park("contract", reason)
