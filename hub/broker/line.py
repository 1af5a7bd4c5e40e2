"""A connection that comes back: replaced, after growing pauses, whenever it is lost."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from cases.errors import Unavailable
from hub.broker.amqp import Address, Link
from monitoring.events import BrokerBack, BrokerLost
from monitoring.metrics import Metrics

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

#: Makes a fresh link ready for use; Unavailable where that fails.
Prepare = Callable[[Link], Awaitable[None]]


async def _as_it_is(_link: Link) -> None:
    return None


class Line:
    """Holds the living link, or the reason why there is none.

    Args:
        address: where RabbitMQ is.
        name: what the line is for; said when it is lost or back.
        prepare: what is to be done with each fresh link before it is used.
    """

    def __init__(self, address: Address, name: str, metrics: Metrics, prepare: Prepare = _as_it_is) -> None:
        self._address, self._name, self._metrics, self._prepare = address, name, metrics, prepare
        self._link: Link | None = None
        self._why_down = "not connected yet"
        self._is_up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect for the first time and keep it up from then on.

        Raises:
            Unavailable: the first attempt failed.
        """
        await self._connect()
        self.begin()

    def begin(self) -> None:
        """Keep it up in the background, without waiting for the first link."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"amqp-{self._name}")

    def now(self) -> Link:
        """Return the living link.

        Raises:
            Unavailable: there is none; the message says why.
        """
        if self._link is None:
            raise Unavailable(f"RabbitMQ at {self._address} cannot be reached: {self._why_down}")
        return self._link

    async def up(self) -> Link:
        """Wait for a living link."""
        while self._link is None:
            await self._is_up.wait()
        return self._link

    async def close(self, seconds: float) -> None:
        """Close for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        link = self._link
        self._down("closed by the hub")
        if link is not None:
            await link.close(seconds)

    async def _connect(self) -> None:
        link = await Link.open(self._address)
        try:
            await self._prepare(link)
        except BaseException:
            link.drop()
            raise
        self._link = link
        self._is_up.set()
        BrokerBack(connection=self._name).emit(self._metrics)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                if self._link is None:
                    await self._connect()
                await asyncio.wait([self.now().closed])
                self._lost(self.now().closed.result())
                pause = _FIRST_PAUSE_SECONDS
            except Unavailable as error:
                self._why_down = str(error)
            except Exception:  # a fault of ours must not leave the line down for good
                log.exception("connection_not_kept", extra={"connection": self._name})
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter: workers must not come in step
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _lost(self, why: str) -> None:
        self._down(why)
        BrokerLost(connection=self._name, reason=why).emit(self._metrics)

    def _down(self, why: str) -> None:
        self._link, self._why_down = None, why
        self._is_up.clear()
