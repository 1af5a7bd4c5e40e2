"""Group commit: concurrent writes share a transaction.

A group is what came in while the last commit ran, so nobody waits for a group to fill. Where a group fails, its
members are tried one by one: a bad one fails alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.errors import Unavailable
from hub.store.database import Database, Tx

#: Carries out requests of one kind inside a transaction; an exception as a result is that member's own answer.
Handler = Callable[[Tx, Sequence[Any]], Awaitable[Sequence[Any]]]


@dataclass(slots=True, eq=False)
class _Job:
    kind: str
    request: Any
    done: asyncio.Future[Any]


class Writer:
    """A queue of writes in front of one transaction at a time."""

    def __init__(
        self, database: Database, handlers: Mapping[str, Handler], *, group_limit: int = 64, queue_limit: int = 10_000
    ) -> None:
        self._database, self._handlers = database, handlers
        self._group_limit, self._queue_limit = group_limit, queue_limit
        self._waiting: deque[_Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def submit(self, kind: str, request: Any) -> Any:
        """Return the request's result once it is durable.

        Raises:
            Unavailable: the queue is full, the writer is closed or the database cannot be reached.
        """
        if self._closed:
            raise Unavailable("the store is closing; try again in a moment")
        if len(self._waiting) >= self._queue_limit:
            raise Unavailable("the database cannot keep up with what comes in; try again in a moment")
        job = _Job(kind, request, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="store-writer")
        return await job.done

    async def close(self) -> None:
        """Write what waits, then accept nothing more."""
        self._closed = True
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        try:
            while group := self._next_group():
                await self._commit(group)
        finally:
            self._task = None

    def _next_group(self) -> list[_Job]:
        group: list[_Job] = []
        while self._waiting and len(group) < self._group_limit:
            job = self._waiting.popleft()
            if not job.done.done():  # its caller gave up before it was begun
                group.append(job)
        return group

    async def _commit(self, group: Sequence[_Job]) -> None:
        try:
            results = await self._database.transact(lambda tx: self._carry_out(tx, group))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            if len(group) == 1 or isinstance(error, Unavailable):
                for job in group:
                    _answer(job, error)
                return
            for job in group:
                await self._commit([job])
        else:
            for job, result in results:
                _answer(job, result)

    async def _carry_out(self, tx: Tx, group: Sequence[_Job]) -> list[tuple[_Job, Any]]:
        results: list[tuple[_Job, Any]] = []
        for kind, handler in self._handlers.items():
            jobs = [job for job in group if job.kind == kind]
            if jobs:
                results.extend(zip(jobs, await handler(tx, [job.request for job in jobs]), strict=True))
        return results


def _answer(job: _Job, result: Any) -> None:
    if job.done.done():
        return
    if isinstance(result, Exception):
        job.done.set_exception(result)
    else:
        job.done.set_result(result)
