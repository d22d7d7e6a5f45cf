"""Parquet files of passages that are there entirely or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_whole(path: Path, passages: pa.RecordBatch | pa.Table) -> int:
    """A Parquet file that is there entirely or not at all, also after a power cut; returns its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = passages if isinstance(passages, pa.Table) else pa.Table.from_batches([passages])
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    unfinished.rename(path)
    # The name, and the folders that were made for it, are on disk when their own folders are.
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _fsync_folder(folder)
    return size


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
