"""`wim simulate`: traffic on whichever registry is configured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensors.simulator.demo import DEMO_REGISTRY
from service.broker import embedded
from service.cli import main
from service.cli.simulate import make_traffic

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "example" / "sites.toml"

#: One carriageway with one lane, one corridor without a site, and nobody named.
SMALL = """
[[corridor]]
id = "S999"
name = "somewhere"
timezone = "Asia/Tokyo"

[[corridor]]
id = "S998"
name = "elsewhere"
timezone = "Asia/Tokyo"

[[site]]
id = "S999-K001"
corridor = "S999"
chainage_km = 1.0

[[site.lane]]
number = 1
direction = "up"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The smallest registry with traffic."""
    path = tmp_path / "sites.toml"
    path.write_text(SMALL, "utf-8")
    return path


def run(*arguments: str) -> object:
    """The exit status of `wim simulate` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *arguments])
    return ended.value.code


@pytest.mark.parametrize("registry", [EXAMPLE, DEMO_REGISTRY, None])
def test_without_a_scenario_every_carriageway_of_the_registry_has_traffic(registry: Path | None) -> None:
    """Passages come from each site and direction that it names, and from no other."""
    traffic = make_traffic(None, registry, rate=4.0, seed=1)
    start_ns = traffic.scenario.start_ns
    passages = [step.passages for step in traffic.play(until_ns=start_ns + 600 * 10**9)]
    seen = {(row["site"].decode(), int(row["direction"])) for rows in passages for row in rows[["site", "direction"]]}
    sites = traffic.world.roads.sites
    assert seen == {(site.id, int(lane.direction)) for site in sites for lane in site.lanes.values()}


def test_the_smallest_registry_will_do(small: Path) -> None:
    """A registry that names no vehicle, no other direction and no second site."""
    traffic = make_traffic(None, small, rate=2.0, seed=1)
    start_ns = traffic.scenario.start_ns
    passages = [step.passages for step in traffic.play(until_ns=start_ns + 300 * 10**9)]
    assert {row.decode() for rows in passages for row in rows["site"].tolist()} == {"S999-K001"}


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (
            '[[planted]]\nkind = "site_dark"\nafter_s = 1\nsite = "G104-K012"',
            ("planted[0].site", "'G104-K012'", "one of S999-K001"),
        ),
        (
            '[[planted]]\nkind = "repeat"\nafter_s = 1\ncorridor = "G104"',
            ("planted[0].corridor", "'G104'", "one of S999"),
        ),
        ('[[corridor]]\nid = "G104"', ("corridor", "'G104'", "one of S999, S998")),
        ("seed = ", ("scenario.toml",)),
    ],
)
def test_a_scenario_that_does_not_fit_the_registry_is_refused(
    small: Path, tmp_path: Path, scenario: str, said: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What it names, where, and what the registry has instead; before anything is published."""
    (tmp_path / "scenario.toml").write_text(scenario, "utf-8")
    assert run("--sites", str(small), "--scenario", str(tmp_path / "scenario.toml")) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert [words for words in said if words not in captured.err] == []


def test_a_registry_without_a_site_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could be weighed there."""
    (tmp_path / "sites.toml").write_text(
        '[[corridor]]\nid = "S999"\nname = "somewhere"\ntimezone = "Asia/Tokyo"\n', "utf-8"
    )
    assert run("--sites", str(tmp_path / "sites.toml")) == 1
    assert "error: the registry has no site with lanes" in capsys.readouterr().err


def test_json_is_one_document_of_what_was_published(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over the sites of the registry that the settings name; nothing on stderr."""
    monkeypatch.setenv("WIM_REGISTRY", str(EXAMPLE))
    with embedded.start() as servers:
        monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", servers)
        assert not run("--rate", "20", "--seconds", "2", "--json")
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["published"] > 0
    assert (document["sites"], document["passages_per_s"]) == (2, 20.0)
    assert captured.err == ""
