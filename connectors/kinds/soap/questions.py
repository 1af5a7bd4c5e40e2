"""Calls that ask and change nothing: the look-up by our number, and the poll for statuses."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cases.outcome import Accepted, LookupAnswer, NotThere, Unknown
from connectors.contract import Incoming, Parcel, Pending, Unreadable
from connectors.kinds.soap.calls import SoapReply
from connectors.kinds.soap.options import Lookup, Query, Question
from connectors.news import status_news
from connectors.receipt import Condition, at_path


def lookup_document(lookup: Lookup, parcel: Parcel) -> dict[str, Any]:
    """Return the document that asks for one case."""
    return _fill(lookup, {"{case_no}": parcel.case_no, "{delivery_id}": parcel.delivery_id})


def query_document(query: Query, cases: Sequence[Pending]) -> dict[str, Any]:
    """Return the document that asks for the statuses of one case, or of many where `batch`."""
    filled = [{"{case_no}": case.case_no, "{foreign_no}": case.foreign_no} for case in cases]
    if not query.batch:
        return _fill(query, filled[0])
    return _fill(query, {place: [each[place] for each in filled] for place in ("{case_no}", "{foreign_no}")})


def lookup_answer(lookup: Lookup, reply: SoapReply, there: Condition, not_there: Condition) -> LookupAnswer:
    """Judge a reply to a look-up by the pack's two conditions."""
    scope = {"reply": reply.values, "http": {"status": reply.status}}
    if there(scope):
        number = at_path(reply.values, lookup.number.removeprefix("reply.")) if lookup.number else None
        return Accepted(number=None if number in (None, "") else str(number), reply=reply.values)
    if not_there(scope):
        return NotThere()
    return Unknown(code="lookup_unclear", reason="the look-up's answer fits neither of the pack's conditions")


def statuses_in(query: Query, reply: SoapReply, case_no: str | None) -> list[Incoming | Unreadable]:
    """Find the statuses in an understood reply."""
    found = at_path(reply.values, query.statuses.removeprefix("reply.")) if query.statuses else reply.values
    if found is None or found == "":
        return []
    return [status_news(item, "poll", case_no=case_no) for item in (found if isinstance(found, list) else [found])]


def unreadable(body: bytes, reason: str) -> Unreadable:
    """Set aside a reply to a poll that nobody can read."""
    return Unreadable(digest=hashlib.sha256(body).hexdigest(), way="poll", reason=reason, body=body)


def _fill(question: Question, values: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for path, filling in question.ask.items():
        *above, last = path.split(".")
        here = document
        for step in above:
            here = here.setdefault(step, {})
        here[last] = values.get(filling, filling)
    return document
