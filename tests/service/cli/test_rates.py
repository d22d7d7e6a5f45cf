"""`wim rates`: the API's figures at a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from service.cli import main
from service.store import rates
from service.store.engine import open_store
from service.store.tally import Series
from tests.service.store.counting import Event, tally_of
from wim.records import Direction, Flag

ZONE = "Asia/Shanghai"
#: 2026-05-01T00:00:00+08:00.
MAY_S = 1_777_564_800
DAY_S = 86_400

REGISTRY = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"

[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4

[[site.lane]]
number = 1
direction = "up"
"""


@pytest.fixture(autouse=True)
def database(sqlite_ready: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 trucks a day on the first three days of May: 10, 20, then 40 of them over the limit."""
    (tmp_path / "sites.toml").write_text(REGISTRY, "utf-8")
    monkeypatch.setenv("WIM_DATABASE__URL", sqlite_ready)
    monkeypatch.setenv("WIM_REGISTRY", str(tmp_path / "sites.toml"))
    monkeypatch.setenv("COLUMNS", "300")
    series = Series("G104", "G104-K012", 1, Direction.UP, "cn-2016", ZONE)
    overs = (10, 20, 40)
    events = [
        Event(series, MAY_S + day * DAY_S, 6, 2, 0, 100, 100, over, over, 0, 80) for day, over in enumerate(overs)
    ]
    count(sqlite_ready, events)


def count(url: str, events: list[Event]) -> None:
    """Add the events to the counts."""
    store = open_store(url, check=False)
    with store.writing() as conn:
        rates.add(conn, tally_of(events), now_s=0)
    store.close()


def run(*arguments: str) -> object:
    """The exit status of `wim rates` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["rates", *arguments])
    return ended.value.code


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The answer for the one corridor."""
    assert not run("--json", "--direction", "up", *arguments)
    (found,) = json.loads(capsys.readouterr().out)["corridors"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("compare", "from_", "percent", "points"),
    [
        ("previous", "2026-05-02", 20.0, 20.0),
        ("2026-05-01/2026-05-02", "2026-05-01", 10.0, 30.0),
        ("2026-05-01/2026-05-03", "2026-05-01", 15.0, 25.0),
        ("year", "2025-05-03", None, None),
    ],
)
def test_a_rate_is_set_against_another_period(
    capsys: pytest.CaptureFixture[str], compare: str, from_: str, percent: float | None, points: float | None
) -> None:
    """The period before, the year before, or any other: the difference in points with its interval."""
    found = document(capsys, "--from", "2026-05-03", "--to", "2026-05-04", "--compare", compare)
    assert (found["compare"]["with"], found["compare"]["from"][:10]) == (compare, from_)
    (row,) = found["rows"]
    compared = row["compared"]
    assert (compared["rate_percent"], compared["difference_points"]) == (percent, points)
    if points is not None:
        assert compared["difference_low_points"] < points < compared["difference_high_points"]


def test_the_table_shows_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    """Rate, the other period's rate, and the difference with its sign; none of it where nothing is compared."""
    asked = ("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up")
    assert not run(*asked, "--compare", "2026-05-01/2026-05-02")
    shown = capsys.readouterr().out
    assert [words for words in ("40.00", "2026-05-01 … 2026-05-02", "10.00", "+30.00") if words not in shown] == []
    assert "may be chance" not in shown
    assert not run(*asked)
    assert "points" not in capsys.readouterr().out


def test_the_table_says_which_difference_may_be_chance(sqlite_ready: str, capsys: pytest.CaptureFixture[str]) -> None:
    """42 of 100 against 40 of 100, in the same words as the API's `differs`."""
    series = Series("G104", "G104-K012", 1, Direction.UP, "cn-2016", ZONE)
    count(sqlite_ready, [Event(series, MAY_S + 3 * DAY_S, 6, 2, 0, 100, 100, 42, 42, 0, 80)])
    assert not run("--from", "2026-05-04", "--to", "2026-05-05", "--direction", "up", "--compare", "previous")
    shown = capsys.readouterr().out
    assert "+2.00 ≈" in shown
    assert "may be chance" in shown


