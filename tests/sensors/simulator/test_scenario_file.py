"""A scenario file is read whole or refused with every error and its remedy."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from sensors.simulator.scenario import FaultPlan, Scenario, ScenarioError
from sensors.simulator.scenario_file import demo_scenario, parse_scenario, read_scenario
from tests.sensors.simulator.runs import MIDNIGHT_NS, traffic_of
from wim.document import RegistryErrors
from wim.records import Direction

TEXT = """
seed = 9
start = 2026-06-01T00:00:00+08:00
rate_per_s = 2.5
hundred_tonne_share = 0.01

[camera]
unread = [0.1, 0.2]

[[corridor]]
id = "G104"
vehicles_per_day = 5_000

[[planted]]
kind = "repeat"
after_s = 20
corridor = "G104"
direction = "down"

[[planted]]
kind = "camera_dark"
after_s = 30
for_s = 90
site = "G104-K012"
lane = 2

[[fault]]
kind = "gain_step"
site = "G104-K012"
lane = 2
after_s = 60
for_s = 600
strip = "1L"
size = -0.2

[[fault]]
kind = "straddle"
site = "G104-K012"
share = 0.25
"""


def errors(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RegistryErrors) as raised:
        parse_scenario(tomllib.loads(text), "demo.toml")
    assert "demo.toml" in str(raised.value)
    return [(error.key, error.remedy) for error in raised.value.errors]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every key arrives; what is left out has its default."""
    path = tmp_path / "scenario.toml"
    path.write_text(TEXT, "utf-8")
    scenario = read_scenario(path)
    assert (scenario.seed, scenario.start_ns, scenario.rate_per_s) == (9, MIDNIGHT_NS, 2.5)
    assert scenario.camera.unread == (0.1, 0.2)
    assert scenario.of("G104").vehicles_per_day == 5_000
    assert scenario.of("S340") == Scenario().of("S340")
    repeat, dark = scenario.planted
    assert (repeat.kind, repeat.direction) == ("repeat", Direction.DOWN)
    assert (dark.site, dark.lane, dark.lasts_s) == ("G104-K012", 2, 90)
    assert scenario.faults == (
        FaultPlan("gain_step", "G104-K012", lane=2, after_s=60, for_s=600, strip="1L", size=-0.2),
        replace(FaultPlan("straddle", "G104-K012", share=0.25), size=scenario.faults[1].size),
    )
    assert math.isnan(scenario.faults[1].size)
    left_out = {field.name for field in dataclasses.fields(Scenario)} - {
        "seed", "start_ns", "rate_per_s", "hundred_tonne_share", "camera", "corridors", "planted", "faults",
    }  # fmt: skip
    assert all(getattr(scenario, name) == getattr(Scenario(), name) for name in left_out)


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("sed = 1", "sed", "seed"),
        ("watch_share = 1.5", "watch_share", "0 to 1"),
        ("step_s = 7", "step_s", "60"),
        ("start = 2026-06-01T00:00:00", "start", "+08:00"),
        ("[camera]\nunread = [0.1]", "camera.unread", "2"),
        ('[[planted]]\nkind = "quake"\nafter_s = 1', "planted[0].kind", "hundred_tonne"),
        ('[[planted]]\nkind = "repeat"\nafter_s = 1', "planted[0].corridor", "add"),
        ('[[planted]]\nkind = "site_dark"\nafter_s = 1\nsite = "A"\nlane = 2', "planted[0].lane", "known"),
        ("rate_hz = 10", "rate_hz", "1000"),
        ('[[fault]]\nkind = "quake"\nsite = "A"', "fault[0].kind", "dead_strip"),
        ('[[fault]]\nkind = "dead_strip"', "fault[0].site", "add"),
        ('[[fault]]\nkind = "stop_and_go"\nsite = "A"\nstrip = "1L"', "fault[0].strip", "known"),
        ('[[fault]]\nkind = "dead_strip"\nsite = "A"\nsize = 1', "fault[0].size", "site"),
        ('[[fault]]\nkind = "straddle"\nsite = "A"\nshare = 2', "fault[0].share", "1"),
    ],
)
def test_a_wrong_key_is_named_with_its_remedy(text: str, key: str, remedy: str) -> None:
    """The error says where, and what to write instead."""
    assert any(place == key and remedy in cure for place, cure in errors(text))


def test_all_errors_are_told_at_once() -> None:
    """One run shows everything that is wrong."""
    assert {place for place, _ in errors("sed = 1\nwatch_share = 2\n[camera]\nunred = [0, 1]")} == {
        "sed",
        "watch_share",
        "camera.unred",
    }


def test_a_scenario_in_code_is_checked_too() -> None:
    """A step that does not divide the minute would break the beats."""
    with pytest.raises(ScenarioError, match="step_s"):
        Scenario(step_s=7)
    with pytest.raises(ScenarioError, match=r"fault\.kind: is 'quake'; write one of dead_strip"):
        Scenario(faults=(FaultPlan("quake", "G104-K012"),))


def test_the_demo_plays_on_its_own_network() -> None:
    """The packaged scenario fits the packaged registry, and its first 百噸王 comes within half a minute."""
    scenario = demo_scenario()
    assert traffic_of(scenario).passages_per_s == scenario.rate_per_s
    first = min(event.after_s for event in scenario.planted if event.kind == "hundred_tonne")
    assert first <= 30
