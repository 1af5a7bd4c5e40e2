"""Settings: sane defaults, the environment wins, every mistake has a place."""

from pathlib import Path

import pytest

from cases.errors import ConfigError
from config.settings import load_settings


def test_without_a_file_the_hub_is_embedded_and_needs_nothing() -> None:
    settings = load_settings(environment={})
    assert settings.embedded
    assert settings.database == "sqlite:///var/hub.db"
    assert (settings.district / "routes.yaml").exists()


def test_paths_in_a_file_are_relative_to_that_file(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("data_dir: data\n", encoding="utf-8")
    assert load_settings(file, {}).data_dir == tmp_path / "data"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("listen_port: 9000\noutgoing: [a.example]\n", encoding="utf-8")
    settings = load_settings(file, {"HUB_LISTEN_PORT": "9100", "HUB_OUTGOING": "127.0.0.1, *.gov.example:443"})
    assert settings.listen_port == 9100
    assert settings.outgoing == ("127.0.0.1", "*.gov.example:443")


def test_every_mistake_is_listed_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("listen_port: 70000\nlisten_hosst: x\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    text = str(caught.value)
    assert f"{file}:1: listen_port" in text
    assert f"{file}:2: listen_hosst" in text


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"HUB_DATABASE": "postgresql://h/db"}, "amqp://"),
        ({"HUB_BROKER": "redis://x"}, "amqp://"),
        ({"HUB_DATABASE": "mysql://h/db", "HUB_BROKER": "amqp://h"}, "postgresql://"),
        ({"HUB_DATABASE": "postgresql://u:s3#cret@h/db", "HUB_BROKER": "amqp://h"}, "database: .* as %40"),
        ({"HUB_DATABASE": "postgresql://h/db", "HUB_BROKER": "amqp://[h/"}, "broker: .* as %40"),
    ],
)
def test_a_combination_that_cannot_work_is_refused_with_the_remedy(values: dict[str, str], remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy) as caught:
        load_settings(None, values)
    assert "s3" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        load_settings(tmp_path / "gone.yaml", {})