def test_the_share_of_plates_read_stands_beside_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    """80 of 100 passages had a plate; a day without passages has no share."""
    assert not run("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up")
    assert "80.0" in capsys.readouterr().out
    assert document(capsys, "--from", "2026-05-03", "--to", "2026-05-04")["rows"][0]["plate_read_percent"] == 80.0
    assert document(capsys, "--from", "2026-04-01", "--to", "2026-04-02")["rows"][0]["plate_read_percent"] is None


def test_a_period_without_data_is_no_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is subtracted from what nobody measured."""
    assert not run("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up", "--compare", "year")
    shown = capsys.readouterr().out
    assert "no data" in shown
    assert "+40" not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--compare", "yesterday"), "compare: is 'yesterday'; write previous, year or a period"),
        (("--from", "2026-05-04", "--to", "2026-05-03"), "to: is not after `from`; write the end after the beginning"),
        (("G105",), "there is no corridor 'G105'; choose from G104"),
    ],
)
def test_a_question_without_an_answer_is_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """Exit status 1, which part is wrong, and what to ask instead."""
    assert run(*arguments) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("bucket", [None, "hour", "day", "month"])
@pytest.mark.parametrize("by", [None, "axles", "band", "lane", "site"])
def test_nothing_is_cut_at_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bucket: str | None, by: str | None
) -> None:
    """Every figure and every period is whole in a narrow terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    more = [*(["--bucket", bucket] if bucket else []), *(["--by", by] if by else [])]
    assert not run("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up", *more)
    shown = capsys.readouterr().out
    when = {"hour": "2026-05-03 00:00", "month": "2026-05-0"}.get(bucket or "", "2026-05-03")
    assert [words for words in (when, "40.00", "80.0", "trucks", "plates") if words not in shown] == []
    assert "…" not in shown.replace(" … ", "")
    assert "T00:00" not in shown


@pytest.mark.parametrize("asked", [(), ("--by", "lane"), ("--bucket", "hour"), ("--compare", "previous")])
def test_the_usual_tables_stand_in_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    """No line is longer than the terminal is wide, with the net rate too."""
    monkeypatch.setenv("COLUMNS", "80")
    count(f"sqlite:///{tmp_path / 'wim.db'}", [copied(8054)])
    assert not run("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up", *asked)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if cell_len(line.rstrip()) > 80] == []


def copied(trucks: int) -> Event:
    """Trucks of the third day that were generated, not measured; half of them above the limit."""
    series = Series("G104", "G104-K012", 1, Direction.UP, "cn-2016", ZONE)
    over, reason = trucks // 2, int(Flag.SIDES_COPIED).bit_length()
    return Event(series, MAY_S + 2 * DAY_S, 6, 2, reason, trucks, trucks, over, over, 0, 0)


def test_the_net_rate_stands_beside_the_raw_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Both rates in the row and, below, which trucks net leaves out; neither where nothing is left out."""
    asked = ("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up")
    assert not run(*asked)
    plain = capsys.readouterr().out
    assert "net" not in plain
    assert "excluded" not in plain
    count(f"sqlite:///{tmp_path / 'wim.db'}", [copied(8054)])
    assert not run(*asked)
    shown = capsys.readouterr().out
    raw = f"{100 * (8054 // 2 + 40) / 8154:.2f}"
    [row] = [line for line in shown.splitlines() if line.startswith("up")]
    assert {raw, "40.00"} <= set(row.split())
    assert "excluded: SIDES_COPIED 8 054 trucks" in shown


def test_a_lane_is_named_with_its_site(capsys: pytest.CaptureFixture[str]) -> None:
    """A lane's number is unique in its site only."""
    assert not run("--from", "2026-05-03", "--to", "2026-05-04", "--direction", "up", "--by", "lane")
    [row] = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("up")]
    assert row[:3] == ["up", "G104-K012", "1"]


def test_a_terminal_needs_no_http() -> None:
    """The question is shared with the API, the API itself is not loaded."""
    script = "import sys, service.cli.rates; print('fastapi' in sys.modules, 'service.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
