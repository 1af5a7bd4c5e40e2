"""What a connector is handed from outside: permissions, secrets, the time. Nothing else reaches in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex

from cases.errors import ConfigError
from config.located import Located, validate
from config.references import References, Unresolved
from connectors.contract import Connector
from connectors.pack_loader import LoadedPack
from connectors.wire.egress import Egress


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The world as the operator lets a connector see it."""

    egress: Egress
    references: References
    now: Callable[[], datetime] = field(default=_now)
    nonce: Callable[[], str] = field(default=_nonce)


def open_connector(loaded: LoadedPack, around: Around) -> Connector:
    """Fill in the references of a pack and build its connector; nothing is called yet.

    Raises:
        ConfigError: a reference has no value, or the value is not what the option needs.
    """
    filled = {name: _filled(loaded.connector, name, around.references) for name in ("endpoint", "auth")}
    endpoint = validate(
        Located(loaded.connector.file, filled, loaded.connector.lines), type(loaded.endpoint), at=("endpoint",)
    )
    auth = validate(Located(loaded.connector.file, filled, loaded.connector.lines), type(loaded.auth), at=("auth",))
    return loaded.kind.build(pack=loaded, endpoint=endpoint, auth=auth, around=around)


def _filled(connector: Located, part: str, references: References) -> object:
    try:
        return references.fill(connector.value.get(part) or {})
    except Unresolved as error:
        raise ConfigError([connector.finding((part,), str(error))]) from None
