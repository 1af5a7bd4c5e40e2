"""`hub doctor` as a person runs it, and what it says of each thing."""

import json
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.options import Tls
from hub.app import doctor
from hub.app.doctor import Advice
from tests.connectors.wire.test_tls import certificate
from tests.hub.cli.test_key_and_case import hub
from tests.services import free_port

NOW = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")


def _by_subject(out: str) -> dict[str, dict[str, str]]:
    return {finding["about"]: finding for finding in json.loads(out)["findings"]}


async def test_a_fresh_place_is_looked_at_without_making_anything(tmp_path: Path) -> None:
    _, out, _ = await hub("doctor", "--json", HUB_DATA_DIR=str(tmp_path / "var"))
    found = _by_subject(out)
    assert found["district"]["level"] == "ok"
    assert "will be made on first start" in found["database"]["what"]
    assert not (tmp_path / "var").exists()


async def test_a_department_whose_address_is_missing_is_named_with_its_remedy(tmp_path: Path) -> None:
    code, out, err = await hub("doctor", HUB_DATA_DIR=str(tmp_path))
    assert code == 1
    assert not err
    assert "CIVIL_AFFAIRS_URL" in out
    assert "-> correct it, then run: hub connector lint" in out


async def test_services_that_are_not_there_are_both_named_and_no_password_is_shown(tmp_path: Path) -> None:
    code, out, _ = await hub(
        "doctor",
        "--json",
        HUB_DATA_DIR=str(tmp_path),
        HUB_DATABASE=f"postgresql://hub:s3cret@127.0.0.1:{free_port()}/hub",
        HUB_BROKER=f"amqp://hub:s3cret@127.0.0.1:{free_port()}/%2F",
    )
    found = _by_subject(out)
    assert code == 1
    assert found["database"]["level"] == found["broker"]["level"] == "error"
    assert found["broker"]["remedy"]
    assert "s3cret" not in out


async def test_a_hub_that_ran_before_is_well(tmp_path: Path) -> None:
    code, *_ = await hub("key", "create", "--scope", "portal", HUB_DATA_DIR=str(tmp_path))
    assert code == 0
    _, out, _ = await hub("doctor", "--json", HUB_DATA_DIR=str(tmp_path))
    found = _by_subject(out)
    for about in ("database", "clock", "broker", "secrets"):
        assert found[about]["level"] == "ok", found[about]


async def test_real_services_are_reached(tmp_path: Path, database_url: str, amqp_url: str) -> None:
    _, out, _ = await hub(
        "doctor", "--json", HUB_DATA_DIR=str(tmp_path), HUB_DATABASE=database_url, HUB_BROKER=amqp_url
    )
    found = _by_subject(out)
    assert found["database"]["what"] == "reachable, with this version's tables"
    assert found["broker"]["what"] == "reachable"


async def test_settings_that_cannot_be_read_are_said_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("listen_port: many\nbrocker: embedded\n")
    code, _, err = await hub("doctor", "--config", str(tmp_path / "hub.yaml"))
    assert code == 1
    assert "hub.yaml:1" in err
    assert "hub.yaml:2" in err


@pytest.mark.parametrize(("free", "level"), [(100, "ok"), (3, "warning"), (0.5, "error")])
def test_the_disk_is_judged_by_what_is_left(tmp_path: Path, free: float, level: str) -> None:
    advice = doctor.disk(tmp_path / "not" / "yet", lambda _: Usage(0, 0, int(free * 1024**3)))
    assert advice.level == level
    assert bool(advice.remedy) == (level != "ok")


def test_the_disk_of_this_machine_can_be_asked(tmp_path: Path) -> None:
    said = float(doctor.disk(tmp_path).what.split()[0])
    assert said == pytest.approx(shutil.disk_usage(tmp_path).free / 1024**3, abs=2)  # others write meanwhile


class TestSecretFiles:
    def test_a_file_everybody_can_read_is_named_with_the_command_that_closes_it(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        open_file, closed = tmp_path / "civil_affairs_password", tmp_path / "data-key"
        for file, mode in ((open_file, 0o644), (closed, 0o600)):
            file.write_text("x")
            file.chmod(mode)
        (advice,) = doctor.secret_files(tmp_path)
        assert advice.level == "error"
        assert advice.remedy == f"chmod 600 {open_file}"

    def test_a_closed_folder_protects_what_is_in_it(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("x")
        (tmp_path / "key").chmod(0o644)
        tmp_path.chmod(0o700)
        (advice,) = doctor.secret_files(tmp_path)
        assert advice.level == "ok"


class TestCalendar:
    DAYS: Any = SimpleNamespace(official_until=2026, covers=lambda day: day.year <= 2027)

    @pytest.mark.parametrize(
        ("year", "month", "level"), [(2026, 3, "ok"), (2026, 11, "warning"), (2027, 2, "warning"), (2028, 1, "error")]
    )
    def test_it_must_cover_today_and_soon_the_next_year(self, year: int, month: int, level: str) -> None:
        advice = doctor.calendar(datetime(year, month, 2, tzinfo=UTC), self.DAYS)
        assert advice.level == level


class TestClock:
    @staticmethod
    async def _clock(newest: datetime | None, installed: datetime = NOW - timedelta(days=1)) -> Advice:
        async def cases(**_: object) -> list[Any]:
            return [SimpleNamespace(received_at=newest)] if newest else []

        store: Any = SimpleNamespace(cases=cases)
        return await doctor.clock(store, NOW, installed=installed)

    async def test_a_clock_behind_the_newest_case_is_an_error(self) -> None:
        advice = await self._clock(NOW + timedelta(hours=1))
        assert advice.level == "error"
        assert "1:00:00 behind" in advice.what

    async def test_a_clock_before_the_installation_is_an_error(self) -> None:
        assert (await self._clock(None, NOW + timedelta(days=400))).level == "error"

    async def test_a_clock_in_step_is_well(self) -> None:
        assert (await self._clock(NOW - timedelta(seconds=1))).level == "ok"


def test_a_certificate_is_announced_before_it_ends(tmp_path: Path) -> None:
    issuer, own = certificate(tmp_path, "bureau")[0], certificate(tmp_path, "hub")[0]  # each holds for an hour
    tls, now = Tls(ca_file=issuer, certificate_file=own), datetime.now(UTC)

    def levels(at: datetime) -> list[str]:
        return [advice.level for advice in doctor.certificates("department x", tls, at)]

    assert levels(now - timedelta(days=60)) == ["ok", "ok"]
    assert levels(now) == ["warning", "warning"]
    assert levels(now + timedelta(hours=2)) == ["error", "error"]
    ended = doctor.certificates("department x", tls, now + timedelta(hours=2))[1]
    assert own in ended.what
    assert "renewed" in ended.remedy


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_bytes(content)
    (advice,) = doctor.certificates("department x", Tls(certificate_file=str(file)), NOW)
    assert advice.level == "error"
    assert advice.remedy
