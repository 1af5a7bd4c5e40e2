"""`hub config lint`: any file of an installation is judged as what it is part of."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.settings import REFERENCE_DISTRICT
from hub.cli.config import app


def lint(*files: Path) -> Result:
    return CliRunner().invoke(app, ["lint", *map(str, files)])


@pytest.mark.parametrize(
    "file",
    [
        "district.yaml",
        "routes.yaml",
        "items/civil-affairs.yaml",
        "departments/civil-affairs/status.yaml",
        "departments/civil-affairs/tables/civil_affairs_states.yaml",
        "sources/counter-pinyin/request.yaml",
    ],
)
def test_a_file_of_a_district_is_judged_with_what_it_belongs_to(file: str) -> None:
    answer = lint(REFERENCE_DISTRICT / file)
    assert answer.exit_code == 0, answer.output


def test_a_wrong_line_is_named_whichever_file_was_given(tmp_path: Path) -> None:
    district = shutil.copytree(REFERENCE_DISTRICT, tmp_path / "hetang")
    routes = district / "routes.yaml"
    routes.write_text(routes.read_text() + "  - {to: nobody}\n")
    for file in (routes, district / "items" / "civil-affairs.yaml"):
        answer = lint(file)
        assert answer.exit_code == 1
        assert "routes.yaml:" in answer.output


def test_settings_beside_a_district_are_settings(tmp_path: Path) -> None:
    district = shutil.copytree(REFERENCE_DISTRICT, tmp_path / "hetang")
    settings = district / "hub.yaml"
    settings.write_text("listen_port: 70000\n")
    assert "hub.yaml:1: listen_port" in lint(settings).output
