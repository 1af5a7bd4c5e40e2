"""`hub key`: bearer keys of portals, departments and operators. Works on the hub's database, running or not."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from hub.ports import ApiKey, Store

app = typer.Typer(no_args_is_help=True)
Config = Annotated[Path | None, typer.Option("--config", help="settings file; without one: the embedded default")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
T = TypeVar("T")


@app.callback()
def group() -> None:
    """Bearer keys: create, list, revoke."""


@app.command("create")
def create(
    scope: Annotated[
        list[str], typer.Option("--scope", help="portal, department:KEY, ops, sync, auditor or admin; repeatable")
    ],
    label: Annotated[str, typer.Option(help="whose key this is")] = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once.

    Example:
        hub key create --scope portal --label "web hall"
    """
    from datetime import UTC, datetime

    from cases.errors import HubError
    from hub.api.keys import make_key

    try:
        kept, token = make_key(scope, label=label, now=datetime.now(UTC))
    except ValueError as error:
        raise HubError(str(error)) from None
    _with_store(config, lambda store: store.add_key(kept))
    if as_json:
        typer.echo(json.dumps({**_plain(kept), "key": token}, ensure_ascii=False))
        return
    typer.echo(token)
    typer.echo(f"key {kept.key_id} for {', '.join(sorted(kept.scopes))}: keep it now, it is not shown again", err=True)


@app.command("list")
def list_(config: Config = None, as_json: Json = False) -> None:
    """List keys, revoked ones included; never the secrets.

    Example:
        hub key list
    """
    keys = _with_store(config, lambda store: store.keys())
    if as_json:
        typer.echo(json.dumps([_plain(key) for key in keys], ensure_ascii=False, indent=2))
        return
    for key in keys:
        standing = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in force"
        typer.echo(f"{key.key_id}  {standing:<26} {', '.join(sorted(key.scopes)):<28} {key.label}".rstrip())


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="the id, as `hub key list` shows it")], config: Config = None
) -> None:
    """Revoke a key; a running hub refuses it within seconds.

    Example:
        hub key revoke 3f9c01d2ab77
    """
    from datetime import UTC, datetime

    from cases.errors import NotFound

    if not _with_store(config, lambda store: store.revoke_key(key_id, datetime.now(UTC))):
        raise NotFound("key", key_id)
    typer.echo(f"key {key_id} is revoked")


def _with_store(config: Path | None, action: "Callable[[Store], Awaitable[T]]") -> T:
    import asyncio

    from config.settings import load_settings
    from hub.app.opening import open_store

    async def run() -> T:
        store = await open_store(load_settings(config))
        try:
            return await action(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _plain(key: "ApiKey") -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "scopes": sorted(key.scopes),
        "label": key.label,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }
