"""The archive lane's work: whole Parquet files, listed with the offsets, by day and site."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from aiokafka.structs import ConsumerRecord

from service.lanes import archive
from service.lanes.archive import ArchiveError, ArchiveWork, by_day_and_site
from service.lanes.work import Partition, Slice
from service.store import manifest
from service.store.engine import Store
from service.topics import PASSAGES
from service.whole_files import write_whole
from wim import codec
from wim.forms import from_arrow, to_arrow
from wim.records import DAY_NS, HOUR_NS, Passages, blank

#: 2026-11-23 00:00 UTC.
MIDNIGHT_NS = 1_795_392_000 * 10**9
PARTITION = Partition(PASSAGES, 7)


def passages(site: bytes, *hours: float) -> Passages:
    """One two-axle vehicle at each of these hours after midnight UTC of 23 November 2026."""
    found = blank(len(hours))
    found["site"], found["axle_count"] = site, 2
    found["time_ns"] = found["origin_ns"] = MIDNIGHT_NS + (np.array(hours) * HOUR_NS).astype(np.int64)
    found["sequence"] = np.arange(len(hours))
    return found


def slice_of(*messages: bytes, start: int = 100) -> Slice:
    """What partition 7 gave, from offset `start`."""
    records = [
        ConsumerRecord(*PARTITION, start + at, 0, 0, None, value, None, -1, len(value), ())
        for at, value in enumerate(messages)
    ]
    return Slice(PARTITION, start + len(messages), records)


def work(folder: Path) -> ArchiveWork:
    """A lane's work whose clock stands at the end of the day after."""
    return ArchiveWork(folder, clock_ns=lambda: MIDNIGHT_NS + 2 * DAY_NS)


def keep(store: Store, lane: ArchiveWork, *slices: Slice) -> list[manifest.FileRow]:
    """Judge, write what it says, and list all files."""
    outcome = lane.judge(slices)
    with store.writing() as connection:
        outcome.write(connection)
    outcome.committed()
    with store.reading() as connection:
        return manifest.files(connection)


def test_a_batch_becomes_one_file_a_day_and_site(store: Store, tmp_path: Path) -> None:
    """Folders, names and manifest rows say what is where; the passages are those that came, in order of time."""
    here, there = passages(b"G104-K012", 25, 1, 2), passages(b"S340-K003", 3)
    (first, other, second) = keep(store, work(tmp_path), slice_of(codec.encode(here), codec.encode(there)))
    name = f"{PASSAGES}-7-100-101.parquet"
    assert [row.path for row in (first, other, second)] == [
        f"date=2026-11-23/site=G104-K012/{name}",
        f"date=2026-11-23/site=S340-K003/{name}",
        f"date=2026-11-24/site=G104-K012/{name}",
    ]
    assert (first.topic, first.partition, first.start_offset, first.end_offset) == (PASSAGES, 7, 100, 102)
    assert (first.passages, first.first_ns, first.last_ns) == (2, MIDNIGHT_NS + HOUR_NS, MIDNIGHT_NS + 2 * HOUR_NS)
    assert first.bytes == os.path.getsize(tmp_path / first.path)
    (batch,) = pq.ParquetFile(tmp_path / first.path).read().to_batches()
    assert from_arrow(batch).tobytes() == here[[1, 2]].tobytes()


def test_a_file_that_is_not_listed_is_written_again(store: Store, tmp_path: Path) -> None:
    """A crash between the file and the transaction: the replay makes the same file and lists it."""
    folder, message = tmp_path / "archive", slice_of(codec.encode(passages(b"G104-K012", 1)))
    work(folder).judge([message])
    with store.reading() as connection:
        assert manifest.files(connection) == []
    (row,) = keep(store, work(folder), message)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [Path(row.path).name]


def test_what_cannot_be_read_is_left_to_the_screen_lane(store: Store, tmp_path: Path) -> None:
    """It is refused once, not twice; its neighbours are archived."""
    lane = work(tmp_path)
    broken = codec.encode(passages(b"G104-K012", 1))[:-1]
    message = slice_of(b"", broken, codec.encode(passages(b"G104-K012", 2)))
    assert lane.judge([message]).dead_letters == ()
    (row,) = keep(store, lane, message)
    assert row.passages == 1


def test_a_site_name_cannot_leave_the_archive(store: Store, tmp_path: Path) -> None:
    """The site is sixteen bytes that somebody sent: it names a folder, never a way."""
    folder = tmp_path / "archive"
    (row,) = keep(store, work(folder), slice_of(codec.encode(passages(b"../../etc/x", 1))))
    assert row.site == "../../etc/x"
    assert (folder / row.path).resolve().is_relative_to(folder / "date=2026-11-23")
    assert [path for path in tmp_path.rglob("*.parquet") if not path.is_relative_to(folder)] == []


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name appears after the bytes are on disk."""
    path = tmp_path / "date=2026-11-23" / "site=x" / "a.parquet"
    seen: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(path.exists()))
    write_whole(path, to_arrow(passages(b"x", 1)))
    assert seen[0] is False
    assert seen[1:] == [True, True, True]


def test_days_and_sites_are_parted_without_losing_any(tmp_path: Path) -> None:
    """Whatever the order of arrival."""
    mixed = np.concatenate([passages(b"b", 30, 1), passages(b"a", 2, 31, 3)])
    parts = [(date, site, len(part)) for date, site, part in by_day_and_site(mixed)]
    assert parts == [
        ("2026-11-23", "a", 2),
        ("2026-11-23", "b", 1),
        ("2026-11-24", "a", 1),
        ("2026-11-24", "b", 1),
    ]
    assert list(by_day_and_site(blank(0))) == []


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    """Not the first batch ten minutes later."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="WIM_ARCHIVE"):
        archive.ArchiveWork(tmp_path / "file" / "archive").warm_up()
