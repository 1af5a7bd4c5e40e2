"""The root folders have generic names (`config`, `router` …): four guards keep them ours."""

import importlib.metadata
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_no_other_installed_distribution_brings_one_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    name = PROJECT["project"]["name"]
    for package in OURS:
        others = {owner for owner in owners.get(package, []) if owner != name}
        assert not others, f"{package} is also installed by {others}: one of them will shadow the other"


def test_the_image_puts_our_tree_first_on_the_path() -> None:
    assert "PYTHONPATH" in (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


def test_the_wheel_lists_every_package_by_name() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert found == set(OURS)
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(OURS)
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(OURS)


def test_tests_are_a_package_so_that_they_never_shadow_ours() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    bare = sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists())
    assert not bare, f"without __init__.py: {bare}"
