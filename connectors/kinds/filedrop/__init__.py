"""Departments behind a file ferry: cases go out as files with a marker, statuses come back the same way."""

from connectors.kinds.filedrop.connector import FileDropConnector

__all__ = ["FileDropConnector"]
