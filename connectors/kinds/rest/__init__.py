"""Departments with an HTTP interface that takes JSON or form fields, answers in JSON, and may call back."""

from connectors.kinds.rest.connector import RestConnector

__all__ = ["RestConnector"]
