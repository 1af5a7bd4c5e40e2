"""Drivers are imported only by the room that owns them; pure rooms touch nothing of the world."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: driver → the places that may import it.
OWNERS = {
    "pika": ("hub/broker/amqp.py",),
    "sqlalchemy": ("hub/store/",),
    "alembic": ("hub/store/",),
    "asyncpg": ("hub/store/",),
    "sqlite3": ("hub/store/", "connectors/simulate/"),
    "aiosqlite": ("hub/store/",),
    "zeep": ("connectors/",),
    "lxml": ("connectors/",),
    "httpx": ("connectors/", "hub/cli/"),
    "aiohttp": ("connectors/", "hub/cli/"),
    "starlette": ("hub/api/",),
    "uvicorn": ("hub/app/server.py", "connectors/simulate/"),
    "openpyxl": ("config/",),
    "prometheus_client": ("monitoring/", "hub/api/"),
    "typer": ("hub/cli/",),
    "rich": ("hub/cli/",),
}
PURE = ("cases", "mappings", "router", "retry")
#: The world, as far as pure rooms are concerned.
WORLD = {
    "asyncio",
    "socket",
    "subprocess",
    "threading",
    "random",
    "secrets",
    "sqlite3",
    "os",
    "time",
    "httpx",
    "aiohttp",
}


def _sources() -> Iterator[Path]:
    for package in ("cases", "config", "mappings", "router", "retry", "monitoring", "connectors", "hub"):
        yield from (ROOT / package).rglob("*.py")


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("driver", sorted(OWNERS))
def test_a_driver_is_imported_only_by_its_owner(driver: str) -> None:
    users = [str(path.relative_to(ROOT)) for path in _sources() if driver in _imports(path)]
    strangers = [user for user in users if not user.startswith(OWNERS[driver])]
    assert not strangers


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_touches_nothing_of_the_world(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        assert not _imports(path) & WORLD, path


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_never_asks_what_time_it_is(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today"}, f"{path}:{node.lineno}"
