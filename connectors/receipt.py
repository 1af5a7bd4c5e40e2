"""Reading a department's reply: its own answer table first, then the receipt rule, otherwise unknown. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.outcome import Accepted, Again, Answered, Broken, Outcome, Raw, Refused, Unknown
from connectors.pack import Answer, Receipt
from connectors.pack_loader import LoadedPack
from mappings.expressions import compile_condition

#: Says whether a reply is the receipt; sees `reply` and, where there is one, `http.status`.
Condition = Callable[[Mapping[str, Any]], bool]


def receipt_reader(loaded: LoadedPack) -> "ReceiptReader":
    """Build the reader of a pack's replies.

    Raises:
        ConfigError: `accepted_when` is not an expression.
    """
    receipt = loaded.pack.receipt
    condition = pack_condition(loaded, receipt.accepted_when, ("receipt", "accepted_when"))
    return ReceiptReader(receipt, loaded.pack.answers, condition)


def pack_condition(loaded: LoadedPack, text: str, at: tuple[str, ...]) -> Condition:
    """Compile a condition that stands in connector.yaml at a path.

    Raises:
        ConfigError: it is not an expression; the finding names the line.
    """
    connector = loaded.connector
    return compile_condition(text, file=connector.file, line=connector.line(at), key=".".join(at))


def at_path(document: Any, path: str) -> Any:
    """Return the value at a dotted path (`data.items.0.no`), or None where there is none."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, (list, tuple)) and step.isdecimal():
            document = document[int(step)] if int(step) < len(document) else None
        else:
            return None
    return document


class ReceiptReader:
    """Says what a parsed reply means, by the pack's `receipt` and `answers`."""

    def __init__(self, receipt: Receipt, answers: Mapping[str, Answer], accepted_when: Condition) -> None:
        self._receipt, self._answers, self._accepted_when = receipt, answers, accepted_when

    def read(self, reply: Raw, *, http_status: int | None = None) -> Outcome:
        """Return the outcome that a parsed reply stands for.

        A code in `answers` decides. Without a row, only `accepted_when` can accept; anything else is unknown, since a
        reply nobody described is no proof of either.
        """
        code, said = self._code(reply), self._text(self._receipt.message, reply)
        if code is not None and (answer := self._answers.get(code)) is not None:
            return self._by_table(code, answer, reply, said)
        scope: dict[str, Any] = {"reply": reply}
        if http_status is not None:
            scope["http"] = {"status": http_status}
        if self._accepted_when(scope):
            return self._accepted(reply)
        return Unknown(code=code or "no_code", reason=_not_understood(code, said))

    def by_code(self, code: str, reason: str) -> Outcome | None:
        """Return what `answers` says of a code of the protocol itself (`http 503`, `fault Server`), if it has a row.

        `accepted` is no possible meaning here: without a reply there is no receipt.
        """
        answer = self._answers.get(code)
        if answer is None or answer.outcome == "accepted":
            return None
        return self._by_table(code, answer, {}, reason)

    def _by_table(self, code: str, answer: Answer, reply: Raw, said: str | None) -> Outcome:
        reason = answer.say or said or f"the department answered {code}"
        match answer.outcome:
            case "accepted":
                return self._accepted(reply)
            case "refused":
                return Refused(code=code, reason=reason, state=answer.state)
            case "again":
                return Again(code=code, reason=reason, after_seconds=answer.after_seconds)
            case "broken":
                return Broken(code=code, reason=reason)
            case "unknown":
                return Unknown(code=code, reason=reason)

    def _accepted(self, reply: Raw) -> Accepted | Answered:
        number = self._text(self._receipt.number, reply)
        status = at_path(reply, self._receipt.answered) if self._receipt.answered else None
        if isinstance(status, Mapping):
            return Answered(number=number, status=status, reply=reply)
        return Accepted(number=number, reply=reply)

    def _code(self, reply: Raw) -> str | None:
        return self._text(self._receipt.code, reply)

    @staticmethod
    def _text(path: str | None, reply: Raw) -> str | None:
        """Paths are written as in `accepted_when`, with or without the leading `reply.`."""
        value = at_path(reply, path.removeprefix("reply.")) if path else None
        return None if value is None or isinstance(value, (Mapping, list)) or str(value) == "" else str(value)


def _not_understood(code: str | None, said: str | None) -> str:
    what = f"code {code}" if code else "a reply without a known code"
    more = f" ({said})" if said else ""
    return f"answer not understood: {what}{more}; add a row to `answers` in connector.yaml if its meaning is certain"
