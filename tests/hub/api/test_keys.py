"""Keys: shown once, kept as a digest, dead within seconds of being revoked."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from cases.errors import NotAllowed
from hub.api.app import OPERATIONS
from hub.api.keys import KeyRing, make_key
from hub.ports import ApiKey
from hub.store.opening import open_store
from tests.hub.api.desk import Desk, SetClock


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Keys:
    """Only what a key ring asks of the store, counted."""

    def __init__(self, *kept: ApiKey) -> None:
        self.kept, self.reads = list(kept), 0

    async def keys(self) -> list[ApiKey]:
        self.reads += 1
        return list(self.kept)


NOW = SetClock().now()


def ring(*kept: ApiKey) -> tuple[KeyRing, Keys, Time]:
    store, time = Keys(*kept), Time()
    return KeyRing(store, now=time), store, time  # type: ignore[arg-type]


async def test_a_key_is_recognised_from_memory() -> None:
    kept, token = make_key(["portal"], label="x", now=NOW)
    keys, store, _ = ring(kept)
    for _ in range(100):
        assert (await keys.caller(f"Bearer {token}")).key_id == kept.key_id
    assert store.reads == 1


async def test_a_revoked_key_dies_within_two_seconds() -> None:
    kept, token = make_key(["portal"], label="x", now=NOW)
    keys, store, time = ring(kept)
    await keys.caller(f"Bearer {token}")
    store.kept = [_revoked(kept)]
    time.seconds = 2.1
    with pytest.raises(NotAllowed):
        await keys.caller(f"Bearer {token}")


def _revoked(key: ApiKey) -> ApiKey:
    return replace(key, revoked_at=NOW)


async def test_a_new_key_works_without_waiting_and_guessing_costs_few_reads() -> None:
    keys, store, time = ring()
    kept, token = make_key(["ops"], label="x", now=NOW)
    for step in range(100):
        time.seconds = step / 100
        with pytest.raises(NotAllowed):
            await keys.caller(f"Bearer {token}")
    assert store.reads <= 6
    store.kept.append(kept)
    time.seconds += 0.21
    assert (await keys.caller(f"Bearer {token}")).scopes == {"ops"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic abc",
        "Bearer owh_000000000000_" + "A" * 43,
        "owh_{id}_{secret}",
        "Bearer owh_{id}_{wrong}",
        "Bearer owh_{id}_{secret}x",
        "Bearer {digest}",
        "Bearer owh_{id}_{secret}\x00",
    ],
)
async def test_anything_but_the_very_token_is_no_key(header: str | None) -> None:
    kept, token = make_key(["portal"], label="x", now=NOW)
    _, key_id, secret = token.split("_", 2)
    keys, _, _ = ring(kept)
    if header is not None:
        wrong = ("A" if secret[0] != "A" else "B") + secret[1:]
        header = header.format(id=key_id, secret=secret, wrong=wrong, digest=kept.digest)
    with pytest.raises(NotAllowed) as caught:
        await keys.caller(header)
    assert not caught.value.known


async def test_the_store_holds_no_secret(tmp_path: Path) -> None:
    kept, token = make_key(["portal"], label="x", now=NOW)
    store = await open_store(f"sqlite:///{tmp_path / 'hub.db'}", data_keys=[])
    await store.add_key(kept)
    await store.close()
    secret = token.split("_", 2)[2]
    assert kept.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_scopes_are_a_closed_set() -> None:
    for scopes in (["boss"], ["department"], ["department:"], ["department:A"], [], ["portal", "x"]):
        with pytest.raises(ValueError, match="no such scope"):
            make_key(scopes, label="x", now=NOW)
    make_key(["department:civil-affairs", "sync", "auditor", "admin"], label="x", now=NOW)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
async def test_every_operation_lets_in_its_scopes_and_nobody_else(desk: Desk, operation: object) -> None:
    path = operation.path.replace("{", "").replace("}", "")  # type: ignore[attr-defined]
    method, scopes = operation.method, operation.scopes  # type: ignore[attr-defined]
    if not scopes:
        assert (await desk.call(method, path, scope=None)).status_code not in {401, 403}
        return
    assert (await desk.call(method, path, scope=None)).status_code == 401
    for scope in ("portal", "ops", "auditor", "sync", "admin", "department:civil-affairs"):
        allowed = scope == "admin" or scope.partition(":")[0] in scopes
        status = (await desk.call(method, path, scope=scope)).status_code
        assert (status == 403) is not allowed, (scope, status)
