"""The compose file against its model, the tree, the command line and the settings: no engine is needed for that."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from config.settings import load_settings
from hub.cli.main import build
from tests.docker.compose_model import Compose, SecretMount

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
write = runpy.run_path(str(DOCKER / "make_secrets.py"))["write"]
HUB_ROLES = {"api", "worker", "clock"}


def _load(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def compose() -> Compose:
    raw = _load(DOCKER / "compose.yaml")
    return Compose.model_validate({key: value for key, value in raw.items() if not key.startswith("x-")})


def _mounts(compose: Compose, service: str) -> dict[str, str]:
    """Place in the container → source."""
    return {spec.split(":")[1]: spec.split(":")[0] for spec in compose.services[service].volumes}


def test_every_service_is_healthy_by_a_check_of_its_own_or_of_its_image(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert service.healthcheck or service.build, f"{name} has no health check"
    assert "HEALTHCHECK" in (DOCKER / "Dockerfile").read_text(encoding="utf-8")


def test_ports_are_open_on_loopback_only_and_never_twice(compose: Compose) -> None:
    ports = [port for service in compose.services.values() for port in service.ports]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_everything_a_service_names_is_declared_and_everything_declared_is_used(compose: Compose) -> None:
    secrets: set[str] = set()
    volumes: set[str] = set()
    for service in compose.services.values():
        secrets |= {mount.source if isinstance(mount, SecretMount) else mount for mount in service.secrets}
        volumes |= {spec.split(":")[0] for spec in service.volumes if not spec.startswith(".")}
        assert set(service.depends_on) <= set(compose.services)
    assert secrets == set(compose.secrets)
    assert volumes == set(compose.volumes)


def test_a_service_is_waited_for_only_where_it_can_become_healthy(compose: Compose) -> None:
    for service in compose.services.values():
        for name, wait in service.depends_on.items():
            assert wait.condition != "service_healthy" or compose.services[name].healthcheck


def test_every_mounted_file_is_in_the_tree(compose: Compose) -> None:
    for service in compose.services.values():
        for spec in service.volumes:
            if spec.startswith("."):
                assert (DOCKER / spec.split(":")[0]).exists(), spec
                assert spec.endswith(":ro")
        if service.build:
            assert (DOCKER / service.build.context).resolve() == ROOT
            assert (ROOT / service.build.dockerfile).is_file()


def test_no_secret_stands_in_the_file(compose: Compose) -> None:
    for service in compose.services.values():
        for name, value in service.environment.items():
            if "PASSWORD" in name or "SECRET" in name:
                assert name.endswith(("_FILE", "__FILE"))
                assert value.startswith("/run/secrets/")
                assert value.removeprefix("/run/secrets/") in service.secrets


def test_images_are_pinned_to_a_version(compose: Compose) -> None:
    for service in compose.services.values():
        _, colon, tag = service.image.partition(":")
        assert colon
        assert tag != "latest"


@pytest.mark.parametrize("role", sorted(HUB_ROLES))
def test_the_hubs_commands_are_understood_by_the_hub(compose: Compose, role: str) -> None:
    name, *arguments = compose.services[role].command
    group: Any = typer.main.get_command(build(name))
    run = group.commands[name]
    context = run.make_context(name, list(arguments))  # parses and checks; runs nothing
    assert context.params["role"] == [role]
    assert str(context.params["config"]) == "/run/secrets/hub.yaml"
    assert "hub.yaml" in compose.services[role].secrets


def test_prometheus_asks_every_role_on_its_port_and_finds_its_rules(compose: Compose) -> None:
    mounts = _mounts(compose, "prometheus")
    scrape = _load(DOCKER / mounts["/etc/prometheus/prometheus.yml"])
    targets = {
        group["labels"]["role"]: target
        for job in scrape["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    assert targets == {"api": "api:8080", "worker": "worker:9400", "clock": "clock:9400"}
    assert set(targets) == HUB_ROLES <= set(compose.services)
    for rules in scrape["rule_files"]:
        assert f"/etc/prometheus/{rules}" in mounts


class TestGrafana:
    FOLDER = DOCKER / "grafana" / "provisioning"

    def test_the_data_source_is_our_prometheus(self, compose: Compose) -> None:
        (source,) = _load(self.FOLDER / "datasources" / "prometheus.yaml")["datasources"]
        assert source["type"] == "prometheus"
        assert source["url"] == "http://prometheus:9090"
        assert "prometheus" in compose.services

    def test_the_dashboard_lies_where_it_is_looked_for(self, compose: Compose) -> None:
        (provider,) = _load(self.FOLDER / "dashboards" / "onewindow.yaml")["providers"]
        folder = DOCKER / _mounts(compose, "grafana")[provider["options"]["path"]]
        boards = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
        assert [board["uid"] for board in boards] == ["onewindow-hub"]
        home = compose.services["grafana"].environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        assert (folder / Path(home).name).is_file()


class TestSecrets:
    def test_the_files_the_compose_file_wants_are_made(self, compose: Compose, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"
        assert {f"./secrets/{name}" for name in write(folder)} == {secret.file for secret in compose.secrets.values()}
        assert folder.stat().st_mode & 0o077 == 0, "others on this machine must not read them"

    def test_the_hub_can_read_its_settings_and_knows_where_everything_is(
        self, compose: Compose, tmp_path: Path
    ) -> None:
        write(tmp_path)
        settings = load_settings(tmp_path / "hub.yaml", {})
        password = (tmp_path / "postgres-password").read_text()
        assert settings.database == f"postgresql://hub:{password}@postgres/hub"
        assert settings.broker.endswith("@rabbitmq/%2F")
        assert settings.broker.split(":")[2].split("@")[0] in (tmp_path / "rabbitmq.conf").read_text()
        assert {"postgres", "rabbitmq"} <= set(compose.services)
        assert str(settings.data_dir) in _mounts(compose, "api")
        assert settings.district == Path("/app/config/hetang")

    def test_what_is_there_stays_as_it_is(self, tmp_path: Path) -> None:
        write(tmp_path)
        before = {file.name: file.read_text() for file in tmp_path.iterdir()}
        assert write(tmp_path) == []
        assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before

    def test_half_a_set_is_not_filled_up_with_other_passwords(self, tmp_path: Path) -> None:
        write(tmp_path)
        (tmp_path / "rabbitmq.conf").unlink()
        with pytest.raises(SystemExit, match="share passwords"):
            write(tmp_path)

    def test_they_are_never_committed_nor_sent_to_the_builder(self) -> None:
        assert "docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
        assert "!docker/secrets" not in (ROOT / ".dockerignore").read_text()
