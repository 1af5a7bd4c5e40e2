"""The life of a case as one table of legal moves, and what becomes of a status that arrives late, twice or early."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from cases.states import Conclusion, State
from cases.status import StatusUpdate

_S = State

#: From each state, the states that may come next. What is not here is not legal.
MOVES: Mapping[State, frozenset[State]] = {
    _S.SUBMITTED: frozenset(
        {
            _S.PRE_ACCEPTED,
            _S.PRE_RETURNED,
            _S.RECEIVED,
            _S.SUPPLEMENT_REQUESTED,
            _S.ACCEPTED,
            _S.ACCEPT_REFUSED,
            _S.NOT_REQUIRED,
            _S.WITHDRAWN,
        }
    ),
    _S.PRE_ACCEPTED: frozenset(
        {
            _S.PRE_RETURNED,
            _S.RECEIVED,
            _S.SUPPLEMENT_REQUESTED,
            _S.ACCEPTED,
            _S.ACCEPT_REFUSED,
            _S.NOT_REQUIRED,
            _S.WITHDRAWN,
        }
    ),
    _S.PRE_RETURNED: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.RECEIVED: frozenset({_S.SUPPLEMENT_REQUESTED, _S.ACCEPTED, _S.ACCEPT_REFUSED, _S.NOT_REQUIRED, _S.WITHDRAWN}),
    _S.SUPPLEMENT_REQUESTED: frozenset({_S.RECEIVED, _S.ACCEPTED, _S.TERMINATED, _S.WITHDRAWN}),
    _S.ACCEPTED: frozenset({_S.IN_REVIEW, _S.SUSPENDED, _S.CONCLUDED, _S.RETURNED, _S.TERMINATED, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.SUSPENDED, _S.CONCLUDED, _S.RETURNED, _S.TERMINATED, _S.WITHDRAWN}),
    _S.SUSPENDED: frozenset({_S.IN_REVIEW, _S.CONCLUDED, _S.TERMINATED, _S.WITHDRAWN}),
    _S.CONCLUDED: frozenset({_S.DELIVERED}),
    _S.DELIVERED: frozenset({_S.EVALUATED}),
    _S.ACCEPT_REFUSED: frozenset(),
    _S.NOT_REQUIRED: frozenset(),
    _S.RETURNED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.TERMINATED: frozenset(),
    _S.EVALUATED: frozenset(),
}

#: States in which the department owes nothing more.
ENDED = frozenset(
    {
        _S.ACCEPT_REFUSED,
        _S.NOT_REQUIRED,
        _S.CONCLUDED,
        _S.RETURNED,
        _S.WITHDRAWN,
        _S.TERMINATED,
        _S.DELIVERED,
        _S.EVALUATED,
    }
)

_C = Conclusion

#: How a case may have ended in a state, as far as the state says. Papers that never came (5) end the procedure without
#: a decision: TERMINATED, never CONCLUDED. Void (2) and deleted (3) cases are reported either way.
ENDINGS: Mapping[State, frozenset[Conclusion]] = {
    _S.CONCLUDED: frozenset({_C.CERTIFICATE, _C.REJECTED, _C.VOID, _C.DELETED, _C.FORWARDED, _C.OTHER}),
    _S.RETURNED: frozenset({_C.REJECTED}),
    _S.TERMINATED: frozenset({_C.VOID, _C.DELETED, _C.NOT_SUPPLEMENTED}),
}

_AFTER_ACCEPTANCE = frozenset({_S.ACCEPTED, _S.IN_REVIEW, _S.SUSPENDED})
_REASON_MANDATORY = frozenset({Conclusion.REJECTED, Conclusion.FORWARDED, Conclusion.NOT_SUPPLEMENTED})


class Verdict(StrEnum):
    """What became of a status. Every one is kept with its reason; only ADMITTED moves the case."""

    ADMITTED = "admitted"
    REPEATED = "repeated"  # the case stands there already
    LATE = "late"  # the case has moved on
    HELD = "held"  # its cause has not come yet: looked at again after every move
    CONFLICT = "conflict"  # contradicts what is known: shown to the owner
    UNMATCHED = "unmatched"  # nobody has this number: kept in the inbox


@dataclass(frozen=True, slots=True)
class Filing:
    """A verdict with its reason in plain words."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a case stands, as far as the next status is concerned."""

    state: State
    since: datetime
    step: str | None = None
    conclusion: Conclusion | None = None


@cache
def reachable(start: State) -> frozenset[State]:
    """Return every state that can still come after `start`, in one move or more."""
    found: set[State] = set()
    todo = list(MOVES[start])
    while todo:
        state = todo.pop()
        if state not in found:
            found.add(state)
            todo.extend(MOVES[state])
    return frozenset(found)


def admit(standing: Standing, update: StatusUpdate) -> Filing:
    """Decide what becomes of a status, given where the case stands.

    Pure: the same standing and update always give the same filing. Times decide only between two visits of the
    same state (a case may be suspended twice); otherwise the table of moves does, since clocks of departments differ.
    """
    if missing := _incomplete(update):
        return Filing(Verdict.CONFLICT, missing)
    here, there = standing.state, update.state
    if there is here:
        return _same_state(standing, update)
    if there is State.SUPPLEMENT_REQUESTED and here in _AFTER_ACCEPTANCE:
        return Filing(Verdict.CONFLICT, "a request for papers after acceptance changes no state")
    went_back = update.occurred_at < standing.since
    if there in MOVES[here] and not (went_back and here in reachable(there)):
        return Filing(Verdict.ADMITTED)
    if there in reachable(here) and not went_back:
        return Filing(Verdict.HELD, f"{there} cannot follow {here} directly; waiting for the step between")
    if here in reachable(there):
        return Filing(Verdict.LATE, f"the case had moved on to {here}")
    if there in reachable(here):
        return Filing(Verdict.HELD, f"{there} cannot follow {here} directly; waiting for the step between")
    return Filing(Verdict.CONFLICT, f"the case is {here}; {there} contradicts that")


def apply(standing: Standing, update: StatusUpdate) -> Standing:
    """Return where the case stands after an admitted status."""
    return Standing(
        state=update.state,
        since=max(standing.since, update.occurred_at) if update.state is standing.state else update.occurred_at,
        step=update.step,
        conclusion=update.conclusion or standing.conclusion,
    )


def _same_state(standing: Standing, update: StatusUpdate) -> Filing:
    if update.conclusion is not None and update.conclusion != standing.conclusion:
        return Filing(
            Verdict.CONFLICT,
            f"{update.state} was reported with conclusion {standing.conclusion}, now with {update.conclusion}",
        )
    if update.step is not None and update.step != standing.step:
        late = update.occurred_at < standing.since
        return Filing(Verdict.LATE, "an earlier step") if late else Filing(Verdict.ADMITTED)
    return Filing(Verdict.REPEATED)


def _incomplete(update: StatusUpdate) -> str:
    if update.state is State.CONCLUDED and update.conclusion is None:
        return "concluded without a conclusion code"
    endings = ENDINGS.get(update.state)
    if endings is not None and update.conclusion is not None and update.conclusion not in endings:
        fitting = " or ".join(state for state, codes in ENDINGS.items() if update.conclusion in codes)
        return f"conclusion {update.conclusion} does not go with {update.state}; it goes with {fitting}"
    if update.conclusion in _REASON_MANDATORY and not update.reason:
        return f"conclusion {update.conclusion} needs a reason"
    return ""
