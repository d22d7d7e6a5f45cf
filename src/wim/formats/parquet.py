"""Parquet: the Arrow form of passages (`wim.forms.arrow_form`, contracts §2), one row a passage.

Further columns are ignored. Written by us, a file brings every record back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wim.formats.chunk import CHUNK_ROWS, Chunk, Fault, FormatError, faults_of
from wim.formats.options import ReadOptions, WriteOptions
from wim.formats.source import is_packed
from wim.formats.target import Written, target
from wim.forms import ARROW_SCHEMA, FormError, from_arrow_rows, to_arrow
from wim.forms.arrow_form import check_columns
from wim.records import Passages, blank

_MAGIC = b"PAR1"

#: What pyarrow raises on a file that is broken somewhere.
_BROKEN = (pa.ArrowException, OSError)


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return head.startswith(_MAGIC)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file. Raises FormatError where it is no Parquet file or lacks a column."""
    row = 1
    with _opened(path) as file:
        columns = [name for name in file.schema_arrow.names if name in ARROW_SCHEMA.names and name != "id"]
        batches = file.iter_batches(CHUNK_ROWS, columns=columns)
        while True:
            try:
                batch = next(batches, None)
            except _BROKEN as error:
                yield Chunk(blank(0), (Fault(row, f"the file is damaged from here on ({error})"),), row)
                return
            if batch is None:
                return
            yield _chunk(batch, row)
            row += batch.num_rows


def write(path: Path, chunks: Iterable[Passages], options: WriteOptions) -> Written:
    """Write passages, each shape (n,). Raises FormatError where the file cannot be written."""
    count = 0
    with target(path) as stream, pq.ParquetWriter(stream, ARROW_SCHEMA, compression="zstd") as writer:
        for passages in _gathered(chunks):
            writer.write_batch(to_arrow(passages))
            count += len(passages)
    return Written(count)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        if is_packed(path):
            raise FormatError(path, "Parquet inside gzip cannot be read in pieces", "unpack it with gunzip")
        file = pq.ParquetFile(path)
    except _BROKEN as error:
        raise FormatError(path, f"it cannot be read as Parquet ({error})", "give another --format") from error
    try:
        check_columns(file.schema_arrow)
    except FormError as error:
        file.close()
        raise FormatError(path, f"column {error.field}: {error.problem}", error.remedy) from error
    return file


def _chunk(batch: pa.RecordBatch, row: int) -> Chunk:
    passages, errors = from_arrow_rows(batch)
    return Chunk(passages, faults_of(errors, row + np.arange(batch.num_rows)), row)


def _gathered(chunks: Iterable[Passages]) -> Iterator[Passages]:
    """The same passages in row groups of about CHUNK_ROWS: many small ones would make a file slow to read."""
    held: list[Passages] = []
    for passages in chunks:
        held.append(passages)
        if sum(map(len, held)) >= CHUNK_ROWS:
            yield np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)
