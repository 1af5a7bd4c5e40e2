"""What is sealed opens with its key, in its place, unaltered; and with nothing else."""

import os
import stat
from pathlib import Path

import pytest

from cases.errors import HubError
from hub.store.sealing import KEY_BYTES, SealBroken, Sealer, key_from_file

OLD, NEW = b"o" * KEY_BYTES, b"n" * KEY_BYTES


def test_what_is_sealed_opens_and_cannot_be_read_before() -> None:
    sealer = Sealer([NEW])
    stored = sealer.seal("测试一".encode(), "document C1")
    assert "测试一".encode() not in stored
    assert sealer.open(stored, "document C1") == "测试一".encode()


def test_the_same_value_is_sealed_differently_each_time() -> None:
    sealer = Sealer([NEW])
    assert sealer.seal(b"x", "c") != sealer.seal(b"x", "c")


def test_without_a_key_values_stay_plain_and_stay_readable_when_a_key_comes() -> None:
    stored = Sealer().seal(b"x", "c")
    assert Sealer([NEW]).open(stored, "c") == b"x"


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed() -> None:
    stored = Sealer([OLD]).seal(b"x", "c")
    rotated = Sealer([NEW, OLD])
    assert rotated.open(stored, "c") == b"x"
    with pytest.raises(SealBroken):
        Sealer([OLD]).open(rotated.seal(b"y", "c"), "c")


def test_another_key_is_told_apart_from_an_altered_value() -> None:
    stored = Sealer([NEW]).seal(b"x", "document C1")
    with pytest.raises(SealBroken, match="configure that key"):
        Sealer([OLD]).open(stored, "document C1")
    with pytest.raises(SealBroken, match="altered"):
        Sealer([NEW]).open(stored[:-1] + bytes([stored[-1] ^ 1]), "document C1")


def test_a_value_copied_to_another_row_does_not_open() -> None:
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"x", "document C1"), "document C2")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer([b"k" * length])


def test_the_key_file_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    key = key_from_file(path)
    assert len(key) == KEY_BYTES
    assert key_from_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"not base64!", b"c2hvcnQ="])
def test_a_key_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.key"
    path.write_bytes(content)
    with pytest.raises(HubError, match="backup"):
        key_from_file(path)
    assert path.read_bytes() == content


def test_random_bytes_of_every_length_come_back() -> None:
    sealer = Sealer([NEW])
    for length in (0, 1, 15, 16, 17, 4096, 1_000_000):
        value = os.urandom(length)
        assert sealer.open(sealer.seal(value, "c"), "c") == value
