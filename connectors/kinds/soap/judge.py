"""What a SOAP reply means, by the pack's own tables: a fault's code says nothing by itself."""

from cases.errors import BudgetExceeded, ReplyUnreadable
from cases.outcome import Again, Outcome, Unknown
from connectors.around import Around
from connectors.kinds.soap.calls import OperationCall, SoapReply
from connectors.kinds.soap.options import FaultPaths
from connectors.pack import Receipt
from connectors.pack_loader import LoadedPack
from connectors.receipt import ReceiptReader, receipt_reader
from connectors.wire.http import Reply
from connectors.wire.verdicts import by_http_status, retry_after


class Judge:
    """Reads replies to filings."""

    def __init__(self, pack: LoadedPack, paths: FaultPaths, around: Around) -> None:
        self._max_bytes, self._now = pack.pack.timeouts.max_reply_bytes, around.now
        self._answers = receipt_reader(pack)
        # Only a row of `answers` can give a fault a meaning, so no condition ever accepts one.
        rule = Receipt(accepted_when="false", code=paths.code, message=paths.message, number=paths.number)
        self._faults = ReceiptReader(rule, pack.pack.answers, lambda _scope: False)

    def outcome(self, call: OperationCall, reply: Reply) -> Outcome:
        """Say what became of a filing."""
        try:
            opened = call.read(reply, max_bytes=self._max_bytes)
        except (ReplyUnreadable, BudgetExceeded) as error:
            return self._unreadable(reply, error)
        return self._of_fault(opened, reply) if opened.is_fault else self._of_answer(opened, reply)

    def _unreadable(self, reply: Reply, error: ReplyUnreadable | BudgetExceeded) -> Outcome:
        by_row = self._answers.by_code(f"http {reply.status}", f"the department answered HTTP {reply.status}")
        if by_row is not None:
            return by_row
        if 200 <= reply.status < 300:
            return Unknown(code=error.code, reason=f"{error}; the case may have arrived")
        return by_http_status(reply, now=self._now())

    def _of_answer(self, opened: SoapReply, reply: Reply) -> Outcome:
        return self._with_pause(self._answers.read(opened.values, http_status=opened.status), reply)

    def _of_fault(self, opened: SoapReply, reply: Reply) -> Outcome:
        fault = opened.values["fault"]
        outcome = self._faults.read(fault, http_status=opened.status)
        if not isinstance(outcome, Unknown):
            return self._with_pause(outcome, reply)
        by_row = self._answers.by_code(f"fault {fault['code']}", fault["string"])
        if by_row is None and reply.status in (429, 503):
            by_row = by_http_status(reply, now=self._now())
        if by_row is None and outcome.code == "no_code":
            return _bare_fault(fault["code"], fault["string"])
        return self._with_pause(by_row or outcome, reply)

    def _with_pause(self, outcome: Outcome, reply: Reply) -> Outcome:
        if isinstance(outcome, Again) and outcome.after_seconds is None:
            pause = retry_after(reply, now=self._now())
            return Again(code=outcome.code, reason=outcome.reason, after_seconds=pause)
        return outcome


def _bare_fault(code: str, said: str) -> Unknown:
    row = f"fault {code}"
    return Unknown(
        code=row,
        reason=f"the department's system reports a fault without a code of its own ({said or 'no text'}), which does "
        f"not say whether it took the case; if its meaning is certain, add a row {row!r} to `answers`",
    )
