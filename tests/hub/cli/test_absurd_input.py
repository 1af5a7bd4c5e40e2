"""Whatever is handed to the pack commands, the answer is a sentence or two, never a traceback."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.errors import HubError
from config.settings import REFERENCE_DISTRICT
from hub.cli.config import app as config_app
from hub.cli.connector import app

PACK = REFERENCE_DISTRICT / "departments" / "civil-affairs"
CONTENTS = {
    "binary": b"\x7fELF\x00\xff\xfe" * 50,
    "bomb": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "deep": b"[" * 2_000,
    "scalar": b"just words\n",
    "list": b"- one\n- two\n",
    "empty": b"",
    "huge": b"a: " + b"x" * 600_000,
    "video": b"\0" * (4 * 1024 * 1024 + 1),
    "tags": b"key: !!python/object/apply:os.system [ls]\n",
    "twice": b"key: a\nkey: b\n",
}


def said(result: Result) -> str:
    """Return what a person sees of a failure; `hub` prints a HubError as its text."""
    assert result.exit_code != 0, result.output
    assert isinstance(result.exception, (HubError, SystemExit)), repr(result.exception)
    text = str(result.exception) if isinstance(result.exception, HubError) else result.output
    assert text.strip()
    assert "Traceback" not in text
    return text


def hub(*arguments: object) -> str:
    return said(CliRunner().invoke(app, [str(argument) for argument in arguments]))


@pytest.mark.parametrize(
    "file", ["connector.yaml", "request.yaml", "tests.yaml", "tables/relation_to_civil_affairs.yaml"]
)
@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_of_a_pack_that_is_something_else_is_named(tmp_path: Path, file: str, content: str) -> None:
    folder = shutil.copytree(PACK, tmp_path / "civil-affairs")
    (folder / file).write_bytes(CONTENTS[content])
    for command in ("lint", "test") if file != "tests.yaml" else ("test",):
        text = hub(command, folder)
        assert file in text or "needs a table" in text or "no table" in text
        assert len(text.splitlines()) <= 30


def test_a_folder_that_is_no_pack_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    assert hub("lint", tmp_path).strip().splitlines() == [
        f"{tmp_path}/connector.yaml:1: is missing: this is not a pack's folder, or not yet"
    ]
    assert "does not exist" in hub("lint", tmp_path / "nowhere")
    assert "does not exist" in hub("try", PACK, "--case", tmp_path / "nowhere.json")
    assert "no packs in" in hub("list", "--district", tmp_path)


def test_a_contract_that_is_something_else_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(PACK.parent / "market-supervision", tmp_path / "market-supervision")
    for content in (b"\xff\xfe\x00", b"{", b"[1]", b"[" * 20_000, b"3"):
        (folder / "request.schema.json").write_bytes(content)
        assert "request.schema.json" in hub("lint", folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[1]", b"null", b"[" * 20_000, b'{"case_no": 1, "materials": 3}', b'{"materials": [1]}'],
)
def test_a_case_that_is_something_else_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "case.json"
    file.write_bytes(content)
    assert "case.json" in hub("try", PACK, "--case", file)


def test_a_district_that_is_something_else_is_named(tmp_path: Path) -> None:
    district = shutil.copytree(REFERENCE_DISTRICT, tmp_path / "hetang")
    pack = district / "departments" / "civil-affairs"
    case = district / "cases" / "old-age.json"
    for name in ("bomb", "list"):
        (district / "routes.yaml").write_bytes(CONTENTS[name])
        assert "routes.yaml" in hub("lint", pack)
        assert "routes.yaml" in hub("try", pack, "--case", case)
        assert "routes.yaml" in said(CliRunner().invoke(config_app, ["lint", str(district)]))
