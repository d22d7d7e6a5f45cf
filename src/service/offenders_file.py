"""The offender file: what was decided or confirmed before this system looked, one trip's paper a row.

CSV (UTF-8, commas, one header line that names the columns in any order) or JSON lines (one object a line, the same
names), plain or gzip.

===============  ====  ===============================================================================================
column           must  meaning
===============  ====  ===============================================================================================
plate            yes   as a camera reads it, letters and digits only: 苏A12345
colour                 of the plate: 0 … 5 as in a passage, or 蓝 黄 黑 白 绿 黄绿, 蓝色 …, blue …; empty = not known
time             yes   of the crossing or the weighing, not of the paper: RFC 3339 with a zone, or local date and time
kind             yes   `decided` (a penalty decision, which implies confirmed) or `confirmed` (static weight above the
                       limit)
document_number  yes   of the decision or the weigh slip; with `source` it names the row
trip                   what joins the papers of one plate's journey, best the id of our own case; empty = the time
source           yes   the register that the row was drawn from: 江苏省治超平台
===============  ====  ===============================================================================================

The row's id follows from source and document number: the same paper again, also corrected, takes the place of its
former self. Times without zone are in the zone that the caller gives. Neither id nor trip holds the plate, which a
purge must find in one place only.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rules.permits import plate_text
from service.store.outcomes import OutcomeRow
from wim.document import (
    Reader,
    RegistryError,
    RegistryErrors,
    Table,
    WrongValueError,
    is_number,
    nearest,
    one_of,
    parse_item,
    shown,
    text,
)
from wim.formats.chunk import Fault, FormatError
from wim.formats.json_rows import json_rows, starts_as_json
from wim.formats.source import head_of, line_blocks, opened
from wim.periods import moment
from wim.records import DAY_NS, UNKNOWN_COLOUR

REQUIRED = ("plate", "time", "kind", "document_number", "source")
COLUMNS = (*REQUIRED, "colour", "trip")
KINDS = ("decided", "confirmed")

_CHINESE = ("蓝", "黄", "黑", "白", "绿", "黄绿")
_ENGLISH = ("blue", "yellow", "black", "white", "green", "yellow-green")
#: Every way to write a colour.
_COLOUR_CODES = {
    written: code
    for code, (chinese, english) in enumerate(zip(_CHINESE, _ENGLISH, strict=True))
    for written in (str(code), chinese, f"{chinese}色", english)
}
#: `2026-03-01`, and no time of day.
_DATE_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class PastOutcome:
    """A right row, and the line on which it stands."""

    line: int
    outcome: OutcomeRow


def read_offenders(path: Path, zone: str, now_ns: int) -> Iterator[PastOutcome | Fault]:
    """The rows of a file in their order. Raises FormatError where nothing can be read."""
    values = _json_values(path) if starts_as_json(head_of(path)) else _csv_values(path)
    read = partial(_outcome, zone=zone, now_ns=now_ns)
    for item in values:
        if isinstance(item, Fault):
            yield item
            continue
        line, value = item
        try:
            yield PastOutcome(line, parse_item(value, str(path), read))
        except RegistryErrors as errors:
            yield Fault(line, ", ".join(map(_reason, errors.errors)))


def _reason(error: RegistryError) -> str:
    return f"{error.key} {error.problem} ({error.remedy})".lstrip()


#: A row's line and what stands in it, by column.
_Values = Iterator[tuple[int, Any] | Fault]


def _json_values(path: Path) -> _Values:
    for rows in json_rows(path):
        found: list[tuple[int, Any] | Fault] = [*zip(rows.lines, rows.values, strict=True), *rows.faults]
        yield from sorted(found, key=lambda item: item.line if isinstance(item, Fault) else item[0])


def _csv_values(path: Path) -> _Values:
    header: list[str] | None = None
    for line, raw in _lines(path):
        fields = _fields(raw)
        if header is None:
            header = _header(path, fields)
        elif isinstance(fields, str):
            yield Fault(line, fields)
        elif len(fields) != len(header):
            yield Fault(line, f"{len(fields)} fields, but the header names {len(header)}; put quotes around commas")
        else:
            # An empty field is one that was left out.
            yield line, {name: value for name, value in zip(header, fields, strict=True) if value}
    if header is None:
        raise FormatError(path, "the file is empty", f"give a file whose first line names {', '.join(REQUIRED)}")


def _lines(path: Path) -> Iterator[tuple[int, bytes | Fault]]:
    """The lines that are not blank, each with its number."""
    with opened(path) as stream:
        for block in line_blocks(stream):
            yield from ((fault.line, fault) for fault in block.faults)
            for number, line in enumerate(block.data.split(b"\n"), block.first_line):
                if line.strip():
                    yield number, line


def _fields(raw: bytes | Fault) -> list[str] | str:
    """The fields of one line, or why it has none. A line is read by itself: an open quote swallows no neighbour."""
    if isinstance(raw, Fault):
        return raw.reason
    try:
        return [field.strip() for field in next(csv.reader([raw.decode().rstrip("\r")], strict=True))]
    except UnicodeDecodeError:
        return "not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)"
    except csv.Error as error:
        return f"no line of CSV ({error})"


def _header(path: Path, fields: list[str] | str) -> list[str]:
    remedy = f"the first line names {', '.join(REQUIRED)} and, where known, colour, trip"
    if isinstance(fields, str):
        raise FormatError(path, f"line 1: {fields}", remedy)
    if missing := [name for name in REQUIRED if name not in fields]:
        raise FormatError(path, f"the header lacks {', '.join(missing)}", remedy)
    if unknown := [name for name in fields if name not in COLUMNS]:
        raise FormatError(path, f"the header names {shown(unknown[0])}", nearest(unknown[0], COLUMNS, "column"))
    if len(set(fields)) < len(fields):
        raise FormatError(path, "the header names a column twice", "name each once")
    return fields


def _outcome(table: Table, zone: str, now_ns: int) -> OutcomeRow:
    plate, time_ns = table.take("plate", plate_text), table.take("time", _crossing(zone, now_ns), 0)
    kind = table.take("kind", one_of(*KINDS))
    document_number = table.take("document_number", text(128), "")
    source = table.take("source", text(128), "")
    return OutcomeRow(
        id=f"import/{source}/{document_number}",
        trip=table.take_or("trip", text(128), f"import/{time_ns}"),
        plate=plate,
        plate_colour=table.take_or("colour", _colour, UNKNOWN_COLOUR),
        time_ns=time_ns,
        decided=kind == "decided",
        confirmed=True,
        suspected=False,
        simulated=False,
        source="import",
        document=json.dumps({"document_number": document_number, "source": source}, ensure_ascii=False),
    )


def _crossing(zone: str, now_ns: int) -> Reader[int]:
    """A time in the past with its time of day: two trips of one day must not become one."""
    read_moment = moment(zone)

    def read(value: object) -> int:
        if isinstance(value, str) and len(value) <= _DATE_CHARACTERS:
            raise WrongValueError(f"is {shown(value)}", "write date and time of day, as 2026-03-01 20:15:00")
        time_ns = read_moment(value)
        if time_ns > now_ns + DAY_NS:  # as of a passage: a clock that is wrong by more is none
            raise WrongValueError(f"is {shown(value)}, which is to come", "write when the truck was weighed")
        return time_ns

    return read


def _colour(value: object) -> int:
    written = str(value) if is_number(value) else value
    if isinstance(written, str) and written in _COLOUR_CODES:
        return _COLOUR_CODES[written]
    remedy = ", ".join(f"{code} {name}" for code, name in enumerate(_CHINESE))
    raise WrongValueError(f"is {shown(value)}", f"write one of {remedy}, or nothing")
