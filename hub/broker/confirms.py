"""Which published messages are out, and what the broker said of each. Pure bookkeeping of one channel."""

import asyncio
from collections.abc import Callable, Iterable
from enum import Enum


class Fate(Enum):
    """What became of a published message."""

    OPEN = "open"  # the broker has not said yet
    CONFIRMED = "confirmed"  # it lies safely in a queue
    RETURNED = "returned"  # no queue takes it
    REFUSED = "refused"  # the broker could not keep it
    LOST = "lost"  # the connection went before the answer: it may or may not be there


class Batch:
    """Messages published together; `done` is set when each has its fate."""

    def __init__(self, count: int) -> None:
        self.fates = [Fate.OPEN] * count
        self.done = asyncio.Event()
        self._open = count

    def settle(self, index: int, fate: Fate) -> None:
        """Note the fate of one message."""
        self.fates[index] = fate
        self._open -= 1
        if not self._open:
            self.done.set()


class Confirms:
    """The window of one confirming channel: at most `window` messages are out at once."""

    def __init__(self, window: int) -> None:
        self._room = asyncio.Semaphore(window)
        self._last_tag = 0
        self._out: dict[int, tuple[Batch, int, bytes]] = {}  # by tag, which grows
        self._returned: set[bytes] = set()
        self._is_lost = False

    async def send(self, batch: Batch, index: int, body: bytes, publish: Callable[[bytes], None]) -> None:
        """Publish one message as soon as the window has room; its fate comes later."""
        await self._room.acquire()
        if self._is_lost:
            self._room.release()
            batch.settle(index, Fate.LOST)
            return
        try:
            publish(body)
        except BaseException:
            self._room.release()
            raise
        self._last_tag += 1
        self._out[self._last_tag] = (batch, index, body)

    def returned(self, body: bytes) -> None:
        """No queue took this message; the confirm that follows it means nothing."""
        self._returned.add(body)

    def answered(self, tag: int, *, multiple: bool, kept: bool) -> None:
        """The broker kept a message, or all up to this one, or says that it could not."""
        for answered in list(self._up_to(tag)) if multiple else (tag,):
            self._settle(answered, Fate.CONFIRMED if kept else Fate.REFUSED)

    def lost(self) -> None:
        """The channel is gone: nothing that is out will be answered."""
        self._is_lost = True
        for tag in list(self._out):
            self._settle(tag, Fate.LOST)

    def _up_to(self, tag: int) -> Iterable[int]:
        for out in self._out:
            if out > tag:
                return
            yield out

    def _settle(self, tag: int, fate: Fate) -> None:
        batch, index, body = self._out.pop(tag)
        if body in self._returned:
            self._returned.discard(body)
            fate = Fate.RETURNED if fate is Fate.CONFIRMED else fate
        self._room.release()
        batch.settle(index, fate)
