"""Goes and gets: polls departments and looks into result folders, each at its own rhythm."""

import asyncio
import logging
from collections.abc import Mapping

from cases.errors import HubError
from connectors.contract import Pending
from connectors.department import Department
from hub.flow.report import Report
from hub.ports import Store

log = logging.getLogger(__name__)


class Fetch:
    """Brings statuses of departments that do not call by themselves."""

    def __init__(
        self,
        *,
        store: Store,
        departments: Mapping[str, Department],
        report: Report,
        every_seconds: float | None = None,
    ) -> None:
        """`every_seconds` stands in for every pack's own rhythm, where it is given."""
        self._store, self._departments, self._report = store, departments, report
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Visit every department that is fetched from, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for key, department in self._departments.items():
                if department.connector.capabilities.fetches:
                    group.create_task(self._visits(key, department), name=f"fetch {key}")
            await asyncio.Event().wait()  # a district whose departments all call by themselves needs no visits

    async def _visits(self, key: str, department: Department) -> None:
        while True:
            try:
                await self.visit(key, department)
            except HubError as error:
                log.warning("fetch_failed", extra={"connector": key, "reason": str(error)})
            except Exception:  # a connector's bug must not end the visits to it, nor to the others
                log.exception("fetch_broke", extra={"connector": key})
            await asyncio.sleep(self._every_seconds or department.pack.status.every_seconds)

    async def visit(self, key: str, department: Department) -> int:
        """Bring what waits there; return how many statuses came."""
        if department.pack.status.by != "poll":
            return await self._bring(key, department, [])
        count, after, size = 0, None, department.pack.status.batch
        while page := await self._store.awaiting(key, limit=size, after=after):
            pending = [Pending(case_no=w.case_no, foreign_no=w.foreign_no, since=w.since) for w in page]
            count += await self._bring(key, department, pending)
            after = page[-1].case_no
        return count

    async def _bring(self, key: str, department: Department, pending: list[Pending]) -> int:
        count = 0
        async for incoming in department.connector.fetch(pending):
            await self._report.file(key, incoming)
            count += 1
        return count
