"""What the simulated civil affairs department does with a call, and the words it answers in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.simulate.book import Filing, Step
from connectors.simulate.office import Office, Visit
from connectors.wire.xml import Element
from connectors.wire.xml_reader import local_name
from connectors.wire.xml_text import escape

_NAMESPACE = "http://mz.hetang.example/onewindow"
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_SLOW_SECONDS = 1.0
#: Step of a story → ZT, BJJG, YY, HJMC.
_STATES: Mapping[str, tuple[str, str, str, str]] = {
    "received": ("10", "", "", "收件"),
    "accepted": ("20", "", "", "受理"),
    "in_review": ("30", "", "", "审核"),
    "granted": ("90", "1", "", "办结"),
    "denied": ("90", "2", "经核对不符合条件", "办结"),
}


class HangUp(Exception):
    """The connection is to be reset."""


class Hang(Exception):
    """No answer is to be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An answer before it is wrapped."""

    xml: str
    status: int = 200
    in_envelope: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def answer(cls, name: str, **fields: str) -> "Words":
        """Answer with an element of the contract; empty fields are left out."""
        return cls(xml=_element(name, _fields(fields)))

    @classmethod
    def fault(cls, code: str, message: str, number: str = "") -> "Words":
        """Answer with the contract's fault."""
        detail = _element("caseFault", _fields({"code": code, "message": message, "YWLSH": number}))
        return cls(xml=_fault("s:Server", message, f"<detail>{detail}</detail>"), status=500)

    @classmethod
    def broken_call(cls, message: str) -> "Words":
        """Say that the call itself cannot be read."""
        return cls(xml=_fault("s:Client", message), status=500)


class Desk:
    """Takes calls that fit the contract."""

    def __init__(self, office: Office, *, knows_duplicates: bool) -> None:
        self._office, self._knows_duplicates = office, knows_duplicates
        self.actions: Mapping[str, Callable[[Element, bytes], Awaitable[Words]]] = {
            "submitCase": self._submit,
            "queryCase": self._query_case,
            "queryState": self._query_state,
        }

    async def handle(self, payload: Element, data: bytes) -> Words:
        """Answer one call.

        Raises:
            HangUp: reset the connection instead.
            Hang: give no answer.
        """
        return await self.actions[local_name(payload)](payload, data)

    async def _submit(self, payload: Element, data: bytes) -> Words:
        our_no = _text(payload, "BJBH")
        if self._knows_duplicates and (known := self._filed(our_no)) is not None:
            return Words.fault("1409", "办件已存在", _number(known))
        visit = self._office.arrive(our_no, data)
        before = _before(visit)
        if before is not None:
            return before
        if "refuse" in visit.faults:
            self._office.file(visit, key=None, refusal="2001")
            return Words.fault("2001", "申请人不在本辖区")
        filing = self._office.file(visit, key=None, instant=_text(payload, "JJCD") == "1")
        return await _after(visit, filing)

    async def _query_case(self, payload: Element, _data: bytes) -> Words:
        filing = self._filed(_text(payload, "BJBH"))
        if filing is None:
            return Words.answer("queryCaseResponse", SFCZ="0")
        return Words.answer("queryCaseResponse", SFCZ="1", YWLSH=_number(filing))

    async def _query_state(self, payload: Element, _data: bytes) -> Words:
        rows = [
            _state(filing, step)
            for node in payload
            if (filing := self._filed(node.text or "")) is not None
            for step in self._office.seen(filing)
            for _ in range(step.times)
        ]
        return Words(xml=_element("queryStateResponse", _fields({"code": "0"}) + "".join(rows)))

    def _filed(self, our_no: str) -> Filing | None:
        filing = self._office.book.by_our_no(our_no)
        return filing if filing is not None and filing.refused is None else None


def _before(visit: Visit) -> Words | None:
    if "reset_before" in visit.faults:
        raise HangUp
    if "busy" in visit.faults:
        return Words(
            xml="<html><body>系统繁忙</body></html>", status=503, in_envelope=False, headers={"retry-after": "1"}
        )
    return None


async def _after(visit: Visit, filing: Filing) -> Words:
    if "timeout_after" in visit.faults:
        raise Hang
    if "reset_after" in visit.faults:
        raise HangUp
    if "garbage" in visit.faults:
        return Words(xml="<html><body>Welcome</body></html>", in_envelope=False)
    if "breakdown" in visit.faults:
        return Words(xml=_fault("s:Server", "java.lang.NullPointerException"), status=500)
    if "slow" in visit.faults:
        await asyncio.sleep(_SLOW_SECONDS)
    return Words.answer("submitCaseResponse", code="0", message="成功", YWLSH=_number(filing))


def _state(filing: Filing, step: Step) -> str:
    state, result, reason, name = _STATES[step.name]
    moment = datetime.fromtimestamp(step.at, _SHANGHAI).strftime("%Y%m%d%H%M%S")
    return _element(
        "ZTLB",
        _fields(
            {
                "BJBH": filing.our_no,
                "YWLSH": _number(filing),
                "ZT": state,
                "CZSJ": moment,
                "BJJG": result,
                "YY": reason,
                "HJMC": name,
                "BLR": "李示例",
            }
        ),
        outermost=False,
    )


def _number(filing: Filing) -> str:
    return f"MZ{filing.serial:010d}"


def _text(payload: Element, name: str) -> str:
    return payload.findtext(f"{{{_NAMESPACE}}}{name}") or ""


def _element(name: str, inner: str, *, outermost: bool = True) -> str:
    declaration = f' xmlns="{_NAMESPACE}"' if outermost else ""
    return f"<{name}{declaration}>{inner}</{name}>"


def _fields(fields: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text)


def _fault(code: str, message: str, detail: str = "") -> str:
    return f"<s:Fault><faultcode>{code}</faultcode><faultstring>{escape(message)}</faultstring>{detail}</s:Fault>"
