"""The pack of docs/packs.md is linted and run as it stands there."""

import re
import shutil
from pathlib import Path

import pytest

from config.settings import REFERENCE_DISTRICT
from connectors.examination import examine
from connectors.pack_loader import load_pack
from connectors.pack_tests import run_tests
from connectors.served import district_of, served_items

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["packs.md", "packs.zh-CN.md"]
_FILE = re.compile(r"^`([\w./-]+)`\n\n```(?:yaml|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def files(page: str) -> dict[str, str]:
    return dict(_FILE.findall((DOCS / page).read_text("utf-8")))


@pytest.fixture(params=PAGES)
def pack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    district = shutil.copytree(REFERENCE_DISTRICT, tmp_path / "hetang")
    folder = district / "departments" / "veterans"
    for name, text in files(request.param).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


def test_the_example_is_proven_for_the_items_of_its_department(pack: Path) -> None:
    loaded, district = load_pack(pack), district_of(pack)
    assert district is not None
    items = served_items(loaded.pack, district)
    assert [item.name for item in items] == ["优抚对象认定"]
    assert [str(finding) for finding in examine(loaded, items)] == []


def test_the_examples_of_the_example_pass(pack: Path) -> None:
    results = run_tests(load_pack(pack))
    assert len(results) == 4
    assert [str(result) for result in results if not result.passed] == []


def test_both_languages_show_the_same_pack() -> None:
    assert files(PAGES[0]) == files(PAGES[1])
