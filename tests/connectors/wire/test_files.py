"""Files handed over whole, or not at all."""

import os
from pathlib import Path

import pytest

from connectors.wire import files
from connectors.wire.charset import CharacterMissing, decode, encode
from connectors.wire.files import move, put, sightings, take


def test_a_file_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", b"whole")
    assert os.listdir(tmp_path) == ["a.xml"]
    assert (tmp_path / "a.xml").read_bytes() == b"whole"


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.xml", b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path, "a.xml", b"new")
    assert os.listdir(tmp_path) == ["a.xml"]
    assert (tmp_path / "a.xml").read_bytes() == b"old"


def test_a_file_is_never_moved_over_another(tmp_path: Path) -> None:
    done = tmp_path / "done"
    for content in (b"1", b"2", b"3"):
        (tmp_path / "a.xml").write_bytes(content)
        move(tmp_path / "a.xml", done)
    assert sorted(os.listdir(done)) == ["a.1.xml", "a.2.xml", "a.xml"]


def test_sightings_are_oldest_first_and_leave_out_what_is_being_written(tmp_path: Path) -> None:
    for age, name in enumerate(["new.xml", "old.xml", ".hidden", "half.xml.part", "half.tmp"]):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, ns=(10**9, 10**18 - age))
    (tmp_path / "folder.xml").mkdir()
    assert [sighting.name for sighting in sightings(tmp_path)] == ["old.xml", "new.xml"]


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert take(tmp_path, "a", max_bytes=5) == b"12345"
    assert take(tmp_path, "a", max_bytes=4) is None


@pytest.mark.parametrize("charset", ["UTF-8", "GBK", "GB18030"])
def test_text_comes_back_from_every_character_set(charset: str) -> None:
    assert decode(encode("荷塘区 高龄津贴", charset), charset) == "荷塘区 高龄津贴"  # type: ignore[arg-type]


def test_a_character_without_a_place_is_named_and_never_replaced() -> None:
    with pytest.raises(CharacterMissing, match=r"U\+4DAE.*<XM>.*not in GBK"):
        encode("<SQR><XM>荷䶮</XM></SQR>", "GBK")
    assert decode(encode("荷䶮", "GB18030"), "GB18030") == "荷䶮"


def test_bytes_of_another_character_set_are_an_error() -> None:
    with pytest.raises(ValueError, match="byte 0 is not in UTF-8"):
        decode("荷".encode("gbk"), "UTF-8")
