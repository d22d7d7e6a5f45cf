"""docs/method/simulation.md: its commands can be typed, and its table is the code's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sensors.simulator.scenario_file import parse_scenario
from sensors.simulator.signals.faults import FAULTS, SIZED
from service.cli import main
from tests.docs import pages

PAGE = pages.page("docs/method/simulation.md")
ROWS = re.findall(r"^\| `(\w+)` \| .+ \|(.*)\|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("line", [line for block in pages.blocks(PAGE, "sh") for line in block.splitlines()])
def test_a_command_works_as_shown_without_a_broker(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, which then has the files that it names."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(line.split()[1:])
    assert not ended.value.code
    named = {word for word in line.split() if word.endswith((".wimf", ".jsonl", ".toml"))}
    assert named <= {path.name for path in tmp_path.iterdir()}


def test_every_fault_stands_in_the_table() -> None:
    """Each name once, and a size where it has one."""
    assert sorted(name for name, _ in ROWS) == sorted(FAULTS)
    assert {name for name, size in ROWS if size.strip()} == SIZED


def test_the_faults_that_are_shown_can_be_written() -> None:
    """The block is a scenario file."""
    [block] = pages.blocks(PAGE, "toml")
    scenario = parse_scenario(tomllib.loads(block), "simulation.md")
    assert [plan.kind for plan in scenario.faults] == ["gain_step", "straddle"]
