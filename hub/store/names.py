"""The tables by name, and the newest migration: what statements of every day need to know.

Columns, keys and indexes stand in `hub.store.tables`, which only migrations and their tests load: SQLAlchemy takes
18 MB that a running hub has no use for.
"""

from typing import Final

#: The newest migration, the one that leads to the tables of `hub.store.tables`.
HEAD: Final = "0001"

cases: Final = "cases"
documents: Final = "documents"
events: Final = "events"
deliveries: Final = "deliveries"
attempts: Final = "attempts"
foreign_numbers: Final = "foreign_numbers"
status_inbox: Final = "status_inbox"
idempotency: Final = "idempotency"
serials: Final = "serials"
api_keys: Final = "api_keys"
subscriptions: Final = "subscriptions"
files: Final = "files"
items: Final = "items"
messages: Final = "messages"
facts: Final = "facts"
