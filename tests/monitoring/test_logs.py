"""Log lines: one object each, bound to the case, without personal data and secrets."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring.logs import Mode, bound, configure_logs

log = logging.getLogger("hub.test")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    configure_logs("json", "INFO", stream=stream)
    return stream


def _line(out: io.StringIO) -> dict[str, Any]:
    (text,) = out.getvalue().splitlines()
    line: dict[str, Any] = json.loads(text)
    return line


def test_an_event_is_an_object_with_its_fields(out: io.StringIO) -> None:
    log.info("delivery_ended", extra={"connector": "tax", "duration_seconds": 0.25, "case_no": None})
    line = _line(out)
    assert line["event"] == "delivery_ended"
    assert line["level"] == "info"
    assert line["logger"] == "hub.test"
    assert (line["connector"], line["duration_seconds"], line["case_no"]) == ("tax", 0.25, None)
    assert line["time"].endswith("+00:00")


def test_a_librarys_sentence_is_a_message(out: io.StringIO) -> None:
    logging.getLogger("some.library").warning("took %d seconds", 3)
    assert _line(out)["message"] == "took 3 seconds"


def test_what_is_bound_is_on_every_line_of_the_task_and_its_children(out: io.StringIO) -> None:
    async def child(name: str) -> None:
        with bound(step=name):
            await asyncio.sleep(0)
            log.info("step_taken")

    async def case(number: str) -> None:
        with bound(case_no=number):
            await asyncio.gather(child("a"), child("b"))
        log.info("outside")

    async def both() -> None:
        await asyncio.gather(case("N1"), case("N2"))

    asyncio.run(both())
    lines = [json.loads(text) for text in out.getvalue().splitlines()]
    inside = {(line.get("case_no"), line.get("step")) for line in lines if line["event"] == "step_taken"}
    assert inside == {("N1", "a"), ("N1", "b"), ("N2", "a"), ("N2", "b")}
    assert all("case_no" not in line for line in lines if line["event"] == "outside")


@pytest.mark.parametrize("mode", ["json", "human"])
def test_personal_data_are_masked_wherever_they_stand(mode: Mode) -> None:
    out = io.StringIO()
    configure_logs(mode, stream=out)
    log.warning(
        "department_answered",
        extra={
            "reason": "no person 430299199003071233",
            "reply": {"phones": ["13900000001"], "error": ValueError("430299199003071233")},
        },
    )
    log.warning("call %s back", "13900000001")
    try:
        raise ValueError("430299199003071233 is not known")
    except ValueError:
        log.exception("it_failed")
    text = out.getvalue()
    assert "430299199003071233" not in text
    assert "13900000001" not in text
    assert "139****0001" in text


@pytest.mark.parametrize("mode", ["json", "human"])
def test_secrets_are_hidden(mode: Mode) -> None:
    out = io.StringIO()
    configure_logs(mode, stream=out)
    log.warning(
        "call_failed",
        extra={
            "url": "amqp://hub:s3cret-1@mq.example/city",
            "headers": {"Authorization": "s3cret-2", "x": "Bearer s3cret-3-long"},
            "db_password": "s3cret-4",
            "reason": "Basic s3cret55555 was refused",
        },
    )
    text = out.getvalue()
    assert "s3cret" not in text
    assert "mq.example/city" in text


def test_case_numbers_and_digests_stay_readable(out: io.StringIO) -> None:
    digest = "0123456789" * 6 + "abcd"
    log.info("kept", extra={"digest": digest, "delivery_id": "12345678901234567890123456789012"})
    line = _line(out)
    assert line["digest"] == digest
    assert line["delivery_id"] == "12345678901234567890123456789012"


def test_a_failure_keeps_its_trace_in_one_line(out: io.StringIO) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log.exception("it_failed")
    assert "ZeroDivisionError" in _line(out)["trace"]


def test_a_field_cannot_pass_for_the_lines_own(out: io.StringIO) -> None:
    log.info("said", extra={"event": "another", "level": "error", "time": "never", "logger": "somebody"})
    line = _line(out)
    assert (line["event"], line["level"], line["logger"]) == ("said", "info", "hub.test")


def test_any_value_can_be_written(out: io.StringIO) -> None:
    log.info("odd", extra={"thing": object, "nested": {1: {2, 3}}, "data": b"\xff"})
    assert "thing" in _line(out)


def test_a_terminal_gets_lines_for_people() -> None:
    out = _Terminal()
    configure_logs("auto", stream=out)
    log.info("delivery_ended", extra={"connector": "tax", "case_no": ""})
    text = out.getvalue()
    assert text.endswith("INFO    delivery_ended connector=tax\n")
    assert not text.startswith("{")


def test_a_pipe_gets_objects() -> None:
    out = io.StringIO()
    configure_logs("auto", stream=out)
    log.info("hub_started")
    assert _line(out)["event"] == "hub_started"


def test_below_the_level_nothing_is_written_and_libraries_do_not_chatter(out: io.StringIO) -> None:
    log.debug("detail")
    logging.getLogger("httpx").info("HTTP Request: POST http://department.example/?name=…")
    assert out.getvalue() == ""
