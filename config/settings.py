"""The operator's settings: a YAML file, each key also as an environment variable `HUB_<KEY>`, which wins."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from cases.base import Record
from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, parse, validate

#: The district that ships with the hub: demo, training and tests run on it.
REFERENCE_DISTRICT = Path(__file__).parent / "hetang"


class Settings(Record):
    """What the operator decides. The defaults are the embedded hub: SQLite and a broker inside the process."""

    district: Annotated[Path, Field(description="folder with the catalogue, routes and department packs")] = (
        REFERENCE_DISTRICT
    )
    data_dir: Annotated[Path, Field(description="database, files, generated secrets of the embedded default")] = Path(
        "var"
    )
    secrets_dir: Annotated[Path | None, Field(description="one file per secret; default <data_dir>/secrets")] = None
    database: Annotated[str, Field(description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")] = ""
    broker: Annotated[str, Field(description="embedded, or amqp://USER:PASSWORD@HOST/VHOST")] = "embedded"
    broker_namespace: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9.-]{0,40}$",
            description="a prefix, where two hubs share a virtual host",
        ),
    ] = ""
    listen_host: str = "127.0.0.1"
    listen_port: Annotated[int, Field(ge=0, le=65535, description="0 picks a free port")] = 8080
    metrics_port: Annotated[int, Field(ge=0, le=65535, description="/metrics of worker and clock; 0: none")] = 0
    public_url: Annotated[str, Field(description="how portal and citizens reach this hub")] = ""
    outgoing: Annotated[
        tuple[str, ...],
        Field(description="where the hub may call out: host, host:port, *.domain or CIDR; nothing else"),
    ] = ()
    log: Literal["auto", "json", "human"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    sweep_seconds: Annotated[PositiveFloat, Field(description="how often due deliveries are looked for")] = 1.0
    lease_margin_seconds: Annotated[
        PositiveFloat, Field(description="added to a connector's time budget before a silent worker counts as dead")
    ] = 5.0
    queued_stale_seconds: Annotated[
        PositiveFloat, Field(description="a published delivery nobody claimed is published again after this")
    ] = 600.0
    fetch_every_seconds: Annotated[
        PositiveFloat | None, Field(description="instead of every pack's own rhythm, for training and tests")
    ] = None
    retry_first_seconds: Annotated[
        PositiveFloat, Field(description="pause after a first failed attempt, doubled after each")
    ] = 5.0
    retry_cap_seconds: Annotated[PositiveFloat, Field(description="longest pause between two attempts")] = 3600.0
    notify_in_flight: Annotated[PositiveInt, Field(description="webhook calls at once")] = 32
    max_body_bytes: PositiveInt = 1024 * 1024
    max_file_bytes: PositiveInt = 64 * 1024 * 1024

    @model_validator(mode="after")
    def _fill_paths(self) -> Self:
        if not self.database:
            object.__setattr__(self, "database", f"sqlite:///{self.data_dir / 'hub.db'}")
        if self.secrets_dir is None:
            object.__setattr__(self, "secrets_dir", self.data_dir / "secrets")
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://{self.listen_host}:{self.listen_port}")
        if self.broker == "embedded" and not self.database.startswith("sqlite:"):
            raise ValueError(
                "broker: the embedded broker keeps its messages in SQLite; give an amqp:// URL with PostgreSQL"
            )
        if self.broker != "embedded" and not self.broker.startswith(("amqp://", "amqps://")):
            raise ValueError("broker: expected `embedded` or an amqp:// URL")
        if not self.database.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("database: expected sqlite:///PATH or postgresql://…")
        _check_address("database", self.database)
        _check_address("broker", self.broker)
        return self

    @property
    def embedded(self) -> bool:
        """True where the hub needs no service beside itself."""
        return self.broker == "embedded"


def _check_address(name: str, url: str) -> None:
    """Refuse what no driver can take apart; the message does not repeat it, a password may be in it."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError(
            f"{name}: not a readable address; in user and password write @ : / # as %40 %3A %2F %23"
        ) from None


def load_settings(file: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read the settings file, lay the environment over it and check the whole.

    Raises:
        ConfigError: every finding as file:line, or as the variable's name.
    """
    values: dict[str, Any] = {}
    located = Located("environment", values, {})
    if file is not None:
        located = read_yaml(file)
        if not isinstance(located.value, dict):
            raise ConfigError([Finding(str(file), 1, "", "expected `key: value` lines")])
        values.update(located.value)
        _resolve_paths(values, file.parent)
    for name in Settings.model_fields:
        given = (environment if environment is not None else os.environ).get(f"HUB_{name.upper()}")
        if given is not None:
            values[name] = [part.strip() for part in given.split(",") if part.strip()] if name == "outgoing" else given
    return validate(Located(located.file, values, located.lines), Settings)


def read_yaml(file: Path) -> Located:
    """Read and parse a YAML file; what cannot be read is a finding, not a traceback."""
    try:
        return parse(file.read_text(encoding="utf-8"), file=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Finding(str(file), 1, "", f"cannot be read: {error}")]) from None


def _resolve_paths(values: dict[str, Any], base: Path) -> None:
    """Paths in a file are relative to that file, wherever the hub is started from."""
    for name in ("district", "data_dir", "secrets_dir"):
        if isinstance(values.get(name), str):
            values[name] = str(base / values[name])
