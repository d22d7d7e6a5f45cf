"""Files of verdicts: one row a passage (`rules.rows`), as Parquet, JSON lines or CSV, there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from rules.rows import verdict_rows
from rules.ruleset import RuleBook
from rules.screen import Verdicts
from wim.formats import FormatError
from wim.records import Passages

Write = Callable[[Passages, Verdicts], None]
_Sink = Callable[[pa.RecordBatch], None]


@contextmanager
def verdict_file(path: Path | None, book: RuleBook) -> Iterator[Write]:
    """Gives a function that appends verdicts to the file at `path`, or to nothing."""
    if path is None:
        yield lambda passages, verdicts: None
        return
    if path.suffix not in _OPENERS:
        raise FormatError(path, "no format of verdicts is known by that ending", f"end it in {', '.join(_OPENERS)}")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with _OPENERS[path.suffix](unfinished) as sink:
            yield lambda passages, verdicts: sink(verdict_rows(passages, verdicts, book))
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _parquet(path: Path) -> Iterator[_Sink]:
    writers: list[pa.parquet.ParquetWriter] = []

    def write(rows: pa.RecordBatch) -> None:
        if not writers:
            writers.append(pa.parquet.ParquetWriter(path, rows.schema, compression="zstd"))
        writers[0].write_batch(rows)

    path.touch()
    yield write
    for writer in writers:
        writer.close()


@contextmanager
def _jsonl(path: Path) -> Iterator[_Sink]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda rows: _write_lines(file, rows)


def _write_lines(file: IO[str], rows: pa.RecordBatch) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.to_pylist())


@contextmanager
def _csv(path: Path) -> Iterator[_Sink]:
    """Lists as JSON in one cell: a spreadsheet shows them and a program reads them back."""
    with path.open("wb") as file:
        written: list[bool] = []

        def write(rows: pa.RecordBatch) -> None:
            options = pyarrow.csv.WriteOptions(include_header=not written)
            pyarrow.csv.write_csv(_flat(rows), file, options)
            written.append(True)

        yield write


def _flat(rows: pa.RecordBatch) -> pa.RecordBatch:
    columns = {
        name: _as_json(column) if pa.types.is_list(column.type) else column
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
    }
    return pa.RecordBatch.from_pydict(columns)


def _as_json(column: pa.Array) -> pa.Array:
    return pa.array([json.dumps(value, ensure_ascii=False) for value in column.to_pylist()], pa.string())


_OPENERS = {".parquet": _parquet, ".jsonl": _jsonl, ".csv": _csv}
