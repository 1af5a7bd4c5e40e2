"""Alembic's entry: the connection, with its transaction and lock, is handed in by `hub.store.migrating`."""

from alembic import context

from hub.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
