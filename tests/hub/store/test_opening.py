"""Opening a store: what is refused, and how it is said."""

import stat
from pathlib import Path

import pytest

from cases.errors import ConfigError, Unavailable
from cases.states import State
from hub.ports import Subscription
from hub.store import open_store
from hub.store.errors import RowRefused
from hub.store.sealing import SealBroken
from tests.contracts.made import NOW, new_case, one_webhook, seconds, status_write, update
from tests.services import free_port

KEY, OTHER = b"k" * 32, b"o" * 32


async def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'mysql' is no database"):
        await open_store("mysql://localhost/hub", data_keys=[])


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable) as refusal:
        await open_store(f"postgresql://hub:geheim@127.0.0.1:{free_port()}/hub", data_keys=[])
    assert "127.0.0.1" in str(refusal.value)
    assert "geheim" not in str(refusal.value)


@pytest.mark.services
async def test_a_database_that_is_not_there_is_named(postgres_url: str) -> None:
    place = postgres_url.rsplit("/", 1)[0]
    with pytest.raises(Unavailable, match="hub_no_such_database"):
        await open_store(f"{place}/hub_no_such_database", data_keys=[])


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="not a database"):
        await open_store(f"sqlite:///{path}", data_keys=[])
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"hub\.db"):
        await open_store(f"sqlite:///{tmp_path}/file/hub.db", data_keys=[])


async def test_a_new_file_and_its_folder_are_made_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "hub.db"
    store = await open_store(f"sqlite:///{path}", data_keys=[])
    await store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_database_sealed_with_another_key_is_refused_at_the_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    await (await open_store(url, data_keys=[KEY])).close()
    for keys in ([], [OTHER]):
        with pytest.raises(SealBroken, match="put that key back"):
            await open_store(url, data_keys=keys)
    await (await open_store(url, data_keys=[OTHER, KEY])).close()
    with pytest.raises(SealBroken):
        await open_store(url, data_keys=[KEY])  # from now on both are needed


async def test_nothing_personal_stands_readable_in_the_file(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/hub.db", data_keys=[KEY])
    case = new_case(answer=b'{"query_code":"Q-SECRET"}')
    await store.accept(case)
    status = status_write(update(State.IN_REVIEW, seconds(5)), raw="<name>测试一</name>".encode())
    await store.report(status)
    await store.park_unreadable(source="x", way="file", digest="d", reason="not XML", body="测试一".encode(), now=NOW)
    await store.report(status_write(update(State.ACCEPTED, seconds(5)), case_no=case.case_no, followers=one_webhook))
    await store.add_subscription(
        Subscription(subscription_id="s", url="https://p.example", secret="whsec_x1", caller=None, created_at=NOW)
    )
    await store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert case.case_no.encode() in written
    for secret in ("测试一", "Q-SECRET", "whsec_x1"):
        assert secret.encode() not in written


async def test_a_number_that_is_taken_is_refused_in_plain_words(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/hub.db", data_keys=[])
    case = new_case()
    await store.accept(case)
    with pytest.raises(RowRefused, match="nothing of this call was written"):
        await store.accept(new_case(receipt_no=case.receipt_no))
    await store.close()
    with pytest.raises(Unavailable):
        await store.ping()
    with pytest.raises(Unavailable):
        await store.accept(new_case())
