"""The part of the Compose specification that our file uses, strictly: an option that is not here is a mistake."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Duration = Annotated[str, Field(pattern=r"^\d+(ms|s|m|h)$")]
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$")]
Word = Annotated[str, Field(min_length=1)]


class Build(Strict):
    context: Word
    dockerfile: Word


class Healthcheck(Strict):
    test: Annotated[list[Word], Field(min_length=2)]
    interval: Duration
    timeout: Duration
    retries: Annotated[int, Field(ge=1)]
    start_period: Duration | None = None


class DependsOn(Strict):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class SecretMount(Strict):
    source: Name
    target: Word


class Service(Strict):
    image: Word
    build: Build | None = None
    command: list[Word] = []
    hostname: Name | None = None
    restart: Literal["no", "always", "on-failure", "unless-stopped"]
    read_only: bool = False
    tmpfs: list[Word] = []
    cap_drop: list[Word] = []
    security_opt: list[Word] = []
    stop_grace_period: Duration | None = None
    environment: dict[Name, str] = {}
    secrets: list[Name | SecretMount] = []
    volumes: list[Word] = []
    ports: list[Word] = []
    depends_on: dict[Name, DependsOn] = {}
    healthcheck: Healthcheck | None = None


class Secret(Strict):
    file: Word


class Volume(Strict):
    pass


class Compose(Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    services: dict[Name, Service]
    secrets: dict[Name, Secret]
    volumes: dict[Name, Volume]
