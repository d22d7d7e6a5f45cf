"""The June 2021 table: the real record, and what any row may be."""

from __future__ import annotations

import csv
import datetime
import gzip
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wim.formats import CHUNK_ROWS, Chunk, FormatError, ReadOptions, open_passages
from wim.formats.june_csv import COLUMNS
from wim.records import Passages, Source, text

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROW = dict.fromkeys(COLUMNS, "0") | {
    "time": "2021-06-01 00:00:32", "lane": "2", "axle_count": "3", "gross_kg": "7450", "speed_kmh": "40",
    "left_wheel_1_kg": "1520", "left_wheel_2_kg": "2350", "left_wheel_3_kg": "10", "right_wheel_1_kg": "1390",
    "right_wheel_2_kg": "2170", "right_wheel_3_kg": "10", "spacing_1_mm": "3308", "spacing_2_mm": "1300",
}  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("june") / "table.csv"


def line(**values: str) -> str:
    return ",".join((ROW | values)[name] for name in COLUMNS)


def read(path: Path, *lines: str, options: ReadOptions | None = None) -> list[Chunk]:
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", "utf-8")
    return list(open_passages(path, "june-csv", options))


@pytest.fixture(scope="module")
def june(june_csv: Path) -> Passages:
    """The whole real record."""
    chunks = list(open_passages(june_csv))
    assert [fault for chunk in chunks for fault in chunk.faults] == []
    assert max(len(chunk.passages) for chunk in chunks) <= CHUNK_ROWS
    return np.concatenate([chunk.passages for chunk in chunks])


def test_the_real_record_is_read_whole(june: Passages, shared_data: Path) -> None:
    """Every crossing is there, and the trucks of each lane and axle count are those of the independent count."""
    expected = json.loads((shared_data / "expected_june2021_days01-15.json").read_text("utf-8"))
    trucks = june[june["gross_kg"] >= 4_500]
    assert len(june) == expected["passages"]
    for field, counts in (("lane", expected["by_lane"]), ("axle_count", expected["by_axles"])):
        assert {str(value): int((trucks[field] == value).sum()) for value in np.unique(trucks[field])} == {
            key: row["trucks"] for key, row in counts.items()
        }


def test_the_wheels_of_the_real_record_make_its_gross_weight(june: Passages) -> None:
    """The wheel loads of every vehicle sum to its gross weight, as the record's authors say."""
    wheels = june["left_kg"].sum(axis=1, dtype=np.int64) + june["right_kg"].sum(axis=1, dtype=np.int64)
    assert (wheels == june["gross_kg"]).all()


