"""A schema of one's own in somebody's PostgreSQL database, gone at the end: for demonstrations and measurements."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from cases.errors import Unavailable


@asynccontextmanager
async def scratch_schema(url: str) -> AsyncIterator[str]:
    """Make an empty schema and return the address that leads into it; drop it with everything in it at the end.

    Raises:
        Unavailable: the database cannot be reached, or its user may not make schemas.
    """
    schema = f"onewindow_scratch_{secrets.token_hex(6)}"
    await _execute(url, f"CREATE SCHEMA {schema}")
    try:
        yield f"{url}{'&' if '?' in url else '?'}search_path={schema}"
    finally:
        await _execute(url, f"DROP SCHEMA {schema} CASCADE")


async def _execute(url: str, sql: str) -> None:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the database cannot be reached: {error}") from None
    try:
        await connection.execute(sql)
    except asyncpg.PostgresError as error:
        raise Unavailable(f"the database does not allow a scratch schema: {error}") from None
    finally:
        await connection.close()
