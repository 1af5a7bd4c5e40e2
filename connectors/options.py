"""Types that the options of several kinds share: addresses, secrets, ways to prove who we are."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from cases.base import Record
from config.references import is_reference


def _http_address(text: str) -> str:
    if is_reference(text):  # checked again once it is filled in
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http:// or https:// address with a host")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password; use `auth`")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path; give query parameters as options")
    return text.rstrip("/")


#: An http(s) address, possibly still a `${NAME}` reference; without a slash at the end.
Address = Annotated[str, AfterValidator(_http_address)]


class Auth(Record):
    """How the hub proves who it is. Each kind lists the ways it knows; `kind` chooses."""

    kind: str


class NoAuth(Auth):
    """The department's network alone guards its system."""

    kind: Literal["none"] = "none"


class BasicAuth(Auth):
    """HTTP basic authentication."""

    kind: Literal["basic"]
    username: SecretStr
    password: SecretStr


class BearerAuth(Auth):
    """A fixed bearer token."""

    kind: Literal["bearer"]
    token: SecretStr


class HeaderAuth(Auth):
    """A fixed secret in a header of the department's choice."""

    kind: Literal["header"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    value: SecretStr


class Tls(Record):
    """Trust and identity towards an https address. File names are relative to the working folder of the hub."""

    ca_file: str | None = None  # trust these issuers instead of the system's
    certificate_file: str | None = None  # our own certificate, for mutual TLS
    key_file: str | None = None
