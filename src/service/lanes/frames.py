"""The frames lane: the frame of every violation that was measured from one, kept under the id of its passage.

    ARCHIVE/frames/date=2026-11-23/site=G104-K012/327b12e5961ac6f0.wimf

`date` is the day of the frame's start in UTC, `site` is percent-encoded, the file is one frame as the roadside unit
sent it, behind its length: `wim measure` and `wim signal` read it. It is written beside its place, forced to disk,
renamed, and only then listed (`service.store.media`) by the transaction that moves the offset.

A violation says where its frame lies in the log (`lanes.frame_places`). The log keeps frames for three days: of an
older violation the frame is gone, which is counted and logged.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote

import structlog

from service import messages
from service.lanes.archive import folder_of, make_folder
from service.lanes.frame_log import FrameLog
from service.lanes.frame_places import Place, place_of_violation
from service.lanes.work import Outcome, Partition, Slice, records_of
from service.messages import Violation
from service.messages.vocabulary import MediaKind
from service.metrics import Metrics
from service.store import media
from service.store.media import MediaRow
from service.topics import VIOLATIONS
from service.whole_files import WholeFiles
from service.worker import Parts
from wim.frames import NO_NOW_NS, FrameError, decode_frame, file_record
from wim.records import DAY_NS

log = structlog.get_logger(__name__)


def work(parts: Parts) -> FramesWork:
    """The lane of a worker, by its settings; raises `ArchiveError`."""
    return FramesWork(folder_of(parts, "frames"), FrameLog(parts.kafka), parts.metrics)


class ReadFrame(Protocol):
    """The log of frames."""

    def read(self, place: Place) -> bytes | None:
        """The message there; None where the log does not hold it any more."""


class _Wanted(NamedTuple):
    place: Place
    violation: Violation


class FramesWork:
    """See `service.lanes.work.Work`."""

    name = "frames"
    topics = (VIOLATIONS,)
    #: A listed file must be found after a power cut, and the other way round.
    durable = True
    patience_s = 0.0

    def __init__(self, folder: Path, log: ReadFrame, metrics: Metrics) -> None:
        self._folder, self._files = folder, WholeFiles(folder)
        self._log, self._metrics = log, metrics

    def warm_up(self) -> None:
        """Make the folder."""
        make_folder(self._folder)

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Nothing is kept in memory."""

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """Write the files of a batch's violations."""
        # In the log's order, which it reads fastest; a violation that came twice is written once.
        wanted = sorted({one.violation.id: one for one in _wanted(slices)}.values(), key=lambda one: one.place)
        rows, missed = [], {"gone": 0, "other": 0}
        for one in wanted:
            message = self._log.read(one.place)
            if message is not None and _is_of(message, one.violation):
                rows.append(self._write(message, one.violation))
                continue
            missed["gone" if message is None else "other"] += 1
            log.warning("a violation's frame is not in the log", passage=one.violation.id, place=one.place)
        self._files.settle()
        return Outcome(
            write=lambda conn: media.keep(conn, rows), committed=partial(self._count, {"kept": len(rows), **missed})
        )

    def _write(self, message: bytes, violation: Violation) -> MediaRow:
        passage, content = violation.passage, file_record(message)
        day = datetime.fromtimestamp(passage.origin_ns // DAY_NS * 86_400, UTC).date().isoformat()
        href = f"frames/date={day}/site={quote(passage.site, safe='')}/{violation.id}.wimf"
        self._files.write(href, content)
        digest = hashlib.sha256(content).hexdigest()
        return MediaRow(violation.id, MediaKind.FRAME, digest, href, len(content), passage.origin_ns)

    def _count(self, results: dict[str, int]) -> None:
        for result, count in results.items():
            if count:
                self._metrics.frames_archived.labels(result).inc(count)


def _wanted(slices: Sequence[Slice]) -> Iterator[_Wanted]:
    for record in records_of(slices):
        place = place_of_violation(record)
        if place is not None:
            # What cannot be read is the cases lane's to refuse.
            with contextlib.suppress(messages.MessageError):
                yield _Wanted(place, messages.decode(Violation, record.value))


def _is_of(message: bytes, violation: Violation) -> bool:
    """Whether the passage's id was made of this frame: the log may be another one than when it was measured."""
    try:
        frame = decode_frame(message, NO_NOW_NS)
    except FrameError:
        return False
    passage, head = violation.passage, frame.head
    found = frame.site, frame.lane, int(head["start_ns"]), int(head["sequence"])
    return found == (passage.site, passage.lane, passage.origin_ns, passage.sequence)
