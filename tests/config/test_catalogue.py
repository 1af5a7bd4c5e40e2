"""Reading a district's files."""

import shutil
from pathlib import Path

import pytest

from cases.errors import ConfigError
from config import catalogue
from config.catalogue import read_district, read_file
from config.settings import REFERENCE_DISTRICT


def copy_of_district(tmp_path: Path) -> Path:
    folder = tmp_path / "district"
    folder.mkdir()
    for name in ("district", "departments", "routes"):
        shutil.copy(REFERENCE_DISTRICT / f"{name}.yaml", folder)
    shutil.copytree(REFERENCE_DISTRICT / "items", folder / "items")
    return folder


def test_the_reference_district_is_read_whole() -> None:
    files = read_district(REFERENCE_DISTRICT)
    assert len(files.items) == 13  # every department but the hub's owner has items
    assert sum(len(file.value["items"]) for file in files.items) == 33
    assert files.district.value["code"] == "430202"


def test_every_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    folder = copy_of_district(tmp_path)
    (folder / "routes.yaml").unlink()
    (folder / "departments.yaml").write_text("departments: [", "utf-8")
    (folder / "items" / "tax.yaml").write_bytes("a: 1\nb: 税务".encode("gb18030"))
    with pytest.raises(ConfigError) as caught:
        read_district(folder)
    found = {str(finding).removeprefix(f"{folder}/") for finding in caught.value.findings}
    assert any(text.startswith("routes.yaml:1: cannot be read: No such file") for text in found)
    assert any(text.startswith("departments.yaml:1: not readable as YAML") for text in found)
    assert "items/tax.yaml:2: not UTF-8: save the file as UTF-8" in found


def test_a_district_without_items_is_a_finding(tmp_path: Path) -> None:
    folder = copy_of_district(tmp_path)
    shutil.rmtree(folder / "items")
    with pytest.raises(ConfigError, match="no item files"):
        read_district(folder)


def test_a_file_of_another_kind_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "items.docx"
    path.write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"known: \.yaml"):
        read_file(path)


def test_a_file_beyond_all_measure_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "items.yaml"
    path.write_text("items: []\n" * 10, "utf-8")
    monkeypatch.setattr(catalogue, "MAX_BYTES", 50)
    with pytest.raises(ConfigError, match="larger than 50 bytes"):
        read_file(path)


def test_json_is_read_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{\n  "a": 1,\n  "b": [2]\n}', "utf-8")
    assert read_file(path).line(("b", 0)) == 3
