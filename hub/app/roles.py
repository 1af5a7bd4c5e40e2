"""What one process of the hub does."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """`all` is the embedded default; the others run on as many hosts as wanted."""

    ALL = "all"
    API = "api"
    WORKER = "worker"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one process: one of them, or several together."""

    roles: frozenset[Role]

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the roles with these names.

        Raises:
            ValueError: a name of no role.
        """
        return cls(frozenset(map(Role, names)))

    def __str__(self) -> str:
        return "+".join(role for role in Role if role in self.roles)

    @property
    def serves(self) -> bool:
        """Whether this process answers HTTP calls of portals and departments."""
        return not self.roles.isdisjoint({Role.ALL, Role.API})

    @property
    def works(self) -> bool:
        """Whether this process delivers."""
        return not self.roles.isdisjoint({Role.ALL, Role.WORKER})

    @property
    def keeps_time(self) -> bool:
        """Whether this process sweeps, polls and looks into result folders."""
        return not self.roles.isdisjoint({Role.ALL, Role.CLOCK})
