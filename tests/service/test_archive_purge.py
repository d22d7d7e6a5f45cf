"""Guarantees of forgetting plates in the Parquet archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from service.archive_purge import purge_archive
from service.pseudonyms import Pseudonyms
from service.store import manifest, violations
from service.store.engine import Store
from service.store.manifest import FileRow, Purged
from service.store.purge import Keep
from service.whole_files import write_whole
from tests.service.store.rows import archived, violation
from wim.forms import from_arrow, to_arrow
from wim.records import Passages, blank, passage_ids

DAY_NS = 86_400 * 10**9
KEEP = Keep(plates_days=30, violations_days=730, audit_days=1_095, idempotency_hours=24)
NAMES = Pseudonyms("a key of sixteen or more")


def crossings(plates: list[str]) -> Passages:
    found = blank(len(plates))
    found["site"], found["axle_count"], found["sequence"] = b"G104-K012", 2, np.arange(len(plates))
    found["time_ns"] = found["origin_ns"] = 1 + np.arange(len(plates))
    found["plate"] = [plate.encode() for plate in plates]
    return found


def archive(store: Store, folder: Path, passages: Passages, last_ns: int) -> FileRow:
    file = archived(1, first_ns=0, last_ns=last_ns, bytes=1)
    write_whole(folder / file.path, to_arrow(passages))
    with store.writing() as conn:
        manifest.keep(conn, [file])
    return file


def plates_in(path: Path) -> list[str]:
    with pq.ParquetFile(path) as file:
        plates: list[str] = file.read()["plate"].to_pylist()
    return plates


def test_plates_of_a_file_go_in_two_stages(store: Store, tmp_path: Path) -> None:
    """After 30 days passages without violation have pseudonyms, after 730 the violations too; all else stays."""
    plates = ["苏A12345", "", "苏B99999"]
    passages = crossings(plates)
    with store.writing() as conn:
        violations.keep(conn, [violation(1, id=passage_ids(passages)[0])])
    file = archive(store, tmp_path, passages, last_ns=0)
    path = tmp_path / file.path
    stages = [
        (30 * DAY_NS, 0, plates, Purged.NOTHING),
        (30 * DAY_NS + 1, 1, ["苏A12345", "", NAMES.of("苏B99999")], Purged.PASSAGES),
        (730 * DAY_NS, 0, ["苏A12345", "", NAMES.of("苏B99999")], Purged.PASSAGES),
        (730 * DAY_NS + 1, 1, [NAMES.of(plate) for plate in plates], Purged.ALL),
        (900 * DAY_NS, 0, [NAMES.of(plate) for plate in plates], Purged.ALL),
    ]
    for now_ns, files, expected, stage in stages:
        assert purge_archive(store, tmp_path, KEEP, now_ns, NAMES) == files
        assert plates_in(path) == expected
        with store.reading() as conn:
            (kept,) = manifest.files(conn)
        assert kept.purged == stage
        assert kept.bytes in (1, path.stat().st_size)
    with pq.ParquetFile(path) as rewritten:
        assert rewritten.schema_arrow == to_arrow(passages).schema
        after = from_arrow(rewritten.read().combine_chunks().to_batches()[0])
    after["plate"] = passages["plate"]
    assert after.tobytes() == passages.tobytes()


def test_purge_that_stopped_after_the_file_does_it_again_without_harm(store: Store, tmp_path: Path) -> None:
    """A file that was rewritten but not noted is rewritten to the same content."""
    file = archive(store, tmp_path, crossings([NAMES.of("苏A12345"), "苏B99999"]), last_ns=0)
    assert purge_archive(store, tmp_path, KEEP, 900 * DAY_NS, NAMES) == 1
    assert plates_in(tmp_path / file.path) == [NAMES.of("苏A12345"), NAMES.of("苏B99999")]
