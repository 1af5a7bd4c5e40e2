"""The durable book on SQLite or PostgreSQL."""

from hub.store.opening import open_store
from hub.store.sealing import key_from_file
from hub.store.store import SqlStore

__all__ = ["SqlStore", "key_from_file", "open_store"]
