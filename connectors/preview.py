"""What a connector would put on the wire, for people: nothing is sent."""

from typing import Protocol, runtime_checkable

from connectors.contract import Connector, Parcel
from connectors.wire.http import Request


@runtime_checkable
class _CallsHttp(Protocol):
    def request(self, parcel: Parcel) -> Request: ...


@runtime_checkable
class _WritesFiles(Protocol):
    def content(self, parcel: Parcel) -> bytes: ...


def preview(connector: Connector, parcel: Parcel) -> str:
    """Return the HTTP request or the file that `send` would make of a parcel.

    Open the connector with `References(dry=True)`: then no secret is in it.

    Raises:
        ValueError: the document cannot be written as the department wants it; names the field.
    """
    if isinstance(connector, _CallsHttp):
        request = connector.request(parcel)
        headers = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
        return f"{request.method} {request.url}\n{headers}\n{_text(request.body)}"
    if isinstance(connector, _WritesFiles):
        return _text(connector.content(parcel))
    return "(this kind of connector shows no bytes beforehand)"


def _text(data: bytes) -> str:
    for charset in ("utf-8", "gb18030"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.hex(" ")
