"""A pack held against the items it serves: mistakes inside forms are found before the first case."""

# ruff: noqa: E501 - one seeded mistake a line reads best
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config.findings import Finding, errors
from config.references import References
from config.settings import REFERENCE_DISTRICT
from connectors.examination import examine
from connectors.pack_loader import load_pack
from connectors.registry import Registry
from connectors.served import district_of, served_items
from connectors.wire.egress import Egress
from hub.app.opening import open_office

Change = Callable[[str, str, str], None]
PACK = Path("departments") / "civil-affairs"


@pytest.fixture
def district(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REFERENCE_DISTRICT, tmp_path / "hetang"))


@pytest.fixture
def change(district: Path) -> Change:
    def edit(file: str, old: str, new: str) -> None:
        text = (district / file).read_text("utf-8")
        assert old in text
        (district / file).write_text(text.replace(old, new), "utf-8")

    return edit


def found(folder: Path) -> list[Finding]:
    pack, place = load_pack(folder), district_of(folder)
    assert place is not None
    return examine(pack, served_items(pack.pack, place))


@pytest.mark.parametrize("folder", sorted((REFERENCE_DISTRICT / "departments").iterdir()), ids=lambda each: each.name)
def test_the_packs_of_the_reference_district_are_proven_without_a_warning(folder: Path) -> None:
    assert [str(finding) for finding in found(folder)] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("form.living,", "form.livin,", "to.GLXX.to.JZQK.from: no such field: form.livin; known there: "),
        ('alone: "2", care_home: "3"}', 'alone: "2"}', "no row for 'care_home', which may come (in cases of 高龄津贴申领)"),
        ('"3"}}\n      JJLXR', '"3", alon: "9"}}\n      JJLXR', "to.GLXX.to.JZQK.table: warning: 'alon' never comes"),
        ("contact_name, max_length: 30, omit_if_missing: true", "contact_name, max_length: 30", "may be missing; declare"),
        ("{from: form.birth_date, as: date}", "{from: form.contact_phone, omit_if_missing: true}", "the target requires it"),
        ("form.bank_name, max_length: 60", "form.reason_text", "characters, the target takes 60"),
        ("{from: form.household_size, as: integer}", "{from: form.bank_name}", "text goes where the target has an integer"),
        ("430511002000')", "430511009000')", "to.GLXX.when: warning: never holds"),
        ("each: form.members", "each: form.household", "no such field: form.household"),
    ],
)  # fmt: skip
def test_a_mistake_inside_a_form_is_found(change: Change, district: Path, old: str, new: str, said: str) -> None:
    change(str(PACK / "request.yaml"), old, new)
    findings = [str(finding) for finding in found(district / PACK)]
    assert any(said in finding for finding in findings), findings


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("material_form", "copy", "to.CLLB.to.CLFS.table: no row for 'copy', which may come"),
        ("id_type", '"111"', "to.ZJLX.table: no row for '111', which may come"),
    ],
)
def test_a_code_without_a_row_is_found(district: Path, table: str, row: str, said: str) -> None:
    file = district / PACK / "tables" / f"{table}_to_civil_affairs.yaml"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.strip().startswith(f"{row}:")), "utf-8")
    assert len(file.read_text("utf-8").splitlines()) == len(lines) - 1
    assert any(said in str(finding) for finding in found(district / PACK))


def test_an_item_that_allows_more_than_the_department_takes_puts_the_pack_out_of_force(
    change: Change, district: Path
) -> None:
    change("items/civil-affairs.yaml", "with_family, alone, care_home", "with_family, alone, care_home, hotel")
    (finding,) = errors(found(district / PACK))
    assert "no row for 'hotel', which may come (in cases of 高龄津贴申领)" in finding.what
    environment = {"PUBLIC_SECURITY_FOLDER": "/nowhere", "CIVIL_AFFAIRS_URL": "http://127.0.0.1:1"}
    registry = Registry.open(
        district / "departments", egress=Egress([]), references=References(environment), office=open_office(district)
    )
    assert registry.findings["civil-affairs"] == (finding,)
    assert "public-security" in registry.departments


def test_without_a_district_nothing_is_said_of_forms(change: Change, district: Path) -> None:
    change(str(PACK / "request.yaml"), "form.living,", "form.livin,")
    assert errors(examine(load_pack(district / PACK))) == []
    assert district_of(district / "sources" / "counter-pinyin") is None
