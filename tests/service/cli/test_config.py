"""`wim config show`."""

from __future__ import annotations

import json
import os
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from service.cli import main
from service.policy import Policy, read_policy

PASSWORD = "geheim-7"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings, and secrets in every place that takes one."""
    for name in list(os.environ):
        if name.upper().startswith("WIM_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WIM_DATABASE__URL", f"postgresql+psycopg://wim:{PASSWORD}@db:5432/wim?password={PASSWORD}")
    monkeypatch.setenv("WIM_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("WIM_KAFKA__SASL_MECHANISM", "SCRAM-SHA-256")
    monkeypatch.setenv("WIM_KAFKA__SASL_USERNAME", "wim")
    monkeypatch.setenv("WIM_KAFKA__SASL_PASSWORD", PASSWORD)


def shown(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What `wim config show` prints."""
    with pytest.raises(SystemExit) as ended:
        main(["config", "show", *options])
    assert not ended.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_secrets_are_left_out(capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    """A listing can be sent to anybody; where the database is stays visible."""
    listing = shown(capsys, *options)
    assert PASSWORD not in listing
    assert "postgresql+psycopg://wim:***@db:5432/wim" in listing


def test_a_database_url_that_is_none_is_left_out_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password in the wrong place is still a password."""
    monkeypatch.setenv("WIM_DATABASE__URL", PASSWORD)
    assert PASSWORD not in shown(capsys)


def test_the_listing_says_where_each_value_comes_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Environment, file or default, so that a surprise is traced at once."""
    (tmp_path / "wim.toml").write_text("[api]\nport = 1234\n")
    monkeypatch.setenv("WIM_CONFIG", str(tmp_path / "wim.toml"))
    rows = {line.split(" = ")[0]: line for line in shown(capsys).splitlines() if " = " in line}
    assert "# WIM_KAFKA__SASL_USERNAME" in rows["sasl_username"]
    assert "# WIM_CONFIG;" in rows["port"]
    assert "# default;" in rows["host"]


def test_both_forms_show_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """The listing is TOML, and JSON holds every setting of it, with null for what is not set."""
    listing, document = tomllib.loads(shown(capsys)), json.loads(shown(capsys, "--json"))
    assert listing["kafka"]["sasl_username"] == document["kafka"]["sasl_username"] == "wim"
    assert document["registry"] is None
    written = {(table, key) for table, keys in listing.items() if isinstance(keys, dict) for key in keys}
    held = {
        (table, key)
        for table, keys in document.items()
        if isinstance(keys, dict)
        for key in keys
        if keys[key] is not None
    }
    assert written == held


def test_the_policy_is_printed_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As TOML it can be saved and read back; as JSON it is the same policy."""
    (tmp_path / "policy.toml").write_text("trip_gap_hours = 6\n")
    monkeypatch.setenv("WIM_POLICY", str(tmp_path / "policy.toml"))
    (tmp_path / "printed.toml").write_text(shown(capsys, "--policy"))
    assert read_policy(tmp_path / "printed.toml") == Policy(trip_gap_hours=6)
    document = json.loads(shown(capsys, "--policy", "--json"))
    del document["not_in_use_yet"]
    assert Policy.model_validate(document) == Policy(trip_gap_hours=6)


def test_numbers_that_decide_nothing_yet_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody tunes a number in vain: both forms say which ones no part reads."""
    lines = shown(capsys, "--policy").splitlines()
    marked = {after.split(" = ")[0] for line, after in pairwise(lines) if line.endswith("[not in use yet]")}
    named = json.loads(shown(capsys, "--policy", "--json"))["not_in_use_yet"]
    assert marked == {name.rpartition(".")[2] for name in named}
    assert "frames" in marked


def test_a_wrong_setting_is_told_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each, without a traceback."""
    monkeypatch.setenv("WIM_API__PRT", "1")
    with pytest.raises(SystemExit) as ended:
        main(["config", "show"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == 'error: environment: WIM_API__PRT: is no setting; did you mean "WIM_API__PORT"?\n'
