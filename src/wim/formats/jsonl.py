"""JSON lines: the JSON form of a passage (`wim.forms.json_form`, contracts §2), one a line, UTF-8.

An array of them, and objects laid out over several lines, are read as well. Written by us, a file brings every record
back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from wim.formats.chunk import Chunk, faults_of
from wim.formats.json_rows import JsonRows, json_rows, starts_as_json
from wim.formats.options import ReadOptions, WriteOptions
from wim.formats.target import Written, sliced, target
from wim.forms import from_json_rows, to_json
from wim.records import Passages

#: Rows that are JSON objects at the same time: 20 MB of them.
_ROWS = 4_096


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return starts_as_json(head) and all(key in head for key in (b'"time"', b'"axles"', b'"gross_kg"'))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file. Times carry their zone and passages their site, so no option is needed."""
    for rows in json_rows(path):
        yield _chunk(rows)


def write(path: Path, chunks: Iterable[Passages], options: WriteOptions) -> Written:
    """Write passages, each shape (n,). Raises FormatError where the file cannot be written."""
    count = 0
    with target(path) as stream:
        for passages in sliced(chunks, _ROWS):
            stream.writelines(msgspec.json.encode(row) + b"\n" for row in to_json(passages))
            count += len(passages)
    return Written(count)


def _chunk(rows: JsonRows) -> Chunk:
    passages, errors = from_json_rows(rows.values)
    faults = [*rows.faults, *faults_of(errors, np.array(rows.lines, np.int64))]
    return Chunk(passages, tuple(sorted(faults)), rows.first_line)
