"""What `hub doctor` looks at: each finding in plain words with its remedy. Nothing is sent to a department."""

import asyncio
import importlib.util
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cases.errors import ConfigError, HubError
from config.settings import Settings
from connectors.department import Department
from connectors.options import Tls
from connectors.wire.certificates import validities
from hub.app.opening import open_departments, open_office, open_store, references_of, secrets_dir
from hub.broker.rabbit import RabbitBroker
from hub.ports import Store
from hub.supervision.calendar import WorkCalendar

Level = Literal["ok", "warning", "error"]

_GIGABYTE = 1024**3
_DISK_LOW_BYTES = 5 * _GIGABYTE
_DISK_OUT_BYTES = 1 * _GIGABYTE
_CHECK_SECONDS = 20.0
_RENEWAL = timedelta(days=30)
_CLOCK_TOLERANCE = timedelta(minutes=1)
_NOTICE_MONTH = 11  # the State Council's notice for the next year is out by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing that was looked at."""

    about: str
    level: Level
    what: str
    remedy: str = ""


async def examine(settings: Settings, now: datetime | None = None) -> AsyncIterator[Advice]:
    """Look at everything these settings need, the cheap things first; one failure hides no other."""
    now = now or datetime.now(UTC)
    yield python()
    yield disk(settings.data_dir)
    for advice in secret_files(secrets_dir(settings)):
        yield advice
    yield calendar(now)
    yield district(settings)
    async for advice in _database(settings, now):
        yield advice
    yield await _broker(settings)
    async for advice in _departments(settings, now):
        yield advice


def python() -> Advice:
    """Look at the interpreter (an older one than 3.11 does not get this far) and the event loop."""
    version = ".".join(map(str, sys.version_info[:3]))
    if importlib.util.find_spec("uvloop") is None:
        remedy = "install uvloop where the platform has it"
        return Advice(about="python", level="warning", what=f"{version} without uvloop: slower", remedy=remedy)
    return Advice(about="python", level="ok", what=version)


def disk(data_dir: Path, usage: Callable[[Path], "shutil._ntuple_diskusage"] = shutil.disk_usage) -> Advice:
    """Look at the room left where database and files grow."""
    place = next(path for path in (data_dir.absolute(), *data_dir.absolute().parents) if path.exists())
    free = usage(place).free
    what = f"{free / _GIGABYTE:.1f} GB free at {data_dir}"
    if free < _DISK_LOW_BYTES:
        level: Level = "error" if free < _DISK_OUT_BYTES else "warning"
        return Advice(about="disk", level=level, what=what, remedy="make room, or move data_dir to a larger disk")
    return Advice(about="disk", level="ok", what=what)


def secret_files(folder: Path) -> list[Advice]:
    """Look at who else on this machine can read keys and passwords."""
    if not folder.is_dir():
        return [Advice(about="secrets", level="ok", what=f"{folder} will be made on first start")]
    if folder.stat().st_mode & 0o007 == 0:
        return [Advice(about="secrets", level="ok", what=f"{folder} is closed to others")]
    open_files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.stat().st_mode & 0o007]
    if not open_files:
        return [Advice(about="secrets", level="ok", what=f"the files in {folder} are closed to others")]
    return [
        Advice(about="secrets", level="error", what=f"everybody can read {file}", remedy=f"chmod 600 {file}")
        for file in open_files
    ]


def calendar(now: datetime, days: WorkCalendar | None = None) -> Advice:
    """Look whether legal time limits can be counted."""
    days, today = days or WorkCalendar(), now.date()
    remedy = "install a newer release of chinesecalendar (it follows the State Council's yearly notice)"
    if not days.covers(today):
        what = f"no working days are known for {today.year}: no limit can be counted"
        return Advice(about="calendar", level="error", what=what, remedy=remedy)
    if today.year > days.official_until or (today.month >= _NOTICE_MONTH and today.year == days.official_until):
        what = f"official until {days.official_until}; limits beyond are provisional"
        return Advice(about="calendar", level="warning", what=what, remedy=remedy)
    return Advice(about="calendar", level="ok", what=f"official until {days.official_until}")


def district(settings: Settings) -> Advice:
    """Look whether catalogue and routes can be read."""
    try:
        open_office(settings.district)
    except ConfigError as error:
        remedy = f"correct these lines, then run: hub config lint {settings.district}"
        return Advice(about="district", level="error", what=str(error), remedy=remedy)
    return Advice(about="district", level="ok", what=f"{settings.district} can be read")


