"""The API over the real store, the real door and the reference district, without a broker or a network."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from cases.delivery import DeliveryRef
from cases.moments import local_day
from cases.submission import Submission
from config.catalogue import read_district
from config.settings import REFERENCE_DISTRICT
from connectors.contract import Call, CallReply
from connectors.source_pack import load_sources
from connectors.wire.egress import Egress
from hub.api.app import build_api
from hub.api.keys import make_key
from hub.api.services import Bounds, Services
from hub.flow.submit import Numbering, Submit
from hub.store.files import FileStore
from hub.store.opening import open_store
from hub.store.store import SqlStore
from mappings.expressions import compile_condition
from monitoring.health import Health
from monitoring.metrics import Metrics
from router.catalogue import Catalogue
from router.district import load_departments, load_district
from router.table import Explanation, RoutingTable

PUBLIC_URL = "http://hub.example"
KEYS = (
    *("portal", "ops", "auditor", "admin", "sync", "portal sync"),
    *("department:civil-affairs", "department:market-supervision", "portal department:market-supervision"),
)
CASES = REFERENCE_DISTRICT / "cases"


async def _known_everywhere() -> None:
    """There is only this process."""


@cache
def district() -> tuple[Catalogue, RoutingTable]:
    """The reference district, read once for all tests."""
    files = read_district(REFERENCE_DISTRICT)
    catalogue = Catalogue.load(
        files.items, district=load_district(files.district), departments=load_departments(files.departments)
    )
    return catalogue, RoutingTable.load(files.routes, catalogue=catalogue, compile_condition=compile_condition)


def example(name: str = "old-age") -> dict[str, Any]:
    value: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    return value


class SetClock:
    """A clock the test sets; every reading is a little later."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class Desk:
    """One open API with a key of each scope."""

    services: Services
    store: SqlStore
    database: Path
    clock: SetClock
    client: httpx.AsyncClient
    committed: list[DeliveryRef]
    calls: list[tuple[str, Call]]
    callback_reply: CallReply = field(default_factory=lambda: CallReply(status=200, body=b"SUCCESS"))
    tokens: dict[str, str] = field(default_factory=dict)

    def key(self, *scopes: str) -> str:
        """Return the token that holds exactly these scopes."""
        return self.tokens[" ".join(scopes)]

    async def call(
        self, method: str, path: str, *, scope: str | None = "portal", headers: Mapping[str, str] = {}, **how: Any
    ) -> httpx.Response:
        """Call as a holder of a scope; None: without a key."""
        own = {"authorization": f"Bearer {self.key(scope)}"} if scope else {}
        return await self.client.request(method, path, headers={**own, **headers}, **how)

    async def submit(self, document: Any = None, **how: Any) -> httpx.Response:
        return await self.call("POST", "/v1/cases", json=example() if document is None else document, **how)

    async def case_count(self) -> int:
        """Count what is in the database, past every layer of ours."""
        with closing(sqlite3.connect(self.database)) as connection:
            return int(connection.execute("SELECT count(*) FROM cases").fetchone()[0])


_template: list[bytes] = []


async def fresh_database(path: Path) -> None:
    """Lay down an empty database of this version; migrated once for all tests."""
    if not _template:
        store = await open_store(f"sqlite:///{path}", data_keys=[bytes(32)])
        await store.close()
        _template.append(path.read_bytes())
    path.write_bytes(_template[0])


@asynccontextmanager
async def open_desk(folder: Path, *, bounds: Bounds | None = None, sources: Path | None = None) -> AsyncIterator[Desk]:
    """Open an API over a fresh store in a folder."""
    clock, metrics = SetClock(), Metrics()
    catalogue, routes = district()
    await fresh_database(folder / "hub.db")
    store = await open_store(f"sqlite:///{folder / 'hub.db'}", data_keys=[bytes(32)])
    files = FileStore(folder / "files")
    committed: list[DeliveryRef] = []
    calls: list[tuple[str, Call]] = []
    submit = Submit(
        store=store,
        catalogue=lambda: catalogue,
        routes=lambda: routes,
        live=lambda: {"civil-affairs", "market-supervision", "public-security"},
        limits=lambda _item, _day: (None, None),
        numbering=Numbering(district="430202", secret=b"n" * 32, public_url=PUBLIC_URL),
        clock=clock,
        committed=committed.extend,
        metrics=metrics,
    )

    async def callback(key: str, call: Call) -> CallReply:
        calls.append((key, call))
        return desk.callback_reply

    def explain(submission: Submission) -> Explanation:
        day = local_day(clock.now())
        return routes.explain(submission, catalogue.in_force(submission.item_code, day), day)

    def may_notify(url: str) -> None:
        parsed = httpx.URL(url)
        Egress(["portal.example", "127.0.0.1"]).check_host(parsed.host, parsed.port or 80)

    services = Services(
        store=store,
        files=files,
        clock=clock,
        submit=submit,
        callback=callback,
        catalogue=lambda: catalogue,
        explain=explain,
        packs=dict,
        sources=load_sources(sources or REFERENCE_DISTRICT / "sources"),
        may_notify=may_notify,
        everywhere=_known_everywhere,
        metrics=metrics,
        health=Health({"store": store.ping}),
        public_url=PUBLIC_URL,
        bounds=bounds or Bounds(),
    )
    app = build_api(services)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        desk = Desk(services, store, folder / "hub.db", clock, client, committed, calls)
        for scopes in KEYS:
            kept, desk.tokens[scopes] = make_key(scopes.split(), label=scopes, now=clock.now())
            await store.add_key(kept)
        yield desk
    await store.close()
