"""Fixtures for everybody: real services (see `tests/services.py`)."""

from tests.services import amqp_url, database_url, postgres_url

__all__ = ["amqp_url", "database_url", "postgres_url"]
