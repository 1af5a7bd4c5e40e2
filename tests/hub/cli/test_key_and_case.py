"""`hub key` and `hub case` as a person runs them: separate processes, plain words, exit codes."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from hub.api.app import build_api
from tests.hub.api.desk import CASES, Desk, open_desk
from tests.hub.api.server import serving


async def hub(*arguments: str, **environment: str) -> tuple[int, str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "LANG", "LC_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.cli.main", *arguments),
        env={**clean, "PYTHONIOENCODING": "utf-8", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert "Traceback" not in err.decode()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_key_is_shown_once_listed_without_secret_and_revoked(tmp_path: Path) -> None:
    where = {"HUB_DATA_DIR": str(tmp_path)}
    code, out, _ = await hub(
        "key", "create", "--scope", "portal", "--scope", "sync", "--label", "大厅", "--json", **where
    )
    made = json.loads(out)
    assert code == 0
    assert made["scopes"] == ["portal", "sync"]
    assert made["key"].startswith(f"owh_{made['key_id']}_")

    _, out, _ = await hub("key", "list", **where)
    assert made["key_id"] in out
    assert "大厅" in out
    assert made["key"].rpartition("_")[2] not in out

    assert (await hub("key", "revoke", made["key_id"], **where))[0] == 0
    _, out, _ = await hub("key", "list", "--json", **where)
    assert json.loads(out)[0]["revoked_at"]
    code, _, err = await hub("key", "revoke", "000000000000", **where)
    assert code == 1
    assert "000000000000" in err


async def test_an_unknown_scope_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    code, out, err = await hub("key", "create", "--scope", "boss", HUB_DATA_DIR=str(tmp_path))
    assert (code, out) == (1, "")
    assert "boss" in err
    assert "portal" in err


@pytest.fixture
def wrong() -> Path:
    return CASES / "wrong" / "wrong-checksum.json"


async def test_a_case_is_submitted_once_shown_and_listed(tmp_path: Path, wrong: Path) -> None:
    async with open_desk(tmp_path) as desk, serving(build_api(desk.services)) as port:
        reach = {"HUB_URL": f"http://127.0.0.1:{port}", "HUB_KEY": desk.key("portal")}
        code, out, err = await hub("case", "submit", str(CASES / "old-age.json"), "--json", **reach)
        assert code == 0, err
        receipt = json.loads(out)

        _, out, _ = await hub("case", "submit", str(CASES / "old-age.json"), **reach)
        assert "submitted before" in out
        assert receipt["case_no"] in out
        assert await desk.case_count() == 1

        _, out, _ = await hub("case", "show", receipt["receipt_no"], **reach)
        assert receipt["case_no"] in out
        assert "received" in out
        _, out, _ = await hub("case", "list", "--json", **reach)
        assert [case["case_no"] for case in json.loads(out)["cases"]] == [receipt["case_no"]]
        await refusals(desk, wrong, reach)


async def refusals(desk: Desk, wrong: Path, reach: dict[str, str]) -> None:
    code, out, err = await hub("case", "submit", str(wrong), **reach)
    assert (code, out) == (1, "")
    assert "applicant.id_number" in err
    code, _, err = await hub("case", "submit", str(wrong), LANG="zh_CN.UTF-8", **reach)
    assert "更正" in err
    code, _, err = await hub("case", "show", "nothing", **reach)
    assert code == 1
    assert "404" in err
    code, _, err = await hub("case", "list", **(reach | {"HUB_KEY": "owh_x"}))
    assert code == 1
    assert "401" in err
    assert await desk.case_count() == 1


async def test_nobody_there_and_no_key_are_said_plainly(tmp_path: Path) -> None:
    code, _, err = await hub("case", "list", "--url", "http://127.0.0.1:9", "--key", "x")
    assert code == 1
    assert "hub run" in err
    code, _, err = await hub("case", "list")
    assert code == 1
    assert "HUB_KEY" in err
    code, _, err = await hub("case", "submit", str(tmp_path / "none.json"), "--key", "x")
    assert code == 1
    assert "none.json" in err
