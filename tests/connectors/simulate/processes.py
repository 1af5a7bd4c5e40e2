"""Simulated departments as what they are: processes of their own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulator and what it said when it was ready."""

    process: asyncio.subprocess.Process
    facts: Mapping[str, Any]

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def simulated(key: str, *options: str, environment: Mapping[str, str]) -> AsyncIterator[Simulated]:
    """Start a simulator, wait until it is ready, and end it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "connectors.simulate", key, *options),
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), timeout=20)
        yield Simulated(process, orjson.loads(line))
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), timeout=10)
