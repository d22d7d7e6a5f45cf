"""Files of passages that were measured from frames: a passage's columns and `frame`, there whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from service.measuring import Framed
from wim.formats import FormatError
from wim.formats.target import target
from wim.forms import ARROW_SCHEMA, to_arrow, to_json

Write = Callable[[Framed], None]

#: 0-based index of the frame in its file (contracts.md §6).
FRAME_COLUMN = pa.field("frame", pa.uint32())


@contextmanager
def framed_file(path: Path | None) -> Iterator[Write]:
    """Gives a function that appends passages to the file at `path`, or to nothing.

    Raises FormatError where the ending says no format or the file cannot be written.
    """
    if path is None:
        yield lambda framed: None
        return
    if path.suffix not in _OPENERS:
        raise FormatError(path, "no format of passages is known by that ending", f"end it in {', '.join(_OPENERS)}")
    with _OPENERS[path.suffix](path) as write:
        yield write


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    schema = ARROW_SCHEMA.append(FRAME_COLUMN)
    with target(path) as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        yield lambda framed: writer.write_batch(_batch(framed, schema))


def _batch(framed: Framed, schema: pa.Schema) -> pa.RecordBatch:
    columns = to_arrow(framed.passages).columns
    return pa.RecordBatch.from_arrays([*columns, pa.array(framed.frame)], schema=schema)


@contextmanager
def _jsonl(path: Path) -> Iterator[Write]:
    with target(path) as stream:
        yield lambda framed: stream.writelines(map(_line, to_json(framed.passages), framed.frame.tolist()))


def _line(row: dict[str, object], frame: int) -> bytes:
    return msgspec.json.encode({**row, "frame": frame}) + b"\n"


_OPENERS: dict[str, Callable[[Path], AbstractContextManager[Write]]] = {".parquet": _parquet, ".jsonl": _jsonl}
