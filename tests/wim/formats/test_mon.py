"""BTLS MON: the real record, and what a line may be."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wim.formats import Chunk, ReadOptions, open_passages
from wim.records import Flag, Passages, text

#: Two axles, 1 840 kg, 72 km/h, direction 0; made up in the layout of the format.
LINE = "    47555 4 72012 0 011940 2 2  1840 72 3400101800 1030 2750  810    0"


def read(path: Path, *lines: str, options: ReadOptions | None = None) -> list[Chunk]:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return list(open_passages(path, "mon", options))


def put(first: int, value: str) -> str:
    """LINE with other characters from column `first`, counted from 1."""
    return LINE[: first - 1] + value + LINE[first - 1 + len(value) :]


@pytest.fixture(scope="module")
def vehicles(mon_file: Path) -> Passages:
    """The whole real record."""
    chunks = list(open_passages(mon_file))
    assert [fault for chunk in chunks for fault in chunk.faults] == []
    return np.concatenate([chunk.passages for chunk in chunks])


def test_the_real_record_is_read_whole(vehicles: Passages, shared_data: Path) -> None:
    """Every vehicle is there, and the trucks by axle count are those of the independent count."""
    expected = json.loads((shared_data / "expected_btls_mon_1000.json").read_text("utf-8"))
    trucks = vehicles[vehicles["gross_kg"] >= 4_500]
    counts = {str(axles): int((trucks["axle_count"] == axles).sum()) for axles in np.unique(trucks["axle_count"])}
    assert len(vehicles) == expected["passages"]
    assert counts == {axles: row["trucks"] for axles, row in expected["by_axles"].items()}


def test_the_axles_of_the_real_record_make_its_gross_weight(vehicles: Passages) -> None:
    """The axles of every vehicle sum to its gross weight, and no vehicle is shorter than its wheelbase."""
    assert (vehicles["left_kg"].sum(axis=1, dtype=np.int64) == vehicles["gross_kg"]).all()
    assert (vehicles["spacing_mm"].sum(axis=1, dtype=np.int64) <= vehicles["length_mm"]).all()


def test_the_real_record_is_what_a_plain_reader_reads(vehicles: Passages, mon_file: Path) -> None:
    """Line by line, cutting text at the columns gives the same values."""
    for passage, line in zip(vehicles, mon_file.read_text("ascii").splitlines(), strict=True):
        day, month, year, hour, minute = (
            int(line[first:end]) for first, end in ((9, 11), (11, 13), (13, 17), (17, 19), (19, 21))
        )
        clock = datetime.datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert passage["time_ns"] == int(clock.timestamp()) * 10**9 + int(line[21:26]) * 10**6
        assert passage["sequence"] == int(line[:9])
        assert text(passage["site"]) == f"mon/{line[45]}"
        assert [passage["lane"], passage["direction"]] == [int(line[44]), int(line[45])]
        axles = passage["axle_count"]
        assert passage["left_kg"][:axles].tolist() == [int(line[50 + 10 * i : 55 + 10 * i]) for i in range(axles)]
        assert passage["spacing_mm"][: axles - 1].tolist() == [
            int(line[55 + 10 * i : 60 + 10 * i]) for i in range(axles - 1)
        ]


def test_whole_axles_are_marked_as_such(vehicles: Passages) -> None:
    """The format knows no left and right: every passage says so, and the right side stays empty."""
    assert (vehicles["flags"] == Flag.AXLE_ONLY).all()
    assert not vehicles["right_kg"].any()


def test_a_short_line_is_enough(tmp_path: Path) -> None:
    """A line may end behind its last axle."""
    (chunk,) = read(tmp_path / "m", LINE.removesuffix("    0"), options=ReadOptions(site="N4"))
    assert chunk.passages["left_kg"][0].tolist()[:3] == [1030, 810, 0]
    assert text(chunk.passages["site"][0]) == "N4/0"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (put(1, "         "), "sequence"),
        (put(10, "31 2"), "time"),
        (put(12, "13"), "time"),
        (put(18, "24"), "time"),
        (put(22, "60000"), "time"),
        (put(27, " 0"), "axle_count"),
        (put(27, "17"), "axle_count"),
        (put(27, " 3"), "axle weight"),
        (put(27, " 1"), "left_kg"),
        (put(31, "  -1"), "gross_kg"),
        (put(40, "65536"), "length_mm"),
        (put(46, "2"), "direction"),
        (put(51, "65536"), "left_kg"),
        (put(56, "65536"), "spacing_mm"),
        (put(51, "     "), "axle weight"),
        (LINE[:40], "length_mm"),
        ("vehicle", "year"),
    ],
)
def test_a_wrong_line_is_one_fault(line: str, reason: str, tmp_path: Path) -> None:
    """A wrong line is reported with its number and what is wrong, and its neighbours are read."""
    (chunk,) = read(tmp_path / "m", LINE, line, LINE)
    (fault,) = chunk.faults
    assert fault.line == 2
    assert fault.reason.startswith(reason)
    assert len(chunk.passages) == 2
