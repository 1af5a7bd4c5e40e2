"""What a pack of kind `rest` may say under `endpoint` and `auth`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr

from cases.base import Record, Text
from connectors.options import Address, Auth, Tls
from connectors.receipt import at_path

_PLACE = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
_KNOWN = ("case_no", "foreign_no", "delivery_id")


def _known_places(text: str) -> str:
    for name in _PLACE.findall(text):
        if name not in _KNOWN and not name.startswith("document."):
            raise ValueError(
                f"{{{name}}} is not known; use {{case_no}}, {{foreign_no}}, {{delivery_id}} or {{document.…}}"
            )
    return text


#: Text with places to fill: `{case_no}`, `{foreign_no}`, `{delivery_id}`, `{document.field}`.
Template = Annotated[str, AfterValidator(_known_places)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Operation(Record):
    """One call of the department's interface."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    path: Annotated[Template, Field(pattern=r"^/", description="below `address`; filled-in values are escaped")]
    query: dict[str, Template] = Field(default_factory=dict)
    headers: dict[HeaderName, Template] = Field(default_factory=dict)
    body: Annotated[dict[str, Template] | None, Field(description="fields of a look-up or query that is a POST")] = None


class Send(Operation):
    """The call that files a case; its body is the mapped document."""

    body: None = None
    encoding: Literal["json", "form"] = "json"
    wrap: Annotated[Text | None, Field(description="put the document under this key")] = None
    key_header: Annotated[
        HeaderName | None, Field(description="header of the idempotency key, with `resend.idempotency: key`")
    ] = "Idempotency-Key"


class Lookup(Operation):
    """Asks for our number. A reply that fits neither condition decides nothing."""

    method: Literal["GET", "POST"] = "GET"
    there_when: Annotated[Text, Field(description="the department has the case; sees `reply` and `http.status`")]
    not_there_when: Annotated[Text, Field(description="it certainly has not")]
    number: Annotated[Text | None, Field(description="path of the department's own number in the reply")] = None


class Query(Operation):
    """Asks for the statuses of one case."""

    method: Literal["GET", "POST"] = "GET"
    understood_when: Annotated[Text, Field(description="the reply is an answer; otherwise it waits for the next round")]
    statuses: Annotated[Text | None, Field(description="path of the status or the list of them; none: the reply")] = (
        None
    )


class TifAuth(Auth):
    """The x-tif headers of government gateways."""

    kind: Literal["x_tif"]
    app_id: Annotated[str, Field(min_length=1, max_length=100, description="x-tif-paasid")]
    token: SecretStr


class TifCheck(Record):
    """Calls into the hub bear x-tif headers."""

    kind: Literal["x_tif"]
    app_id: Annotated[str, Field(min_length=1, max_length=100)]
    token: SecretStr
    body_header: Annotated[
        HeaderName | None, Field(description="header with hex HMAC-SHA256 over `timestamp.nonce.body`")
    ] = None


class HmacCheck(Record):
    """Calls bear `<prefix>-timestamp`, `-nonce` and `-signature`, a hex HMAC-SHA256 over `timestamp.nonce.body`."""

    kind: Literal["hmac_sha256"]
    prefix: HeaderName = "x-hub"
    token: SecretStr


class Callback(Record):
    """How the department calls the hub."""

    check: Annotated[TifCheck | HmacCheck, Field(discriminator="kind")]
    statuses: Annotated[Text | None, Field(description="path of the status or the list of them; none: the body")] = None
    thanks: Annotated[dict[str, Any], Field(description="JSON body that tells the department: recorded")]
    refusal: Annotated[dict[str, Any], Field(description="JSON body that tells it: not accepted")] = Field(
        default_factory=lambda: {"error": "signature refused"}
    )


class RestEndpoint(Record):
    """Where the interface is and what its calls look like."""

    address: Address
    tls: Tls = Tls()
    send: Send
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    queries: dict[str, Query] = Field(default_factory=dict)
    callback: Callback | None = None
    request_schema: Annotated[Text | None, Field(description="JSON Schema of the body: file, or file#/pointer")] = None
    status_schema: Annotated[Text | None, Field(description="JSON Schema of one status")] = None


def fill(template: str, values: Mapping[str, Any], *, escaped: bool = False) -> str:
    """Fill in the places of a template; what is missing becomes empty text.

    Args:
        template: text with places.
        values: case_no, foreign_no, delivery_id, document.
        escaped: percent-encode the values, slashes included.
    """

    def value(found: re.Match[str]) -> str:
        text = at_path(values, found[1])
        text = "" if text is None else str(text)
        return quote(text, safe="") if escaped else text

    return _PLACE.sub(value, template)
