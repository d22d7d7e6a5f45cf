"""Files that are there entirely or not at all, also after a power cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq


def write_whole(path: Path, passages: pa.RecordBatch | pa.Table) -> int:
    """A Parquet file of passages; returns its bytes."""
    table = passages if isinstance(passages, pa.Table) else pa.Table.from_batches([passages])
    size = _write(path, lambda file: pq.write_table(table, file, compression="zstd"))
    # The name, and the folders that were made for it, are on disk when their own folders are.
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _fsync_folder(folder)
    return size


class WholeFiles:
    """Files in folders under `root`; `settle` makes the names of all since the last time as durable as the files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._touched: set[Path] = set()

    def write(self, path: str, content: bytes) -> None:
        """A file at `path` under the root."""
        whole = self._root / path
        _write(whole, lambda file: file.write(content))
        for folder in whole.parents:
            self._touched.add(folder)
            if folder == self._root:
                return

    def settle(self) -> None:
        """Each folder once, however many files were written: a folder costs as much as a file."""
        for folder in sorted(self._touched):
            _fsync_folder(folder)
        self._touched.clear()


def _write(path: Path, content: Callable[[BinaryIO], object]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        content(file)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    unfinished.rename(path)
    return size


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
