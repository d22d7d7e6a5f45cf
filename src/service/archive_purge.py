"""Forgetting plates in the Parquet archive: files are written anew with pseudonyms, under the same names.

A file is due twice: when plates of passages without violation are over, and when those of violations are. It is whole
at every moment; a purge that stops between file and manifest does the file again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.pseudonyms import Pseudonyms
from service.store import manifest, violations
from service.store.engine import Store
from service.store.manifest import FileRow, Purged
from service.store.purge import Keep
from service.whole_files import write_whole

_DAY_NS = 24 * 3_600 * 10**9

#: Files that are looked up at once; each is rewritten and noted on its own.
_STEP_FILES = 100


def purge_archive(store: Store, folder: Path, keep: Keep, now_ns: int, pseudonyms: Pseudonyms) -> int:
    """Write every file whose time has come anew; gives how many. Raises OSError with the file that cannot be."""
    done = 0
    for stage, days in ((Purged.ALL, keep.violations_days), (Purged.PASSAGES, keep.plates_days)):
        for file in _due(store, now_ns - days * _DAY_NS, stage):
            size = _rewrite(store, folder / file.path, stage, pseudonyms)
            with store.writing(durable=True) as conn:
                manifest.note_purged(conn, file.path, stage, size)
            done += 1
    return done


def _due(store: Store, older_than_ns: int, stage: Purged) -> Iterator[FileRow]:
    """Files that are due; each must be noted as purged before the next is asked for."""
    while True:
        with store.reading() as conn:
            files = manifest.due(conn, older_than_ns, stage, _STEP_FILES)
        if not files:
            return
        yield from files


def _rewrite(store: Store, path: Path, stage: Purged, pseudonyms: Pseudonyms) -> int:
    # Not `read_table`, which would add columns that it makes of the folders' names.
    with pq.ParquetFile(path) as file:
        table = file.read()
    named = set() if stage is Purged.ALL else _violations_among(store, table["id"].to_pylist())
    pairs = zip(table["id"].to_pylist(), table["plate"].to_pylist(), strict=True)
    plates = [plate if passage in named else pseudonyms.of(plate) for passage, plate in pairs]
    place = table.schema.get_field_index("plate")
    return write_whole(path, table.set_column(place, table.schema.field(place), pa.array(plates, pa.string())))


def _violations_among(store: Store, ids: list[str]) -> set[str]:
    with store.reading() as conn:
        return set(violations.versions(conn, ids))
