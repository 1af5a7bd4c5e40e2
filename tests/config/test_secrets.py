"""The hub's own keys are made once, kept private, and shared by processes that start together."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cases.errors import ConfigError
from config.secrets import own_key


def test_a_key_is_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first = own_key(tmp_path / "secrets", "data-key")
    assert own_key(tmp_path / "secrets", "data-key") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "data-key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: own_key(tmp_path, "data-key"), range(64)))
    assert len(keys) == 1


@pytest.mark.parametrize("content", ["", "zz", "00" * 31])
def test_a_damaged_key_file_is_refused_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "data-key").write_text(content, encoding="ascii")
    with pytest.raises(ConfigError, match="data-key"):
        own_key(tmp_path, "data-key")
    assert (tmp_path / "data-key").read_text(encoding="ascii") == content