def test_the_real_record_is_what_a_plain_reader_reads(june: Passages, june_csv: Path) -> None:
    """Row by row the csv module and the calendar give the same values."""
    with gzip.open(june_csv, "rt", encoding="utf-8") as file:
        for passage, row in zip(june, csv.DictReader(file), strict=True):
            moment = datetime.datetime.strptime(row["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
            axles = int(row["axle_count"])
            assert passage["time_ns"] == int(moment.timestamp()) * 10**9
            assert [passage["lane"], passage["gross_kg"], passage["speed_kmh"]] == [
                float(row[name]) for name in ("lane", "gross_kg", "speed_kmh")
            ]
            for field, stem, width in (
                ("left_kg", "left_wheel_{}_kg", axles),
                ("right_kg", "right_wheel_{}_kg", axles),
                ("spacing_mm", "spacing_{}_mm", axles - 1),
            ):
                wanted = [int(row[stem.format(place)]) for place in range(1, width + 1)]
                assert passage[field].tolist() == wanted + [0] * (len(passage[field]) - width)


def test_every_crossing_of_the_real_record_has_an_identity_of_its_own(june: Passages) -> None:
    """Two vehicles of a lane in the same second differ in their sequence, and nothing else is invented."""
    identity = june[["site", "lane", "part", "origin_ns", "sequence"]]
    assert len(np.unique(identity)) == len(june)
    assert june["sequence"].max() == 1
    assert set(june["source"].tolist()) == {Source.FILE}
    assert set(june["plate"].tolist()) == {b""}


def test_time_and_site_follow_the_options(tmp_path: Path) -> None:
    """A table of another place is read in that place's zone and under its site."""
    options = ReadOptions(zone=ZoneInfo("America/New_York"), site="I95")
    (chunk,) = read(tmp_path / "t.csv", line(), options=options)
    assert chunk.passages["time_ns"].tolist() == [1_622_520_032 * 10**9]
    assert text(chunk.passages["site"][0]) == "I95"


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    """The header names the columns: their order is free, further ones are ignored, as are line ends and a BOM."""
    names = [*reversed(COLUMNS), "remark"]
    path = tmp_path / "t.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + "\r\n".join([",".join(names), ",".join([ROW.get(name, "x") for name in names])]).encode()
    )
    assert next(open_passages(path)).passages.tobytes() == read(tmp_path / "u.csv", line())[0].passages.tobytes()


@pytest.mark.parametrize("content", [b"", b"time,lane\n1,2\n", b"\n", b"\xff\xfe\n"])
def test_a_header_that_is_not_the_tables_is_refused(content: bytes, tmp_path: Path) -> None:
    """Without its columns nothing of a table can be read; the error names the file."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"t\.csv: .*(header|empty)"):
        open_passages(path, "june-csv")


def test_an_unknown_speed_is_no_fault(tmp_path: Path) -> None:
    """An empty speed is unknown."""
    (chunk,) = read(tmp_path / "t.csv", line(speed_kmh=""))
    assert np.isnan(chunk.passages["speed_kmh"]).tolist() == [True]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"time": "2021-02-29 00:00:00"}, "time"),
        ({"time": "2021-06-01 24:00:00"}, "time"),
        ({"time": "2021-06-01T00:00:32"}, "time"),
        ({"time": "2021-06-01 00:00:321"}, "time"),
        ({"time": ""}, "time"),
        ({"lane": "-1"}, "lane"),
        ({"lane": "256"}, "lane"),
        ({"lane": "1 2"}, "lane"),
        ({"gross_kg": "7450.0"}, "gross_kg"),
        ({"gross_kg": "4294967296"}, "gross_kg"),
        ({"gross_kg": "9" * 40}, "gross_kg"),
        ({"gross_kg": ""}, "gross_kg"),
        ({"axle_count": "0"}, "axle_count"),
        ({"axle_count": "7"}, "axle_count"),
        ({"axle_count": "17"}, "axle_count"),
        ({"axle_count": "2"}, "left_kg"),
        ({"left_wheel_4_kg": "10"}, "left_kg"),
        ({"spacing_3_mm": "10"}, "spacing_mm"),
        ({"left_wheel_1_kg": "65536"}, "left_kg"),
        ({"spacing_1_mm": "65536"}, "spacing_mm"),
        ({"speed_kmh": "fast"}, "speed_kmh"),
        ({"speed_kmh": "40,"}, "row"),
    ],
)
def test_a_wrong_row_is_one_fault_at_its_line(values: dict[str, str], reason: str, tmp_path: Path) -> None:
    """A wrong row is reported with its line and what is wrong, and its neighbours are read."""
    (chunk,) = read(tmp_path / "t.csv", line(), line(**values), "", line(lane="1"))
    (fault,) = chunk.faults
    assert fault.line == 3
    assert fault.reason.startswith(reason)
    assert chunk.passages["lane"].tolist() == [2, 1]


_FIELD = st.one_of(
    st.integers(0, 70_000).map(str),
    st.sampled_from(["", " 7 ", "007", "-1", "+1", "1e3", "0x10", "٣", "1 2", "1_0", "9" * 30, ",", '"7"', "\x00"]),
)
_LIMITS = {"lane": 255, "axle_count": 6, "gross_kg": 2**32 - 1, "speed_kmh": 10**10 - 1}


def is_right(name: str, field: str) -> bool:
    """Whether a number may stand in a column, by the plain reading of the format's table."""
    if name == "speed_kmh" and not field.strip(" "):
        return True
    return bool(re.fullmatch(" *[0-9]+ *", field)) and int(field) <= _LIMITS.get(name, 65_535)


@settings(deadline=None)
@given(st.sampled_from([name for name in COLUMNS if name not in ("time", "axle_count")]), _FIELD)
def test_a_field_is_a_number_or_a_fault(scratch: Path, name: str, field: str) -> None:
    """A field is taken exactly where the plain reading of the format takes it, in a row that it does not contradict."""
    six = {column: "1" for column in COLUMNS if column not in ("time", "axle_count")} | {"axle_count": "6"}
    (chunk,) = read(scratch, line(**(six | {name: field})))
    assert (len(chunk.passages), len(chunk.faults)) == ((1, 0) if is_right(name, field) else (0, 1))
