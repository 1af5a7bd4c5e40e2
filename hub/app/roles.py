"""What one process of the hub does."""

from enum import StrEnum


class Role(StrEnum):
    """`all` is the embedded default; the others run on as many hosts as wanted."""

    ALL = "all"
    API = "api"
    WORKER = "worker"
    CLOCK = "clock"

    @property
    def serves(self) -> bool:
        """Whether this process answers HTTP calls of portals and departments."""
        return self in (Role.ALL, Role.API)

    @property
    def works(self) -> bool:
        """Whether this process delivers."""
        return self in (Role.ALL, Role.WORKER)

    @property
    def keeps_time(self) -> bool:
        """Whether this process sweeps, polls and looks into result folders."""
        return self in (Role.ALL, Role.CLOCK)
