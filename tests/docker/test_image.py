"""The Dockerfile against the tree: what it copies is there, what it runs can run."""

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def _copied(steps: list[tuple[str, str]]) -> set[str]:
    sources: set[str] = set()
    for word, rest in steps:
        if word == "COPY" and "--from=" not in rest:
            *found, _ = [part for part in rest.split() if not part.startswith("--")]
            sources |= set(found)
    return sources


def test_what_is_copied_is_in_the_tree_and_reaches_the_builder(steps: list[tuple[str, str]]) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = _copied(steps)
    for source in copied:
        assert (ROOT / source).exists(), source
    assert copied == allowed


def test_every_room_of_the_house_is_copied(steps: list[tuple[str, str]]) -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) <= _copied(steps)


def test_it_runs_as_nobody_in_particular_and_says_when_it_is_ill(steps: list[tuple[str, str]]) -> None:
    words = dict(steps)
    assert words["USER"] == "10001:10001"
    assert "healthcheck.py" in words["HEALTHCHECK"]
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert [word for word, _ in steps].index("USER") > max(i for i, (word, _) in enumerate(steps) if word == "RUN")


def test_the_settings_it_sets_exist(steps: list[tuple[str, str]]) -> None:
    environment = dict(pair.split("=", 1) for word, rest in steps if word == "ENV" for pair in rest.split())
    assert environment["PYTHONPATH"] == "/app"
    for name in environment:
        if name.startswith("HUB_"):
            assert name.removeprefix("HUB_").lower() in Settings.model_fields, name
    exposed = next(rest for word, rest in steps if word == "EXPOSE").split()
    assert exposed == [environment["HUB_LISTEN_PORT"], environment["HUB_METRICS_PORT"]]


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_its_libraries_are_the_tested_ones_without_the_development_tools() -> None:
    image, tested = _pins(DOCKER / "requirements.lock"), _pins(ROOT / "requirements.lock")
    assert image.items() <= tested.items()
    assert not {"pytest", "ruff", "mypy", "hypothesis"} & set(image)
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {re.split(r"[\[><=; ]", line)[0].replace(".", "-") for line in lines}
    assert wanted <= set(image), "renew both locks: make lock"


def test_the_hub_command_of_the_image_runs(tmp_path: Path) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [DOCKER / "hub", "run", "--help"], env=environment, cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"--role" in done.stdout


class TestHealthCheck:
    @pytest.fixture
    def healthy(self) -> Iterator[int]:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/healthz" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        server.server_close()
        thread.join()

    @staticmethod
    def _check(listen: int, metrics: int) -> int:
        environment = {"HUB_LISTEN_PORT": str(listen), "HUB_METRICS_PORT": str(metrics)}
        script = [sys.executable, DOCKER / "healthcheck.py"]
        return subprocess.run(script, env=environment, timeout=60, check=False).returncode

    def test_an_api_that_answers_is_healthy(self, healthy: int) -> None:
        assert self._check(healthy, 1) == 0

    def test_a_worker_that_answers_on_its_metrics_port_is_healthy(self, healthy: int) -> None:
        assert self._check(1, healthy) == 0

    def test_a_process_that_does_not_answer_is_not(self) -> None:
        assert self._check(1, 1) == 1
