"""The offender file: what a row means, and what is said of a wrong one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.offenders_file import COLUMNS, PastOutcome, read_offenders
from service.store.outcomes import OutcomeRow
from wim.formats.chunk import Fault, FormatError
from wim.records import UNKNOWN_COLOUR

#: 2026-06-01 00:00 in Shanghai.
NOW_NS = 1_780_243_200 * 10**9
DAY_NS = 86_400 * 10**9
HEADER = "plate,colour,time,kind,document_number,trip,source"
ROW = "苏A12345,1,2026-05-01 00:00:00,decided,ZJ-2026-17,,province"


def write(folder: Path, *lines: str, name: str = "offenders.csv", encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def rows(path: Path, zone: str = "Asia/Shanghai") -> list[PastOutcome | Fault]:
    """What is read from it."""
    return list(read_offenders(path, zone, NOW_NS))


def outcome(path: Path, zone: str = "Asia/Shanghai") -> OutcomeRow:
    """The outcome of a file with one right row."""
    (row,) = rows(path, zone)
    assert isinstance(row, PastOutcome), row
    return row.outcome


def reasons(path: Path) -> dict[int, str]:
    """The reason of each wrong row, by line."""
    return {row.line: row.reason for row in rows(path) if isinstance(row, Fault)}


def test_a_row_is_an_outcome_of_its_plate(tmp_path: Path) -> None:
    """A decision counts as decided and confirmed, never as suspected or simulated, under an id of its paper."""
    assert outcome(write(tmp_path, HEADER, ROW)) == OutcomeRow(
        id="import/province/ZJ-2026-17",
        trip=f"import/{NOW_NS - 31 * DAY_NS}",
        plate="苏A12345",
        plate_colour=1,
        time_ns=NOW_NS - 31 * DAY_NS,
        decided=True,
        confirmed=True,
        suspected=False,
        simulated=False,
        source="import",
        document='{"document_number": "ZJ-2026-17", "source": "province"}',
    )


def test_a_weight_on_a_scale_is_confirmed_and_not_decided(tmp_path: Path) -> None:
    """Only a penalty decision counts for the legal repeat."""
    found = outcome(write(tmp_path, HEADER, ROW.replace("decided", "confirmed")))
    assert (found.decided, found.confirmed) == (False, True)


@pytest.mark.parametrize("written", ["1", "黄", "黄色", "yellow"])
def test_a_colour_may_be_written_as_people_do(tmp_path: Path, written: str) -> None:
    """Code, Chinese and English name one colour."""
    assert outcome(write(tmp_path, HEADER, ROW.replace(",1,", f",{written},"))).plate_colour == 1


def test_what_is_left_out_is_unknown(tmp_path: Path) -> None:
    """Colour and trip need not be there, neither as fields nor as columns, and columns stand in any order."""
    path = write(tmp_path, "source,document_number,kind,time,plate", "a,1,decided,2026-05-01T00:00:00Z,苏A12345")
    found = outcome(path)
    assert (found.plate_colour, found.time_ns) == (UNKNOWN_COLOUR, NOW_NS - 31 * DAY_NS + 8 * 3_600 * 10**9)


@pytest.mark.parametrize(
    ("written", "zone", "hours"),
    [
        ("2026-05-01 00:00:00", "Asia/Shanghai", 0),
        ("2026-05-01T00:00", "Asia/Urumqi", 2),
        ("2026-05-01T00:00:00+06:00", "Asia/Shanghai", 2),
    ],
)
def test_a_time_without_zone_is_read_in_the_one_that_is_given(
    tmp_path: Path, written: str, zone: str, hours: int
) -> None:
    """A time that carries its own zone keeps it."""
    path = write(tmp_path, HEADER, ROW.replace("2026-05-01 00:00:00", written))
    assert outcome(path, zone).time_ns == NOW_NS - 31 * DAY_NS + hours * 3_600 * 10**9


def test_json_lines_mean_the_same(tmp_path: Path) -> None:
    """The same names, one object a line; null is left out."""
    fields = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
    as_json = json.dumps({**fields, "colour": 1, "trip": None}, ensure_ascii=False)
    assert outcome(write(tmp_path, as_json, name="offenders.jsonl")) == outcome(write(tmp_path, HEADER, ROW))


def test_what_excel_and_gzip_make_of_a_file_is_read(tmp_path: Path) -> None:
    """A byte order mark, carriage returns, quotes, blank lines and packing change nothing."""
    path = tmp_path / "offenders.csv.gz"
    quoted = ROW.replace("province", '"province, west"')
    path.write_bytes(gzip.compress(f"\ufeff{HEADER}\r\n\r\n{quoted}\r\n".encode()))
    (row,) = rows(path)
    assert isinstance(row, PastOutcome)
    assert (row.line, row.outcome.id) == (3, "import/province, west/ZJ-2026-17")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("苏A12345", "苏A-12345"), 'plate is "苏A-12345" (write it as a camera reads it, "苏A12345")'),
        (ROW.replace("苏A12345", "苏A1"), "counts as no plate"),
        (ROW.replace("苏A12345", ""), "plate is missing"),
        (ROW.replace(",1,", ",7,"), 'colour is "7" (write one of 0 蓝, 1 黄'),
        (ROW.replace("2026-05-01 00:00:00", "2026-05-01"), "write date and time of day"),
        (ROW.replace("2026-05-01 00:00:00", "1/5/2026 00:00"), 'time is "1/5/2026 00:00"'),
        (ROW.replace("2026-05-01", "2026-06-03"), "which is to come"),
        (ROW.replace("decided", "fined"), 'kind is "fined" (write "decided" or "confirmed")'),
        (ROW.replace("ZJ-2026-17", ""), "document_number is missing"),
        (ROW.replace("province", ""), "source is missing"),
        ("苏A12345,1", "2 fields, but the header names 7"),
        (ROW.replace("苏A12345", '"苏A12345'), "no line of CSV"),
    ],
)
def test_a_wrong_row_is_named_and_its_neighbours_are_read(tmp_path: Path, row: str, said: str) -> None:
    """Line, column, what is wrong and what to write; an open quote swallows nothing."""
    path = write(tmp_path, HEADER, ROW.replace("17", "1"), row, ROW.replace("17", "2"))
    found = rows(path)
    assert [one.line for one in found] == [2, 3, 4]
    assert [type(one) for one in found] == [PastOutcome, Fault, PastOutcome]
    assert said in reasons(path)[3]


def test_all_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    """Nobody mends a row three times."""
    path = write(tmp_path, HEADER, ROW.replace("苏A12345", "").replace("decided", "x").replace(",1,", ",9,"))
    assert all(name in reasons(path)[2] for name in ("plate", "kind", "colour"))


def test_another_encoding_is_a_wrong_row_with_its_remedy(tmp_path: Path) -> None:
    """Office programs of the region write GB 18030 by default."""
    path = write(tmp_path, HEADER, ROW, encoding="gb18030")
    assert reasons(path) == {2: "not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)"}


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", "the file is empty"),
        ("plate,time", "the header lacks kind, document_number, source"),
        (f"{HEADER},colr", 'the header names "colr"; did you mean "colour"?'),
        (f"{HEADER},plate", "the header names a column twice"),
        (HEADER.replace("source", '"source'), "line 1: no line of CSV"),
    ],
)
def test_a_file_without_a_right_header_is_not_read(tmp_path: Path, first: str, said: str) -> None:
    """A mistyped column would silently be left out of every row."""
    with pytest.raises(FormatError, match=r"offenders\.csv") as error:
        rows(write(tmp_path, first))
    assert said in str(error.value)


def test_an_unknown_key_of_json_is_a_wrong_row(tmp_path: Path) -> None:
    """It is named with the nearest real one; a line that is no object is a wrong row too."""
    fields = dict(zip(HEADER.split(","), ROW.split(","), strict=True)) | {"trip": None}
    lines = [json.dumps({**fields, "colr": 1}), "{", "7", json.dumps(fields)]
    path = write(tmp_path, *lines, name="offenders.jsonl")
    assert sorted(reasons(path)) == [1, 2, 3]
    assert 'colr is not a key of this table (did you mean "colour"?)' in reasons(path)[1]


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    """Whatever follows a right header, every line is an outcome, a named fault, or blank."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    body = b"\n".join(line.replace(b"\n", b"") for line in lines)
    path.write_bytes(HEADER.encode() + b"\n" + body)
    expected = [number for number, line in enumerate(body.split(b"\n"), 2) if line.strip()]
    assert [row.line for row in rows(path)] == expected


def test_the_documented_columns_are_those_that_are_read() -> None:
    """The module's table names each column once."""
    import service.offenders_file as module

    table = [line.split()[0] for line in (module.__doc__ or "").splitlines() if line[:1].islower() and "  " in line]
    assert [name for name in table if name in COLUMNS] == sorted(COLUMNS, key=table.index)
    assert set(COLUMNS) <= set(table)
