"""Every error has its answer: status, code, a sentence with the remedy in both languages, nothing of our inside."""

import inspect
import logging
from typing import Any
from uuid import UUID

import orjson
import pytest

from cases import errors
from cases.errors import HubError
from cases.problems import Problem
from hub.api import kinds
from hub.api.kinds import KINDS, kind_of, kinds_by_code
from hub.api.operation import Ask
from hub.api.problem import language_of, problem_response
from tests.hub.api.desk import PUBLIC_URL, Desk, example

PROBLEM = [Problem("form.a", "field_missing")]
MADE: dict[type[HubError], HubError] = {
    errors.InvalidInput: errors.InvalidInput(PROBLEM),
    errors.NotRouted: errors.NotRouted(PROBLEM),
    errors.KeyReused: errors.KeyReused(PROBLEM),
    errors.NotFound: errors.NotFound("case", "X"),
    errors.ConfigError: errors.ConfigError(["/etc/hub.yaml:3: secret"]),
    errors.MappingError: errors.MappingError(file="f", line=1, target="t", source="s", what="inside"),
    kinds.NotJson: kinds.NotJson(PROBLEM),
    kinds.TooLarge: kinds.TooLarge(10),
    kinds.WrongMediaType: kinds.WrongMediaType("application/json"),
    kinds.WrongMethod: kinds.WrongMethod("GET, POST"),
}


def named_errors() -> list[type[HubError]]:
    return [
        value
        for module in (errors, kinds)
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, HubError) and value.__module__ == module.__name__
    ]


def answered(error: HubError, language: str = "en") -> tuple[int, dict[str, Any]]:
    response = problem_response(error, language=language_of(language), public_url=PUBLIC_URL, request_id="1")
    return response.status_code, orjson.loads(response.body)


@pytest.mark.parametrize("kind", named_errors())
def test_every_class_of_error_has_its_own_answer(kind: type[HubError]) -> None:
    assert kind in KINDS, f"{kind.__name__} has no row in hub/api/kinds.py: what is a caller told?"
    error = MADE.get(kind) or kind("something internal")
    for language in ("zh-CN", "en"):
        status, body = answered(error, language)
        assert 400 <= status <= 599
        assert body["status"] == status
        assert body["code"] == kind.code
        assert body["title"]
        assert body["detail"]
        assert "{" not in body["detail"]
        assert "internal" not in str(body)
        assert "/etc" not in str(body)
        assert body["type"] == f"{PUBLIC_URL}/v1/problems/{kind.code}"


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_an_error_of_another_room_is_answered_as_its_ancestor() -> None:
    class Elsewhere(errors.DepartmentError):
        code = "elsewhere"

    assert kind_of(Elsewhere("x"))[0] == "department_failed"


def test_no_key_and_too_little_key_are_told_apart() -> None:
    assert kind_of(errors.NotAllowed("x", known=False))[1].status == 401
    assert kind_of(errors.NotAllowed("x"))[1].status == 403


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.3,zh;q=0.5", "zh-CN"),
        ("fr", "zh-CN"),
        ("en;q=x", "zh-CN"),
        ("*", "zh-CN"),
    ],
)
def test_the_language_asked_for_is_spoken(header: str, language: str) -> None:
    assert language_of(header) == language


async def test_findings_come_in_the_language_asked_for(desk: Desk) -> None:
    bad = example() | {"channel": "pigeon"}
    english = (await desk.submit(bad, headers={"accept-language": "en"})).json()["errors"][0]
    chinese = (await desk.submit(bad)).json()["errors"][0]

    assert english["field"] == chinese["field"] == "channel"
    assert "use one of" in english["message"]
    assert "允许" in chinese["message"]
    assert "pigeon" not in english["message"]


async def test_an_unexpected_error_says_nothing_and_logs_its_id(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_ask: Ask) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(type(desk.store), "cases", broken)
    with caplog.at_level(logging.ERROR, logger="hub.api"):
        response = await desk.call("GET", "/v1/cases")

    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    request_id = response.headers["x-request-id"]
    assert response.json()["instance"] == f"urn:uuid:{UUID(request_id)}"
    assert [record.request_id for record in caplog.records if record.name == "hub.api"] == [request_id]  # type: ignore[attr-defined]


async def test_an_unavailable_store_asks_to_come_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise errors.Unavailable("database 10.0.0.5 refused the connection")

    await desk.call("GET", "/v1/items")  # the key is known by now
    monkeypatch.setattr(type(desk.store), "accept", away)
    response = await desk.submit()
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "10.0.0.5" not in response.text


async def test_unknown_paths_and_methods_are_problems_too(desk: Desk) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/v1/cases", 405), ("GET", "/v1/cases/", 404)):
        response = await desk.call(method, path)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
    assert (await desk.call("PUT", "/v1/cases")).headers["allow"] == "GET, POST"


async def test_every_code_is_explained(desk: Desk) -> None:
    for code in kinds_by_code():
        explained = (await desk.call("GET", f"/v1/problems/{code}", scope=None)).json()
        assert explained["title"]["zh-CN"]
        assert explained["detail"]["en"]
    assert (await desk.call("GET", "/v1/problems/other", scope=None)).status_code == 404


async def test_every_answer_is_dressed(desk: Desk) -> None:
    for path in ("/healthz", "/nothing", "/v1/cases", "/docs"):
        headers = (await desk.call("GET", path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        UUID(headers["x-request-id"])
