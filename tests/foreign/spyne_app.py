"""A department's system on spyne: `python spyne_app.py`; prints its port. A case that comes twice is filed twice.

Its WSDL is its own, with wrapped results and its way of naming things. Started as a script, apart from the tests.
"""

import hashlib
import warnings
from datetime import datetime
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

warnings.simplefilter("ignore")  # spyne uses modules that leave the standard library

from spyne import (  # noqa: E402  # noqa: E402
    Application,
    Array,
    Boolean,
    ByteArray,
    ComplexModel,
    Date,
    DateTime,
    Decimal,
    Fault,
    ServiceBase,
    Unicode,
    rpc,
)
from spyne.protocol.soap import Soap11  # noqa: E402
from spyne.server.wsgi import WsgiApplication  # noqa: E402
from spyne.util.wsgi_wrapper import WsgiMounter  # noqa: E402

NAMESPACE = "urn:example:permits"
BOOK: list[tuple[str, str]] = []


class Attachment(ComplexModel):  # type: ignore[misc]
    __namespace__ = NAMESPACE
    name = Unicode(min_occurs=1)
    content = ByteArray(min_occurs=1)


class Result(ComplexModel):  # type: ignore[misc]
    __namespace__ = NAMESPACE
    status = Unicode
    receiptNo = Unicode  # noqa: N815
    echo = Unicode
    digest = Unicode(max_occurs="unbounded")


class State(ComplexModel):  # type: ignore[misc]
    __namespace__ = NAMESPACE
    caseNo = Unicode  # noqa: N815
    status = Unicode
    at = DateTime


class Permits(ServiceBase):  # type: ignore[misc]
    @rpc(Unicode, Unicode, Unicode, Date, Boolean, Decimal, Array(Attachment), _returns=Result)  # type: ignore[untyped-decorator]
    def submitCase(  # noqa: N802
        ctx: Any,  # noqa: N805
        caseNo: str,  # noqa: N803
        applicant: str,
        note: str | None,
        receivedOn: Any,  # noqa: N803
        urgent: bool,
        amount: Any,
        attachments: list[Any] | None,
    ) -> Result:
        if applicant == "REFUSE ME":
            raise Fault(
                "Server", "refused by rule", detail={"caseFault": {"code": "2001", "message": "不在本辖区 <&>"}}
            )
        BOOK.append((caseNo, f"S{len(BOOK) + 1}"))
        digests = [hashlib.sha256(b"".join(one.content)).hexdigest() for one in attachments or []]
        echo = f"{applicant}|{note or ''}|{receivedOn.isoformat()}|{str(urgent).lower()}|{amount}"
        return Result(status="OK", receiptNo=BOOK[-1][1], echo=echo, digest=digests)

    @rpc(Unicode, _returns=Unicode)  # type: ignore[untyped-decorator]
    def queryCase(ctx: Any, caseNo: str) -> str:  # noqa: N802, N803, N805
        return next((receipt for number, receipt in BOOK if number == caseNo), "")

    @rpc(Unicode, _returns=Array(State))  # type: ignore[untyped-decorator]
    def queryState(ctx: Any, caseNo: str) -> list[State]:  # noqa: N802, N803, N805
        if not any(number == caseNo for number, _ in BOOK):
            return []
        steps = [("RECEIVED", "2026-03-02T09:12:00+08:00"), ("已受理", "2026-03-03T09:12:00+08:00")]
        return [State(caseNo=caseNo, status=status, at=datetime.fromisoformat(at)) for status, at in steps]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_parts: object) -> None:
        return None


def main() -> None:
    application = Application(
        [Permits], NAMESPACE, name="PermitService", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11()
    )
    server = make_server("127.0.0.1", 0, WsgiMounter({"soap11": WsgiApplication(application)}), handler_class=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