async def _database(settings: Settings, now: datetime) -> AsyncIterator[Advice]:
    if (file := _missing_sqlite(settings.database)) is not None:  # looking must not make it
        yield Advice(about="database", level="ok", what=f"{file} will be made on first start")
        return
    try:
        store = await open_store(settings)
    except HubError as error:
        remedy = "check that it runs and `database` in the settings (user, password, host)"
        yield Advice(about="database", level="error", what=str(error), remedy=remedy)
        return
    try:
        yield Advice(about="database", level="ok", what="reachable, with this version's tables")
        yield await clock(store, now, installed=_installed())
    finally:
        await store.close()


def _missing_sqlite(url: str) -> Path | None:
    file = Path(url.removeprefix("sqlite:///"))
    return file if url.startswith("sqlite:///") and not file.exists() else None


def _installed() -> datetime:
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)


async def clock(store: Store, now: datetime, *, installed: datetime) -> Advice:
    """Look whether the machine's clock has gone back behind what the hub itself has recorded."""
    remedy = "switch on time synchronisation (NTP) on every machine of the hub"
    newest = await store.cases(caller=None, state=None, department=None, after=None, limit=1)
    behind = newest[0].received_at - now if newest else timedelta()
    if behind > _CLOCK_TOLERANCE:
        what = f"it runs {behind} behind the newest case"
        return Advice(about="clock", level="error", what=what, remedy=remedy)
    if installed - now > _CLOCK_TOLERANCE:
        return Advice(about="clock", level="error", what=f"it says {now:%F}, before the hub came here", remedy=remedy)
    return Advice(about="clock", level="ok", what=f"{now.astimezone():%F %T %z}")


async def _broker(settings: Settings) -> Advice:
    if settings.embedded:  # its messages are rows of that database; a hub that runs is not to be disturbed
        return Advice(about="broker", level="ok", what="embedded, in the database")
    try:
        broker = await RabbitBroker.open(settings.broker)
        try:
            await broker.ping()
        finally:
            await broker.close()
    except HubError as error:
        remedy = "check that RabbitMQ runs and `broker` in the settings (user, password, host, virtual host)"
        return Advice(about="broker", level="error", what=str(error), remedy=remedy)
    return Advice(about="broker", level="ok", what="reachable")


async def _departments(settings: Settings, now: datetime) -> AsyncIterator[Advice]:
    if not settings.outgoing:
        yield Advice(
            about="outgoing",
            level="warning",
            what="the hub may call no address at all",
            remedy="list the departments' hosts under `outgoing` in the settings",
        )
    registry = open_departments(settings)
    try:
        for key, findings in registry.findings.items():
            for finding in findings:
                remedy = f"correct it, then run: hub connector lint {settings.district / 'departments' / key}"
                yield Advice(about=f"department {key}", level="error", what=str(finding), remedy=remedy)
        departments = list(registry.departments.items())
        for key, department in departments:
            tls = getattr(department.loaded.endpoint, "tls", Tls())
            named = Tls.model_validate(references_of(settings).fill(tls.model_dump()))
            for advice in certificates(f"department {key}", named, now):
                yield advice
        answers = await asyncio.gather(*(_department(key, department) for key, department in departments))
        for advices in answers:
            for advice in advices:
                yield advice
    finally:
        await registry.close()


def certificates(about: str, tls: Tls, now: datetime) -> list[Advice]:
    """Look how long the certificates of a connection hold, before the department's system refuses the hub."""
    remedy = "put a renewed certificate in its place and restart the hub"
    try:
        found = list(validities(tls))
    except (OSError, ValueError) as error:
        what = f"a certificate cannot be read: {error}"
        return [Advice(about=about, level="error", what=what, remedy="give a readable file in PEM form")]
    advices = []
    for one in found:
        level: Level = "error" if one.ends_at <= now else "warning" if one.ends_at - now < _RENEWAL else "ok"
        word = "ended" if level == "error" else "holds until"
        what = f"{one.file} {word} {one.ends_at:%F}"
        advices.append(Advice(about=about, level=level, what=what, remedy="" if level == "ok" else remedy))
    return advices


async def _department(key: str, department: Department) -> list[Advice]:
    about, owner = f"department {key}", department.pack.department.owner
    ask = f"ask {owner.name}" + (f" ({owner.phone})" if owner.phone else "")
    started = time.monotonic()
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            findings = await department.connector.check()
    except TimeoutError:
        what = f"no answer within {_CHECK_SECONDS:g} seconds"
        return [Advice(about=about, level="error", what=what, remedy=ask)]
    except HubError as error:
        return [Advice(about=about, level="error", what=str(error), remedy=ask)]
    if findings:
        return [
            Advice(about=about, level=finding.severity, what=f"{finding.key}: {finding.what}", remedy=ask)
            for finding in findings
        ]
    milliseconds = 1000 * (time.monotonic() - started)
    return [Advice(about=about, level="ok", what=f"answers ({milliseconds:.0f} ms)")]
