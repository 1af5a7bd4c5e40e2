"""Errors that only the store knows."""

from cases.errors import HubError


class RowRefused(HubError):
    """A constraint of the database forbids a row: the same number was used twice, or something it refers to is missing.

    Nothing of the call was written.
    """

    code = "row_refused"


class SchemaNewer(HubError):
    """The database was written by a newer hub; migrations only go forward: start that version, or restore a backup."""

    code = "schema_newer"
