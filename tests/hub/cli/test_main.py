"""The `hub` command: instant help, one command imported at a time, plain words for what goes wrong."""

import subprocess
import sys

import pytest

from hub.cli.main import COMMANDS


def hub(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_lists_every_command_without_importing_it() -> None:
    seen = "import sys; from hub.cli.main import build; build(None); print([m for m in sys.modules if 'hub.' in m])"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "hub.store" not in loaded
    assert "hub.flow" not in loaded
    shown = hub("--help").stdout
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    answer = hub(name, "--help")
    assert answer.returncode == 0
    assert answer.stdout.strip()


def test_an_unknown_command_is_refused_in_words() -> None:
    answer = hub("nonsense")
    assert answer.returncode == 2
    assert "nonsense" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_error_the_hub_can_name_is_one_sentence_and_exit_code_1() -> None:
    answer = hub("config", "lint", "nowhere.yaml")
    assert answer.returncode == 1
    assert "nowhere.yaml" in answer.stderr
    assert "Traceback" not in answer.stderr
