"""A service that is missing is said loudly, and is a failure where services are required."""

import socket

import pytest

from tests.services import free_port, missing


def test_a_missing_service_skips_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_TEST_REQUIRE_SERVICES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="RabbitMQ is not here; install it"):
        missing("RabbitMQ", "install it")


def test_a_missing_service_fails_where_services_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TEST_REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="RabbitMQ is not here; install it"):
        missing("RabbitMQ", "install it")


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
