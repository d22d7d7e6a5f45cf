"""Forgetting plates in archived frames: the signal stays, the plate in its head goes.

A pseudonym would not help: nobody searches frames by plate, and the passage of the same id has one. A purge that stops
between file and list does the file again, which changes nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from service.messages.vocabulary import MediaKind
from service.store import media
from service.store.engine import Store
from service.store.purge import Keep
from service.whole_files import WholeFiles
from wim.frames import Frame, FrameError, encode_frame, file_record, read_frames
from wim.records import DAY_NS

#: Files that are looked up at once; each is rewritten and noted on its own.
_STEP_FILES = 100


class UnreadableFrameError(RuntimeError):
    """An archived frame cannot be read, so nobody knows whether it shows a plate."""

    def __init__(self, path: Path, error: FrameError) -> None:
        super().__init__(f"{path}: {error}; restore it from a backup, or delete it and its row of `media`")


def purge_frames(store: Store, folder: Path, keep: Keep, now_ns: int) -> int:
    """Write every frame of a violation whose time is over without its plate; gives how many.

    Raises OSError with the file that cannot be written or is gone, and UnreadableFrameError.
    """
    done, before_ns = 0, now_ns - keep.violations_days * DAY_NS
    files = WholeFiles(folder)
    while True:
        with store.reading() as conn:
            rows = media.due(conn, MediaKind.FRAME, before_ns, _STEP_FILES)
        for row in rows:
            content = _without_plate(folder / row.href)
            files.write(row.href, content)
            files.settle()
            with store.writing(durable=True) as conn:
                media.note_purged(conn, row, hashlib.sha256(content).hexdigest(), len(content))
        done += len(rows)
        if not rows:
            return done


def _without_plate(path: Path) -> bytes:
    return b"".join(_rewritten(path, frame) for _, frame in read_frames(path))


def _rewritten(path: Path, frame: Frame | FrameError) -> bytes:
    if isinstance(frame, FrameError):
        raise UnreadableFrameError(path, frame)
    head = frame.head.copy()
    head["plate"], head["plate_confidence"] = b"", 0
    return file_record(encode_frame(head, frame.channels, frame.counts))
