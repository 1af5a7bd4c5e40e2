"""What the documentation tells people to type exists, and what is quick is done; links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from hub.api.app import build_api
from hub.cli.main import COMMANDS, build
from tests.hub.api.desk import Desk, open_desk
from tests.hub.api.server import serving
from tests.hub.cli.test_key_and_case import hub

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix() for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if page.is_file()
)
#: What a reader is to put in, and what we put in for them.
STAND_INS = {
    "DIR": "config/hetang/departments/civil-affairs",
    "目录": "config/hetang/departments/civil-affairs",
    "CASE.json": "config/hetang/cases/old-age.json",
    "办件.json": "config/hetang/cases/old-age.json",
    "NUMBER": "430202261123000001",
}
#: Quick, and need nothing but the tree.
RUN = {("route", "explain"), ("connector", "lint"), ("connector", "test"), ("connector", "try"), ("config", "lint")}


def _typed(text: str) -> Iterator[str]:
    """Every line of a fenced block; a comment at its end is for people."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (re.sub(r"\s+#\s.*", "", line).strip() for line in block.splitlines())


def _mentioned(text: str) -> Iterator[str]:
    """Commands in running text."""
    yield from re.findall(r"`((?:hub|make) [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def _commands(lines: Iterator[str], program: str) -> list[list[str]]:
    words = [shlex.split(line) for line in lines if line.startswith(program + " ")]
    return [[STAND_INS.get(word, word) for word in one[1:]] for one in words]


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


TYPED = sorted({tuple(command) for page in PAGES for command in _commands(_typed(_text(page)), "hub")})
MENTIONED = sorted({tuple(command) for page in PAGES for command in _commands(_mentioned(_text(page)), "hub")})


def _parse(arguments: list[str]) -> None:
    """Take a command line apart as `hub` would, down to the last subcommand, and run nothing."""
    command: click.Command = typer.main.get_command(build(arguments[0]))
    context = command.make_context("hub", list(arguments))
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        assert found is not None
        command, context = found, found.make_context(name, rest, parent=context)


def test_the_pages_tell_people_what_to_type() -> None:
    assert len(TYPED) >= 5
    assert {words[0] for words in TYPED + MENTIONED} <= COMMANDS.keys()


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_a_command_can_be_typed_as_it_stands(words: tuple[str, ...]) -> None:
    _parse(list(words))


@pytest.mark.parametrize("words", MENTIONED, ids=" ".join)
def test_a_command_in_running_text_exists_with_its_options(words: tuple[str, ...]) -> None:
    try:
        _parse(list(words))
    except click.MissingParameter:
        pass  # the sentence is about the command, not about one call of it
    except click.exceptions.NoArgsIsHelpError:
        pass


@pytest.mark.parametrize("words", [words for words in TYPED if words[:2] in RUN], ids=" ".join)
async def test_what_is_quick_does_what_it_says(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = await hub(*words, HUB_DATA_DIR=str(tmp_path))
    assert code == 0, out + err
    assert out


async def test_the_case_of_the_readme_is_handed_in_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    submit = next(words for words in TYPED if words[:2] == ("case", "submit"))
    async with open_desk(tmp_path) as desk, serving(build_api(desk.services)) as port:
        where = _where(desk, port)
        code, out, err = await hub(*submit, **where)
        assert code == 0, err
        receipt = re.search(r"receipt\s+(\S+)", out)
        assert receipt is not None
        code, out, err = await hub("case", "show", receipt[1], **where)
        assert code == 0, err
        assert receipt[1] in out


def _where(desk: Desk, port: int) -> dict[str, str]:
    return {"HUB_URL": f"http://127.0.0.1:{port}", "HUB_KEY": desk.key("portal")}


@pytest.mark.parametrize("page", PAGES)
def test_what_make_is_asked_for_it_can_do(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    asked = {words[0] for how in (_typed, _mentioned) for words in _commands(how(_text(page)), "make")}
    assert asked <= targets


@pytest.mark.parametrize("page", PAGES)
def test_paths_and_links_lead_somewhere(page: str) -> None:
    text = _text(page)
    links = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
    missing = [target for target in links if not (ROOT / page).parent.joinpath(target).exists()]
    named = re.findall(r"(?<![\w/.])(?:config|tests|docker|monitoring|docs|connectors|cases)/[\w./-]*\w", text)
    missing += [path for path in named if not (ROOT / path).exists()]
    assert missing == []


def test_both_languages_tell_the_same_commands() -> None:
    def told(page: str) -> set[str]:
        return {" ".join(words) for words in _commands(_typed(_text(page)), "hub")}

    assert told("README.zh-CN.md") <= told("README.md")


def test_the_environment_that_is_named_is_read() -> None:
    places = [*(ROOT / "hub" / "cli").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    sources = "".join(file.read_text(encoding="utf-8") for file in places)
    settings = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    for name in {name for page in PAGES for name in re.findall(r"\bHUB_[A-Z_]+[A-Z]\b", _text(page))}:
        field = name.removeprefix("HUB_").lower()
        own = name in sources or re.search(rf"^    {field}:", settings, re.MULTILINE)
        in_tests = name.startswith("HUB_TEST_")
        assert own or in_tests, name
