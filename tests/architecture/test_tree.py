"""What must never be in the tree: this machine, a registry, a secret, an address to load from, an oversized file."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cases", "config", "connectors", "hub", "mappings", "monitoring", "retry", "router", "benchmarks")
FOLDERS = (*PACKAGES, "docker", "docs", "tests", ".ci")
THIRD_PARTY = ROOT / "hub" / "api" / "static" / "swagger-ui"
MADE = {"node_modules", "__pycache__", "secrets"}

#: The worked example of GB 11643, and a residence permit of the format's own notice.
PUBLISHED = {"11010519491231002X", "911430198010120091"}
#: Larger than 400 lines, each with its reason.
LARGE = {
    "hub/ports.py": "all ports on one page, no code: the map of the road",
    "mappings/expressions.py": "one language: its parser, types and closures belong together",
}
#: Write to stdout for whoever started them.
PRINTING = ("hub/cli/", "benchmarks/", "connectors/simulate/__main__.py", "docker/")

FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|home/\w+|root|Users/\w+|opt/pypi)/"),
    "a neighbour of the project": re.compile(r"\.\./shared\b"),
    "a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|npmmirror\.com|proxy\.golang\.org|conda\.anaconda\.org)"
        r"|//(?:[\w-]+\.)*(?:mirrors?|artifactory|nexus)\."
    ),
    "a secret": re.compile(
        r"-----BEGIN (?:\w+ )?PRIVATE KEY-----\s+\w|\bowh_[0-9a-f]{12}_\w{20}|\bwhsec_[A-Za-z0-9+/]{40}"
    ),
    "how it was made": re.compile(r"\b(?:claude|anthropic|openai|chatgpt|copilot)\b|\bissue #?\d", re.IGNORECASE),
}
#: Something a page would fetch from elsewhere.
LOADED = re.compile(
    r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s|\bimport\(""",
    re.IGNORECASE,
)


@cache
def _files() -> tuple[Path, ...]:
    found = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")]
    for folder in FOLDERS:
        found += (path for path in (ROOT / folder).rglob("*") if path.is_file() and not MADE & set(path.parts))
    return tuple(sorted(found))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _files():
        if THIRD_PARTY not in path.parents and path != Path(__file__):
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def _modules() -> Iterator[tuple[str, str]]:
    for path, text in _texts():
        if path.suffix == ".py" and _name(path).split("/")[0] in PACKAGES:
            yield _name(path), text


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_in_the_tree_belongs_elsewhere(what: str) -> None:
    pattern = FOREIGN[what]
    found = [f"{_name(path)}: {match[0]}" for path, text in _texts() for match in pattern.finditer(text)]
    assert found == []


def test_no_page_loads_anything_from_outside() -> None:
    pages = [(path, text) for path, text in _texts() if path.suffix in {".html", ".css", ".js", ".svg"}]
    pages = [(path, text) for path, text in pages if _name(path).split("/")[0] != "tests"]
    assert pages
    style = (THIRD_PARTY / "swagger-ui.css").read_text(encoding="utf-8")
    found = [f"{_name(path)}: {match[0]}" for path, text in pages for match in LOADED.finditer(text)]
    assert found + [match[0] for match in LOADED.finditer(style)] == []


def test_a_file_is_one_thing() -> None:
    large = {name for name, text in _modules() if text.count("\n") > 400}
    assert large <= LARGE.keys()
    sizes = sorted(text.count("\n") for _, text in _modules())
    assert sizes[len(sizes) // 2] < 100


def test_only_the_command_line_prints() -> None:
    found = []
    for name, text in _modules():
        if name.startswith(PRINTING):
            continue
        calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
        found += [f"{name}:{c.lineno}" for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
    assert found == []


def test_people_of_the_examples_are_made_up() -> None:
    """No identity number could be somebody's, and no telephone number either."""
    pages = [(path, text) for path, text in _texts() if path.suffix in {".json", ".yaml", ".py", ".md", ".yml"}]
    numbers = {
        (match[0], _name(path))
        for path, text in pages
        for match in re.finditer(r"(?<![\w.])[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dX](?!\w)", text)
    }
    phones = {
        (match[0], _name(path)) for path, text in pages for match in re.finditer(r"(?<![\w.])1[3-9]\d{9}(?!\w)", text)
    }
    assert {pair for pair in numbers if not _made_up(pair[0])} == set()
    assert {pair for pair in phones if "000000" not in pair[0]} == set()


def _made_up(number: str) -> bool:
    """Division 430299, or somebody who is long dead or not born yet, or printed in a standard."""
    return number.startswith("430299") or number[6:10] in {"1900", "2099"} or number in PUBLISHED
