"""compose.yaml: what a parser and real servers can say about it without a Docker daemon."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka.admin import AdminClient

from service.settings import Settings, read_settings
from tests.servers import kafka as kafka_server
from tests.servers import needs, processes

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

Service = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The parsed file, with its merge keys resolved."""
    parsed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    """Its services by name."""
    found: dict[str, Service] = compose["services"]
    return found


def test_docker_compose_takes_the_file(tmp_path: Path) -> None:
    """Compose's own parser finds nothing to object to."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker Compose plugin (parsing needs no daemon)")
    registry = tmp_path / "registry.toml"
    registry.touch()
    command = [docker, "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    environment = {"WIM_REGISTRY_FILE": str(registry), "PATH": str(Path(docker).parent)}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr == ""


def test_no_secret_stands_in_the_file(services: dict[str, Service]) -> None:
    """A password comes from a file, and no variable gives it a default."""
    secretive = re.compile("PASSWORD|TOKEN|SECRET|KEY|URL")
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if secretive.search(variable):
                assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"
    defaults = re.findall(r"\$\{(\w+):?-", (DEPLOY / "compose.yaml").read_text())
    assert set(defaults) <= {"WIM_VERSION"}


def test_the_host_opens_loopback_only(services: dict[str, Service]) -> None:
    """Nothing is reachable from other machines until the operator says so."""
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_our_processes_have_no_rights_to_lose(services: dict[str, Service]) -> None:
    """What a broken-into process of ours could do stays small."""
    ours = {name: service for name, service in services.items() if "build" in service}
    assert ours.keys() == {"topics", "tables", "worker", "api"}
    for service in ours.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in service  # the image's own, which is not root
        assert not service.get("privileged")


def test_what_a_service_waits_for_can_happen(services: dict[str, Service]) -> None:
    """A service waits only for ones that exist, whose state someone checks, or that end."""
    for service in services.values():
        for other, wait in service.get("depends_on", {}).items():
            awaited = services[other]
            if wait["condition"] == "service_healthy":
                assert "test" in awaited["healthcheck"]
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert awaited["restart"] == "on-failure"


def test_foreign_images_have_a_version(services: dict[str, Service]) -> None:
    """A rebuilt machine gets the same servers."""
    images = [service["image"] for service in services.values() if "build" not in service]
    assert images
    assert all(re.fullmatch(r"[\w./-]+:\d[\w.-]*", image) for image in images)


def test_the_broker_is_the_one_that_the_tests_use(services: dict[str, Service]) -> None:
    """Compose runs the Kafka release of deploy/kafka/pom.xml."""
    version = services["kafka"]["image"].partition(":")[2]
    assert f"<version>{version}</version>" in (DEPLOY / "kafka" / "pom.xml").read_text()


def test_every_name_is_declared(compose: dict[str, Any], services: dict[str, Service]) -> None:
    """Volumes, secrets and configurations that services use exist, and none is left over."""
    used: dict[str, set[str]] = {"volumes": set(), "secrets": set(), "configs": set()}
    for service in services.values():
        used["volumes"] |= {volume.partition(":")[0] for volume in service.get("volumes", [])}
        used["secrets"] |= set(service.get("secrets", []))
        used["configs"] |= {config["source"] for config in service.get("configs", [])}
    assert used == {kind: set(compose[kind]) for kind in used}


@pytest.mark.parametrize("name", ["topics", "tables", "worker", "api"])
def test_its_settings_are_settings(
    services: dict[str, Service], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every variable that a service of ours gets is one that `wim` knows and accepts."""
    _clear_settings(monkeypatch)
    secret = tmp_path / "database_url"
    secret.write_text("postgresql+psycopg://wim:x@postgres:5432/wim")
    for variable, value in services[name]["environment"].items():
        monkeypatch.setenv(variable, str(value).replace("/run/secrets", str(tmp_path)))
    settings = read_settings()
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.database.url.get_secret_value() == secret.read_text()
    assert settings.worker.metrics_host == "0.0.0.0"


def test_the_probe_asks_where_the_processes_answer() -> None:
    """The image's health check uses the ports that the processes have by default, which compose.yaml keeps."""
    defaults = Settings.model_construct()
    health = (DEPLOY / "health.py").read_text()
    assert f":{defaults.api.port}/livez" in health
    assert f":{defaults.worker.metrics_port}/livez" in health
    assert "_PORT" not in (DEPLOY / "compose.yaml").read_text()


@pytest.mark.parametrize("name", ["topics", "tables", "worker", "api"])
def test_its_commands_are_commands(services: dict[str, Service], name: str) -> None:
    """What a service of ours runs is a command of `wim`."""
    command = [sys.executable, "-m", "service.cli", *services[name]["command"], "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_real_broker_takes_its_settings(services: dict[str, Service], tmp_path: Path) -> None:
    """Kafka starts with the very settings of the file, but for addresses and the data folder."""
    needs.required(kafka_server.missing(), "WIM_REQUIRE_SERVERS")
    environment = services["kafka"]["environment"]
    with _broker(environment, tmp_path) as port:
        admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}"})
        assert admin.list_topics(timeout=30).cluster_id == environment["CLUSTER_ID"]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """The script makes a new password for each installation, and keeps the one that is there."""
    script = shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    subprocess.run(["sh", script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    password = (folder / "postgres_password").read_text()
    assert re.fullmatch("[0-9a-f]{48}", password)
    assert (folder / "database_url").read_text() == f"postgresql+psycopg://wim:{password}@postgres:5432/wim"
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "tokens.toml").write_text("# mine\n")
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert (folder / "postgres_password").read_text() == password
    assert (folder / "tokens.toml").read_text() == "# mine\n"


def _clear_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("WIM_")]:
        monkeypatch.delenv(variable)


def _properties(environment: dict[str, Any], folder: Path, ports: dict[str, int]) -> str:
    """What the image makes of its environment: KAFKA_A_B becomes a.b; here with addresses of this machine."""
    lines = []
    for variable, value in environment.items():
        if variable.startswith("KAFKA_"):
            text = str(value).replace("kafka:", "127.0.0.1:").replace("://:", "://127.0.0.1:")
            for given, free in ports.items():
                text = text.replace(f":{given}", f":{free}")
            lines.append(f"{variable.removeprefix('KAFKA_').lower().replace('_', '.')}={text}\n")
    return "".join(lines).replace("=/var/lib/kafka/data", f"={folder / 'data'}")


@contextlib.contextmanager
def _broker(environment: dict[str, Any], folder: Path) -> Iterator[int]:
    """A broker with compose's settings; gives the port that stands for 9092."""
    ports = dict(zip(("9092", "9093", "9094"), processes.free_ports(3), strict=True))
    node = kafka_server.Node(1, folder, ports["9092"], ports["9093"])
    node.properties.write_text(_properties(environment, folder, ports))
    node.format(environment["CLUSTER_ID"])
    try:
        node.start()
        yield node.port
    finally:
        node.kill()
