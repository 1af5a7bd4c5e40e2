"""What a pack of kind `soap` may say under `endpoint` and `auth`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from cases.base import Record, Text
from connectors.options import Address, Auth, Tls
from connectors.wire.charset import Charset

_PLACES = ("{case_no}", "{foreign_no}", "{delivery_id}")


def _known_place(text: str) -> str:
    if "{" in text and text not in _PLACES:
        raise ValueError(f"must be a fixed text or one of {', '.join(_PLACES)}")
    return text


#: What stands in a question's field: a fixed text, or `{case_no}`, `{foreign_no}`, `{delivery_id}`.
Filling = Annotated[str, AfterValidator(_known_place)]


class Question(Record):
    """A call that asks and changes nothing; its operation is the key it stands under."""

    ask: Annotated[dict[Text, Filling], Field(description="field of the request (`a.b` for nested) → what to put in")]


class Lookup(Question):
    """Asks for our number. A reply that fits neither condition decides nothing. A fault is `reply.fault`."""

    there_when: Annotated[Text, Field(description="the department has the case; sees `reply` and `http.status`")]
    not_there_when: Annotated[Text, Field(description="it certainly has not")]
    number: Annotated[Text | None, Field(description="path of the department's own number in the reply")] = None


class Query(Question):
    """Asks for statuses, case by case or for many at once."""

    understood_when: Annotated[Text, Field(description="the reply is an answer; otherwise it waits for the next round")]
    statuses: Annotated[Text | None, Field(description="path of the status or the list of them; none: the reply")] = (
        None
    )
    batch: Annotated[bool, Field(description="ask for many cases in one call: the asked fields repeat")] = False


class FaultPaths(Record):
    """Where a SOAP fault says what it means; below `fault`, which has `code`, `string`, `detail`."""

    code: Annotated[Text, Field(description="path of the code `answers` is keyed by")] = "code"
    message: Text = "string"
    number: Annotated[Text | None, Field(description="path of a number, where a fault names an earlier filing")] = None


class WsseAuth(Auth):
    """WS-Security UsernameToken; `digest` sends a hash instead of the password."""

    kind: Literal["wsse_username"]
    username: SecretStr
    password: SecretStr
    digest: bool = False


class SoapEndpoint(Record):
    """Where the service is and which of its operations files a case."""

    wsdl: Annotated[Text, Field(description="file in the pack")] = "service.wsdl"
    address: Address
    operation: Annotated[Text, Field(description="the operation that files a case")]
    service: Annotated[Text | None, Field(description="where the WSDL has several")] = None
    port: Annotated[Text | None, Field(description="chooses between SOAP 1.1 and 1.2; none: the first SOAP port")] = (
        None
    )
    action: Annotated[str | None, Field(description="SOAPAction of `operation`, where the WSDL is wrong")] = None
    charset: Charset = "UTF-8"
    headers: Annotated[
        dict[str, Any], Field(description="SOAP header elements of the WSDL by name, the same in every call")
    ] = Field(default_factory=dict)
    imports: Annotated[
        dict[str, Text], Field(description="location the contract imports → file of the pack that stands in")
    ] = Field(default_factory=dict)
    fault: FaultPaths = FaultPaths()
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    queries: dict[str, Query] = Field(default_factory=dict)
    tls: Tls = Tls()
