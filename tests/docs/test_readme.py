"""README.md: what it shows can be typed, and what it says of the project is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages
from tests.docs.pages import PROJECT
from tests.house import tree
from tests.kafka.counting import wait_for
from tests.servers import processes
from tests.system.running import Installation
from wim.formats import FORMATS

README = pages.page("README.md")
PICTURE = PROJECT / "docs" / "img" / "flow.svg"
#: Chapters whose commands need no server.
WITHOUT_SERVERS = (
    "判一個檔 Judge a file",
    "為何如此判 Explain a verdict",
    "量一個檔 Measure a file",
    "模擬信號 Simulate signals",
)
#: Kernels may have to be compiled first.
PATIENCE_SECONDS = 600.0


def chapter(title: str) -> str:
    """What stands under a heading."""
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def commands(title: str) -> list[str]:
    """The lines to be typed in a chapter, without what explains them."""
    return [
        line.partition(" #")[0].strip() for block in pages.blocks(chapter(title), "sh") for line in block.splitlines()
    ]


@pytest.fixture
def shell(tmp_path: Path, june_csv: Path) -> Callable[[str], str]:
    """`shell(line)` runs a line as a person does in the project's folder, whose `record.csv.gz` is the June record."""
    for name in ("tests", "deploy"):
        (tmp_path / name).symlink_to(PROJECT / name)
    (tmp_path / "record.csv.gz").symlink_to(june_csv)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    return run


@pytest.mark.parametrize("line", [line for title in WITHOUT_SERVERS for line in commands(title)])
def test_a_command_that_needs_no_server_works_as_shown(shell: Callable[[str], str], line: str) -> None:
    """On the project's own vectors, and on a real record in place of the reader's."""
    shell(line)


def test_the_summary_of_the_record_is_the_expected_one(shell: Callable[[str], str], shared_data: Path) -> None:
    """The command that README shows prints what an independent implementation computed."""
    (line,) = [line for line in commands(WITHOUT_SERVERS[0]) if line.endswith("--json")]
    expected = json.loads((shared_data / "expected_june2021_days01-15.json").read_text("utf-8"))
    printed = json.loads(shell(line))
    assert {name: printed[name] for name in ("passages", "trucks", "violations")} == {
        name: expected[name] for name in ("passages", "trucks", "violations")
    }


def test_the_explanation_that_is_shown_is_the_one_that_is_printed(shell: Callable[[str], str]) -> None:
    """Every line of the excerpt is a line of the real output."""
    (line,) = [line for line in commands(WITHOUT_SERVERS[1]) if "explain" in line]
    (excerpt,) = pages.blocks(chapter(WITHOUT_SERVERS[1]), "")
    assert set(excerpt.splitlines()) <= set(shell(line).splitlines())


@pytest.fixture
def installation(
    start_kafka: Callable[[int], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """An empty broker and a database file that is not there yet, named as the chapter's first line names them."""
    (export,) = [line for line in commands("正式運行 Run for real") if line.startswith("export ")]
    named = dict(pair.split("=", 1) for pair in export.split()[1:])
    monkeypatch.setenv("WIM_API__PORT", str(processes.free_ports(1)[0]))
    (tmp_path / "sites.toml").write_text((PROJECT / named["WIM_REGISTRY"]).read_text("utf-8"), "utf-8")
    installed = Installation(start_kafka(1).bootstrap_servers, f"sqlite:///{tmp_path / 'wim.db'}", tmp_path)
    yield installed
    installed.end()


def words(line: str) -> tuple[str, ...]:
    """The arguments of a `wim` command line."""
    return tuple(line.partition("wim ")[2].split())


def test_the_chapters_with_servers_work_line_by_line(
    installation: Installation, june_csv: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed in their order: what stays stays, what ends ends well, the rates are right and the replay comes to pass."""
    real, again = commands("正式運行 Run for real"), commands("重放 Replay a record")
    assert [words(line)[0] for line in real if "wim " in line] == ["topics", "db", "worker", "api"]
    for line in real[2:4]:
        installation.run(*words(line))
    worker = installation.start(*words(real[4]))
    monkeypatch.setenv(*real[5].split()[0].split("=", 1))
    api = installation.start(*words(real[5]))
    wait_for(lambda: "demo-duty" in api.log.read_text("utf-8"), PATIENCE_SECONDS, "the API's tokens")
    wait_for(lambda: "taken over" in worker.log.read_text("utf-8"), PATIENCE_SECONDS, "the worker")
    fill, rates, relive = (words(line.replace("record.csv.gz", str(june_csv))) for line in again)
    installation.run(*fill)
    by_lane = json.loads((shared_data / "expected_june2021_days01-15.json").read_text("utf-8"))["by_lane"]
    trucks = [lane["trucks"] for lane in by_lane.values()]
    wait_for(lambda: shown_trucks(installation, rates) == trucks, PATIENCE_SECONDS, "the record's rates")
    installation.start(*relive)
    wait_for(lambda: passages_today(installation) > 0, PATIENCE_SECONDS, "a passage of today")


def shown_trucks(installation: Installation, rates: tuple[str, ...]) -> list[int]:
    """Trucks of each direction, as the command prints them."""
    return [row["trucks"] for row in json.loads(installation.run(*rates, "--json"))["corridors"][0]["rows"]]


def passages_today(installation: Installation) -> int:
    """Passages of today on the corridor."""
    told = json.loads(installation.run("rates", "G104", "--direction", "both", "--json"))
    return int(told["corridors"][0]["rows"][0]["passages"])


def test_the_two_commands_are_makes() -> None:
    """So too `make check` and `make kafka`."""
    targets = set(re.findall(r"^([a-z-]+):", pages.page("Makefile"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)\b", README)) - {"up"} <= targets
    assert commands("兩條命令 Two commands") == ["make demo", "make test"]


def test_the_formats_are_all_named() -> None:
    """Every reader, and none besides."""
    paragraph = chapter(WITHOUT_SERVERS[0]).split("```")[2]
    assert set(re.findall(r"`([\w-]+)`", paragraph)) == set(FORMATS)


def test_the_way_of_a_passage_is_under_ten_files_that_are_there() -> None:
    """Each is linked under its own path, each once."""
    listed = re.findall(r"^\d\. \[`([^`]+)`\]\(([^)]+)\)", README, re.MULTILINE)
    assert [shown for shown, _ in listed] == [target for _, target in listed]
    assert 0 < len(set(listed)) == len(listed) < 10
    assert all((PROJECT / path).is_file() for path, _ in listed)


def test_the_rooms_and_their_arrows_are_those_that_are_checked() -> None:
    """The order of the layers is import-linter's."""
    contracts = tomllib.loads(pages.page("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert f"`{' → '.join(layers)}`" in README


def test_the_picture_reads_by_itself_in_light_and_dark() -> None:
    """Well-formed, with a title for those who cannot see it, two colour schemes, and nothing fetched."""
    svg = PICTURE.read_text("utf-8")
    root = ElementTree.fromstring(svg)
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "prefers-color-scheme: dark" in svg
    assert re.findall(r"(?:href|src)=\"[^\"]*\"|url\((?!#)[^)]*\)|@import", svg) == []


def test_the_topics_in_the_picture_are_ours() -> None:
    """Names as the table of topics has them."""
    named = set(re.findall(r">([a-z.]+\.v1)<", PICTURE.read_text("utf-8")))
    assert named
    assert all(f'"{name}"' in tree.text(Path("src/service/topics.py")) for name in named)
