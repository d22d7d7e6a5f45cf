"""What `wim demo` shows: figures and plates whole in a small terminal, and a line that can be copied."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from service.demo.view import Heading, draw, shares

HEADING = Heading("http://127.0.0.1:8000", "d" * 43, "s" * 43, "p" * 43, "127.0.0.1:40001", "sqlite:////tmp/wim.db")


def corridor(number: int, direction: str) -> dict[str, Any]:
    """A row of rates."""
    return {
        "corridor": f"G{number}",
        "direction": direction,
        "passages": 123_456,
        "trucks": 54_321,
        "over_beyond_tolerance": 7_654,
        "rate_percent": 14.09,
        "rate_low_percent": 13.8,
        "rate_high_percent": 14.39,
        "hundred_tonne": 12,
    }


def intercept(number: int) -> dict[str, Any]:
    """A task for a squad."""
    passage = {"gross_kg": 123_450}
    best = {"corridor": "G104", "chainage_km": 112.4, "passage": passage, "limit_high_kg": 49_000}
    return {
        "id": str(number),
        "time": "2026-05-01T08:00:00Z",
        "plate": f"苏A{10_000 + number}",
        "plate_certain": False,
        "unverified": True,
        "reasons": ["hundred_tonne", "repeat_suspected"],
        "state": "open",
        "best": {**best, "rate_percent": 151.9},
    }


def picture(width: int, height: int, corridors: int, notice: str | None = None) -> list[str]:
    """The lines of a picture with both directions of some corridors and twenty intercepts."""
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    rates = [corridor(101 + number, way) for number in range(corridors) for way in ("up", "down")]
    newest = [intercept(number) for number in range(20)]
    console.print(draw(rates, newest, notice, width=width, rows=HEADING.room(console)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40)])
@pytest.mark.parametrize("corridors", [1, 3, 20])
@pytest.mark.parametrize(
    "notice", [None, "工作程序落後，模擬已停。The worker is 2 MB behind: the simulator was stopped."]
)
def test_corridors_and_intercepts_share_the_screen(width: int, height: int, corridors: int, notice: str | None) -> None:
    """Rates and at least three intercepts with every figure whole, with room left for the line to copy."""
    lines = picture(width, height, corridors, notice)
    assert len(lines) + math.ceil(len(HEADING.curl) / width) <= height
    assert max(cell_len(line) for line in lines) <= width
    for figures in (
        ["G101", "54,321", "7,654", "14.09 %", "13.80 … 14.39 %"],
        ["08:00:00", "苏A10000 ?", "G104 km 112.4"],
    ):
        assert [line for line in lines if all(figure in line for figure in figures)]
    assert len([line for line in lines if "苏A" in line and "123.45 t" in line and "+151.9 %" in line]) >= 3


def test_hidden_corridors_are_told() -> None:
    """Where only some corridors have room, the title says of how many."""
    assert any("of 40" in line for line in picture(80, 24, 20))
    assert not any("of 6" in line for line in picture(80, 24, 3))


@pytest.mark.parametrize(
    ("corridors", "intercepts", "rows", "given"),
    [(6, 20, 18, (6, 12)), (40, 20, 18, (9, 9)), (40, 2, 18, (16, 2)), (6, 0, 18, (6, 0)), (6, 8, 30, (6, 8))],
)
def test_room_that_one_table_leaves_the_other_takes(
    corridors: int, intercepts: int, rows: int, given: tuple[int, int]
) -> None:
    """Half each at most, and more where the other needs less."""
    assert shares(corridors, intercepts, rows) == given


def test_the_line_to_copy_is_printed_whole() -> None:
    """Nothing before it, nothing after it and no break of ours in it, however narrow the terminal."""
    console = Console(width=80, height=24, file=io.StringIO(), force_terminal=True)
    HEADING.print(console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[-1] == f"curl -s -H 'Authorization: Bearer {'d' * 43}' http://127.0.0.1:8000/v1/rates"
    assert lines == HEADING.lines()
