"""The archive lane: passages as Parquet, for analysts and for the day a rule set is judged anew.

    ARCHIVE/date=2026-11-23/site=G104-K012/wim.passages.v1-7-120000-131071.parquet

`date` is the day of the crossing in UTC, `site` is percent-encoded, the name says which messages [start, end] of which
partition the file holds some of. A file is written beside its place, forced to disk, renamed, and only then listed in
the manifest by the transaction that moves the offset. Readers go by the manifest: a file that is not listed is what a
crash left behind, and is written again under the same name or another.

Passages are kept as they came, the same crossing as often as it came. What cannot be read is the screen lane's to
refuse, and is left out here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
from sqlalchemy import Connection

from service.lanes.work import Outcome, Partition, Slice
from service.store import manifest
from service.store.manifest import FileRow
from service.topics import PASSAGES
from service.whole_files import write_whole
from service.worker import Parts
from wim import codec
from wim.forms import to_arrow
from wim.records import DAY_NS, Passages, text

#: How long passages gather before they become files: a day then has some 150 files a site, not a hundred thousand.
GATHER_SECONDS = 600.0


class ArchiveError(RuntimeError):
    """The archive cannot be written as it is configured."""


def work(parts: Parts) -> ArchiveWork:
    """The lane of a worker, by its settings; raises `ArchiveError`."""
    return ArchiveWork(folder_of(parts, "archive"))


def folder_of(parts: Parts, lane: str) -> Path:
    """The archive's folder; raises `ArchiveError` where the lane that needs it has none."""
    place = parts.settings.archive
    if not place:
        raise ArchiveError(f"the {lane} lane needs a folder: set WIM_ARCHIVE, or leave the lane out")
    if "://" in place:
        raise ArchiveError(f"WIM_ARCHIVE is {place}: this release archives to a folder only")
    return Path(place)


def make_folder(folder: Path) -> None:
    """Make the archive's folder, so that a missing right shows now and not in ten minutes; raises `ArchiveError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"WIM_ARCHIVE: {folder} cannot be made: {error.strerror}") from error


class ArchiveWork:
    """See `service.lanes.work.Work`."""

    name = "archive"
    topics = (PASSAGES,)
    #: A listed file must be found after a power cut, and the other way round.
    durable = True

    def __init__(
        self, folder: Path, patience_s: float = GATHER_SECONDS, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._folder, self._clock_ns = folder, clock_ns
        self.patience_s = patience_s

    def warm_up(self) -> None:
        """Make the folder."""
        make_folder(self._folder)

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Nothing is kept in memory."""

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """Write the batch's files."""
        rows = [row for slice_ in slices if slice_.records for row in self._archive(slice_)]
        return Outcome(write=partial(_list_files, rows))

    def _archive(self, slice_: Slice) -> Iterator[FileRow]:
        batch = codec.decode([record.value for record in slice_.records], self._clock_ns())
        start, end = slice_.records[0].offset, slice_.end
        name = f"{slice_.partition.topic}-{slice_.partition.number}-{start}-{end - 1}.parquet"
        for date, site, passages in by_day_and_site(batch.passages):
            path = f"date={date}/site={quote(site, safe='')}/{name}"
            size = write_whole(self._folder / path, to_arrow(passages))
            times = passages["time_ns"]
            yield FileRow(
                path, *slice_.partition, start, end, date, site, int(times.min()), int(times.max()), len(passages), size
            )


def by_day_and_site(passages: Passages) -> Iterator[tuple[str, str, Passages]]:
    """The passages of each (UTC date, site), shape (n,) together, in the order of their times."""
    days = passages["time_ns"] // DAY_NS
    order = np.lexsort((passages["time_ns"], passages["site"], days))
    ordered, days = passages[order], days[order]
    changes = (days[1:] != days[:-1]) | (ordered["site"][1:] != ordered["site"][:-1])
    for part in np.split(ordered, np.flatnonzero(changes) + 1) if len(ordered) else ():
        date = datetime.fromtimestamp(int(part["time_ns"][0] // DAY_NS) * 86_400, UTC).date().isoformat()
        yield date, text(part["site"][0]), part


def _list_files(rows: Sequence[FileRow], connection: Connection) -> None:
    manifest.keep(connection, rows)
