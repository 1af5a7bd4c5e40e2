"""Alive: the process answers. Ready: everything it depends on answers too, or the reason why not, in plain words."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cases.errors import HubError

#: Returns where all is well; raises a HubError that says what is wrong and what to do.
Check = Callable[[], Awaitable[None]]

CHECK_SECONDS = 2.0
OK = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`parts` says `ok` or the reason, for each thing the process depends on."""

    parts: Mapping[str, str]

    @property
    def ready(self) -> bool:
        """True where every part is well."""
        return all(state == OK for state in self.parts.values())


class Health:
    """What one process depends on. Being alive depends on nothing: a restart never cures another system's outage."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self.checks = dict(checks)

    async def ready(self) -> Readiness:
        """Ask every part at once, each within CHECK_SECONDS."""
        states = await asyncio.gather(*(_state(check) for check in self.checks.values()))
        return Readiness(dict(zip(self.checks, states, strict=True)))


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} seconds"
    except HubError as error:
        return str(error)
    return OK
