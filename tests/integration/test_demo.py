"""`hub demo` as a newcomer runs it: exit code 0, and every case once in its department's own book."""

import asyncio
import json
import sys
from typing import Any

import pytest


async def demo(*arguments: str) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, "-m", "hub.cli.main", "demo", "--json", "--pace", "0.1", *arguments]
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    out, err = await child.communicate()
    assert child.returncode is not None
    return child.returncode, json.loads(out) if out else {}, err.decode()


@pytest.mark.slow
async def test_the_embedded_demo_takes_every_case_to_its_end() -> None:
    code, summary, err = await demo("--cases", "30")
    assert code == 0, (summary.get("wrong"), err)
    assert summary["cases"] == 30
    assert set(summary["departments"]) == {"civil-affairs", "market-supervision", "public-security"}
    assert summary["states"].keys() == {"CONCLUDED", "ACCEPT_REFUSED"}
    assert {"refuse", "busy", "timeout_after"} <= summary["faults"].keys()
    assert all(case["filings"] == (0 if case["state"] == "ACCEPT_REFUSED" else 1) for case in summary["each"])


@pytest.mark.slow
@pytest.mark.services
async def test_the_demo_on_rabbitmq_and_postgresql_does_the_same(amqp_url: str, postgres_url: str) -> None:
    code, summary, err = await demo("--cases", "30", "--rabbitmq", amqp_url, "--database", postgres_url)
    assert code == 0, (summary.get("wrong"), err)
    assert summary["back_end"] == "RabbitMQ + PostgreSQL"


async def test_half_of_the_services_is_refused_in_one_sentence() -> None:
    code, _, err = await demo("--rabbitmq", "amqp://127.0.0.1/")
    assert code == 1
    assert "--database" in err
    assert "Traceback" not in err
