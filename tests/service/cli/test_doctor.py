"""`wim doctor`."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.access import open_tokens
from service.cli import doctor, main
from service.cli.doctor import Finding, examine
from service.registry import Registry
from service.store.engine import open_store
from service.store.schema import upgrade
from wim.document import RegistryErrors

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "example"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with nothing set and nothing there."""
    for name in list(os.environ):
        if name.upper().startswith("WIM_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WIM_DATABASE__URL", f"sqlite:///{tmp_path}/wim.db")
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")


def findings() -> dict[str, Finding]:
    """What each check came to."""
    return {finding.check: finding for finding in examine()}


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    """No broker, no database: each with its remedy, and looking made neither."""
    found = findings()
    assert (found["kafka"].state, found["database"].state) == ("failed", "failed")
    assert "WIM_KAFKA__BOOTSTRAP_SERVERS" in found["kafka"].remedy
    assert found["database"].remedy == "run `wim db upgrade`"
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages, compiled kernels, database, registry, policy and tokens in their place are ok."""
    url = f"sqlite:///{tmp_path}/wim.db"
    store = open_store(url, check=False)
    with store.writing() as conn:
        upgrade(conn)
    store.close()
    for name, file in (("REGISTRY", "sites.toml"), ("POLICY", "policy.toml"), ("AUTH__TOKENS", "tokens.toml.example")):
        monkeypatch.setenv(f"WIM_{name}", str(EXAMPLE / file))
    found = findings()
    healthy = ("packages", "kernels", "settings", "policy", "registry", "tokens", "database")
    assert [found[check] for check in healthy if found[check].state != "ok"] == []


def test_wrong_settings_are_told_and_nothing_is_built_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error is the finding; no check guesses what was meant."""
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP", "x")
    found = findings()
    assert found["settings"].state == "failed"
    assert "WIM_KAFKA__BOOTSTRAP_SERVERS" in found["settings"].detail
    assert set(found) == {"packages", "kernels", "settings"}


def test_a_wrong_registry_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each error of the file, and the tokens that refer to it are checked all the same."""
    (tmp_path / "sites.toml").write_text('[[corridor]]\nid = "a b"\n')
    monkeypatch.setenv("WIM_REGISTRY", str(tmp_path / "sites.toml"))
    found = findings()["registry"]
    assert found.state == "failed"
    assert len(found.detail.splitlines()) == 2


def test_mode_tokens_without_a_token_file_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words with which `wim api` refuses to start; a demo needs none."""
    monkeypatch.setenv("WIM_AUTH__MODE", "tokens")
    with pytest.raises(RegistryErrors) as refusal:
        open_tokens(None, Registry())
    found = findings()["tokens"]
    assert (found.state, found.detail) == ("failed", str(refusal.value))
    assert "`wim tokens new` makes one" in found.detail
    monkeypatch.setenv("WIM_AUTH__MODE", "demo")
    assert findings()["tokens"].state == "skipped"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the distribution asks for and the machine lacks; other people's extras are not asked for."""
    asked = ["numpy>=2.1", "no-such-package>=1", 'left-out; extra == "more"']
    monkeypatch.setattr(doctor, "requires", lambda name: asked)
    found = findings()["packages"]
    assert (found.state, found.detail) == ("failed", "missing: no-such-package")


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port where something listens that is no broker."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_something_else_at_the_address_is_no_broker(mute_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that answers is not enough."""
    monkeypatch.setattr("service.kafka.ANSWER_SECONDS", 0.5)
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", f"127.0.0.1:{mute_port}")
    assert findings()["kafka"].state == "failed"


def test_a_real_broker_is_found(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address and the cluster that answers there."""
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    found = findings()["kafka"]
    assert (found.state, found.detail.startswith(f"{kafka}, cluster ")) == ("ok", True)


def test_the_command_fails_where_something_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """A script can rely on the status, a person on the arrows, a machine on the JSON."""
    for options in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["doctor", *options])
        assert ended.value.code == 1
    lines, document = capsys.readouterr().out.split("{", 1)
    assert "failed   database" in lines
    assert "→ run `wim db upgrade`" in lines
    report = json.loads("{" + document)
    assert report["ok"] is False
    assert {check["check"] for check in report["checks"]} == set(findings())
