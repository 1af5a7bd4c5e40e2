"""The simulated civil affairs system as a process of its own, started as the demonstration starts it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from cases.outcome import Accepted, Again, Refused, Unknown
from tests.connectors.packs import department, parcel


@contextmanager
def running(book: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    command = [sys.executable, "-m", "connectors.simulate", "civil-affairs", "--book", str(book), "--pace", "0.01"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process, orjson.loads(process.stdout.readline())
        finally:
            process.terminate()


async def test_what_was_filed_survives_the_death_of_the_system(tmp_path: Path) -> None:
    book = tmp_path / "book.db"
    with running(book) as (process, facts):
        bureau = department("civil-affairs", {"CIVIL_AFFAIRS_URL": str(facts["url"])})
        filed, other = parcel(bureau, "old-age", 1), parcel(bureau, "cremation", 2)
        assert isinstance(await bureau.connector.send(filed), Accepted)
        process.kill()
        process.wait()
        assert isinstance(await bureau.connector.send(other), (Again, Unknown))
        await bureau.connector.close()
    with running(book) as (_, facts):
        bureau = department("civil-affairs", {"CIVIL_AFFAIRS_URL": str(facts["url"])})
        found = await bureau.connector.lookup(filed)
        assert isinstance(found, Accepted)
        assert found.number == "MZ0000000001"
        await bureau.connector.close()


async def test_faults_come_as_ordered_and_the_contract_is_shown(tmp_path: Path) -> None:
    with running(tmp_path / "book.db", "--fault", "refuse@1", "--fault", "breakdown@2") as (process, facts):
        url = str(facts["url"])
        bureau = department("civil-affairs", {"CIVIL_AFFAIRS_URL": url})
        first, second = parcel(bureau, "old-age", 1), parcel(bureau, "minimum-living", 2)
        assert isinstance(await bureau.connector.send(first), Refused)
        assert isinstance(await bureau.connector.send(second), Unknown)
        assert isinstance(await bureau.connector.lookup(second), Accepted)
        await bureau.connector.close()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{url}?wsdl")).content == bureau.loaded.files["service.wsdl"]
        process.terminate()
        assert process.wait(timeout=10) == 0
