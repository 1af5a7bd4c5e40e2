"""Keys, subscriptions, files and items: small tables, read often, written rarely."""

from collections.abc import Sequence
from datetime import datetime

from cases.errors import ConfigError
from hub.ports import ApiKey, FileRow, Subscription
from hub.store.database import Database, Insert, Row, Tx, Update
from hub.store.names import api_keys, files, items, subscriptions
from hub.store.sealing import Sealer
from hub.store.times import maybe_moment, micros, moment


async def add_key(tx: Tx, key: ApiKey) -> None:
    """Keep a new key."""
    row = (
        key.key_id,
        key.digest,
        " ".join(sorted(key.scopes)),
        key.label,
        micros(key.created_at),
        None if key.revoked_at is None else micros(key.revoked_at),
    )
    await tx.write([Insert(api_keys, ("key_id", "digest", "scopes", "label", "created_at", "revoked_at"), [row])])


async def keys(database: Database) -> list[ApiKey]:
    """Return all keys, revoked ones included."""
    rows = await database.read(
        "SELECT key_id, digest, scopes, label, created_at, revoked_at FROM api_keys ORDER BY created_at, key_id"
    )
    return [
        ApiKey(
            key_id=row[0],
            digest=row[1],
            scopes=frozenset(row[2].split()),
            label=row[3],
            created_at=moment(row[4]),
            revoked_at=maybe_moment(row[5]),
        )
        for row in rows
    ]


async def revoke_key(tx: Tx, key_id: str, now: datetime) -> bool:
    """Revoke a key; the first revocation stands. False where there is no such key."""
    rows = await tx.fetch("SELECT revoked_at FROM api_keys WHERE key_id = $1 FOR UPDATE", key_id)
    if rows and rows[0][0] is None:
        await tx.write([Update(api_keys, ("key_id",), ("revoked_at",), [(key_id, micros(now))])])
    return bool(rows)


async def add_subscription(tx: Tx, new: Subscription, sealer: Sealer) -> None:
    """Keep a new subscription, its secret sealed."""
    secret = sealer.seal(new.secret.encode(), f"secret {new.subscription_id}")
    row = (new.subscription_id, new.url, secret, new.caller, micros(new.created_at), new.active)
    columns = ("subscription_id", "url", "secret", "caller", "created_at", "active")
    await tx.write([Insert(subscriptions, columns, [row])])


async def active_subscriptions(database: Database, sealer: Sealer) -> list[Subscription]:
    """Return the subscriptions that are told."""
    rows = await database.read(
        "SELECT subscription_id, url, secret, caller, created_at FROM subscriptions WHERE active"
        " ORDER BY created_at, subscription_id"
    )
    return [
        Subscription(
            subscription_id=row[0],
            url=row[1],
            secret=sealer.open(row[2], f"secret {row[0]}").decode(),
            caller=row[3],
            created_at=moment(row[4]),
        )
        for row in rows
    ]


async def end_subscription(tx: Tx, subscription_id: str) -> bool:
    """Stop telling a subscriber; False where there is none."""
    rows = await tx.fetch(
        "SELECT active FROM subscriptions WHERE subscription_id = $1 AND active FOR UPDATE", subscription_id
    )
    if rows:
        await tx.write([Update(subscriptions, ("subscription_id",), ("active",), [(subscription_id, False)])])
    return bool(rows)


async def add_file(tx: Tx, row: FileRow, sealer: Sealer) -> None:
    """Note a stored file; the same content twice from one caller is one row."""
    columns = ("sha256", "size_bytes", "media_type", "name", "uploaded_by", "created_at")
    name = sealer.seal(row.name.encode(), f"file {row.sha256}")
    values = (row.sha256, row.size_bytes, row.media_type, name, row.uploaded_by, micros(row.created_at))
    await tx.write([Insert(files, columns, [values], ignore=True)])


async def file_row(database: Database, sealer: Sealer, sha256: str, *, uploaded_by: str | None) -> FileRow | None:
    """Return a stored file's row: that caller's own, or the oldest."""
    rows = await database.read(
        "SELECT sha256, size_bytes, media_type, name, uploaded_by, created_at FROM files WHERE sha256 = $1"
        " ORDER BY created_at",
        sha256,
    )
    files = (_file(row, sealer) for row in rows)
    return next((file for file in files if uploaded_by in (None, file.uploaded_by)), None)


async def save_items(tx: Tx, rows: Sequence[tuple[str, int, bytes]], now: datetime) -> None:
    """Keep item versions; a version that is there already must have the same content.

    Raises:
        ConfigError: some have other content; every one is named, nothing is written.
    """
    found = await tx.fetch(
        "SELECT code, version, definition FROM items WHERE code = ANY($1)", sorted({code for code, _, _ in rows})
    )
    stored = {(code, version): definition for code, version, definition in found}
    new: dict[tuple[str, int], str] = {}
    changed: list[str] = []
    for code, version, content in rows:
        definition = content.decode()
        if stored.get((code, version), new.get((code, version), definition)) != definition:
            changed.append(f"item {code} version {version} is stored with other content; give it a new version")
        elif (code, version) not in stored:
            new[code, version] = definition
    if changed:
        raise ConfigError(changed)
    values: list[Row] = [(code, version, definition, micros(now)) for (code, version), definition in new.items()]
    await tx.write([Insert(items, ("code", "version", "definition", "imported_at"), values)])


async def all_items(database: Database) -> list[bytes]:
    """Return all item versions as JSON."""
    rows = await database.read("SELECT definition FROM items ORDER BY code, version")
    return [row[0].encode() for row in rows]


def _file(row: Row, sealer: Sealer) -> FileRow:
    return FileRow(
        sha256=row[0],
        size_bytes=row[1],
        media_type=row[2],
        name=sealer.open(row[3], f"file {row[0]}").decode(),
        uploaded_by=row[4],
        created_at=moment(row[5]),
    )
