"""A district on one machine: simulated departments and hub processes on free loopback ports, started and ended by pid.

`hub demo`, `hub run --simulate`, the kill tests and the benchmarks all stand on it.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cases.errors import HubError
from config.settings import REFERENCE_DISTRICT

_START_SECONDS = 30.0
_STOP_SECONDS = 30.0


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Process:
    """A child of ours: its command, its environment, where it writes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    running: asyncio.subprocess.Process | None = None

    async def start(self, *, pipe: bool = False) -> None:
        """Start it; its output is appended to its log."""
        with self.log.open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                *self.command,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if pipe else log,
                stderr=log,
            )

    async def stop(self) -> int:
        """Ask it to end, and end it if it does not; return its exit code."""
        process = self.running
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            return await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            return process.returncode or -signal.SIGKILL

    async def kill(self) -> None:
        """End it without a chance to clean up."""
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError):
                self.running.kill()
            await self.running.wait()

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@dataclass(slots=True, kw_only=True)
class Lab:
    """Simulated departments and a hub around one folder."""

    folder: Path
    database: str = ""
    broker: str = "embedded"
    pace: float = 1.0
    seed: int = 1
    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)  # department → NAME=RATE or NAME@N
    denied_share: float = 0.1
    apart: Sequence[str] = ("api", "worker", "clock")  # processes where the broker is no embedded one
    settings: Mapping[str, str] = field(default_factory=dict)  # further HUB_… variables
    departments: dict[str, Process] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    hub: dict[str, Process] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where this hub is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def processes(self) -> Sequence[str]:
        """The hub's processes by their roles: one for the embedded hub."""
        return ("all",) if self.broker == "embedded" else self.apart

    @property
    def destinations(self) -> list[str]:
        """Every destination that this hub's deliveries can have."""
        district = Path(self.settings.get("HUB_DISTRICT", REFERENCE_DISTRICT))
        return ["webhook", *(path.parent.name for path in (district / "departments").glob("*/connector.yaml"))]

    def book(self, department: str) -> Path:
        """Return the department's own book, to compare the hub with."""
        return self.folder / f"{department}.db"

    async def start_departments(self, keys: Sequence[str]) -> None:
        """Start the simulated departments and wait until each says where it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.gather(*(self._start_department(key) for key in keys))

    async def _start_department(self, key: str) -> None:
        command = [sys.executable, "-m", "connectors.simulate", key, "--book", str(self.book(key))]
        command += ["--pace", str(self.pace), "--seed", str(self.seed), "--denied-share", str(self.denied_share)]
        for fault in self.faults.get(key, ()):
            command += ["--fault", fault]
        command += self._department_options(key)
        process = Process(key, command, self._secrets(), self.folder / f"{key}.log")
        await process.start(pipe=True)
        self.departments[key] = process
        self.facts[key] = await self._first_line(process)

    def _department_options(self, key: str) -> list[str]:
        if key == "public-security":
            return ["--folder", str(self.folder / "public-security")]
        if key == "market-supervision":
            return ["--port", "0", "--callback", f"{self.url}/v1/callbacks/market-supervision"]
        return ["--port", "0"]

    async def _first_line(self, process: Process) -> dict[str, Any]:
        assert process.running is not None
        assert process.running.stdout is not None
        try:
            line = await asyncio.wait_for(process.running.stdout.readline(), _START_SECONDS)
            facts: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError):
            raise HubError(f"the simulated {process.name} did not start:\n{process.tail()}") from None
        return facts

    def _secrets(self) -> dict[str, str]:
        """Return the secrets that hub and departments share; made once per folder."""
        file = self.folder / "shared-secrets.json"
        if not file.exists():
            names = ("MARKET_SUPERVISION_TOKEN", "MARKET_SUPERVISION_CALLBACK_TOKEN")
            file.write_text(json.dumps({f"HUB_SECRET_{name}": secrets.token_hex(16) for name in names}))
            file.chmod(0o600)
        shared: dict[str, str] = json.loads(file.read_text())
        return shared

    def environment(self) -> dict[str, str]:
        """Return what the hub's processes are told."""
        told = {
            "HUB_DATA_DIR": str(self.folder / "hub"),
            "HUB_BROKER": self.broker,
            "HUB_LISTEN_PORT": str(self.port),
            "HUB_PUBLIC_URL": self.url,
            "HUB_OUTGOING": "127.0.0.1",
            "HUB_LOG": "json",
            "HUB_FETCH_EVERY_SECONDS": "0.5",
            **self._secrets(),
            **self.settings,
        }
        if self.database:
            told["HUB_DATABASE"] = self.database
        for key, facts in self.facts.items():
            name = key.replace("-", "_").upper()
            told.update({f"{name}_{what.upper()}": facts[what] for what in ("url", "folder") if what in facts})
        return told

    async def start_hub(self) -> None:
        """Start the hub's processes and wait until it is ready."""
        for name in self.processes:
            command = [sys.executable, "-m", "hub.cli.main", "run"]
            command += [part for role in name.split("+") for part in ("--role", role)]
            self.hub[name] = Process(f"hub {name}", command, self.environment(), self.folder / f"hub-{name}.log")
            await self.hub[name].start()
            if name in ("all", "api"):  # it migrates; the others find a schema
                await self.ready()

    async def ready(self) -> None:
        """Wait until the hub answers that it is ready."""
        import httpx

        process = self.hub.get("all") or self.hub["api"]
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        async with httpx.AsyncClient(base_url=self.url, timeout=2) as client:
            while asyncio.get_running_loop().time() < deadline:
                if process.running is not None and process.running.returncode is not None:
                    raise HubError(f"the hub ended while starting:\n{process.tail()}")
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise HubError(f"the hub was not ready after {_START_SECONDS:g} s:\n{process.tail()}")

    async def create_key(self, scope: str) -> str:
        """Make a bearer key and return it."""
        command = [sys.executable, "-m", "hub.cli.main", "key", "create", "--scope", scope, "--label", scope, "--json"]
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **self.environment()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        if child.returncode != 0:
            raise HubError(f"no key could be made: {err.decode().strip()}")
        key: str = json.loads(out)["key"]
        return key

    async def stop(self) -> None:
        """End everything that this lab started, the hub first."""
        await asyncio.gather(*(process.stop() for process in self.hub.values()))
        await asyncio.gather(*(process.stop() for process in self.departments.values()))
