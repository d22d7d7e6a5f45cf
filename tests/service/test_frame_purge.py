"""Guarantees of forgetting plates in archived frames."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from service.frame_purge import UnreadableFrameError, purge_frames
from service.store import media
from service.store.engine import Store
from service.store.media import MediaRow
from service.store.purge import Keep
from tests.wim.crossings import CAR, frame
from wim.frames import Frame, file_record, read_frames

DAY_NS = 86_400 * 10**9
KEEP = Keep(plates_days=30, violations_days=730, audit_days=1_095, idempotency_hours=24)
PLATE = "苏A12345".encode()


def archive(store: Store, folder: Path, passage: str, time_ns: int, content: bytes | None = None) -> MediaRow:
    """An archived frame with a plate, or whatever the file shall hold."""
    href = f"frames/{passage}.wimf"
    (folder / "frames").mkdir(exist_ok=True)
    whole = file_record(frame(CAR, plate=PLATE, plate_confidence=97)) if content is None else content
    (folder / href).write_bytes(whole)
    row = MediaRow(passage, "frame", hashlib.sha256(whole).hexdigest(), href, len(whole), time_ns)
    with store.writing() as conn:
        media.keep(conn, [row])
    return row


def test_the_plate_goes_and_the_signal_stays(store: Store, tmp_path: Path) -> None:
    """A day too early nothing happens; then the plate is nowhere in the file, once, and the list has its new hash."""
    row = archive(store, tmp_path, "a", time_ns=DAY_NS)
    path = tmp_path / row.href
    [(_, before)] = read_frames(path)
    assert purge_frames(store, tmp_path, KEEP, 731 * DAY_NS) == 0
    assert PLATE in path.read_bytes()
    assert purge_frames(store, tmp_path, KEEP, 731 * DAY_NS + 1) == 1
    assert purge_frames(store, tmp_path, KEEP, 731 * DAY_NS + 1) == 0
    content = path.read_bytes()
    assert PLATE not in content
    [(_, after)] = read_frames(path)
    assert isinstance(before, Frame)
    assert isinstance(after, Frame)
    assert after.counts.tobytes() == before.counts.tobytes()
    assert (after.head["plate"], after.head["plate_confidence"]) == (b"", 0)
    names = [name for name in before.head.dtype.names or () if name not in ("plate", "plate_confidence", "crc32")]
    assert after.head[names] == before.head[names]
    with store.reading() as conn:
        [found] = media.of_passages(conn, ["a"])["a"]
    assert (found.sha256, found.bytes, found.purged) == (hashlib.sha256(content).hexdigest(), len(content), 1)


def test_more_frames_than_one_step_all_go(store: Store, tmp_path: Path) -> None:
    """However many are due at once."""
    for number in range(130):
        archive(store, tmp_path, f"{number:03}", time_ns=number)
    assert purge_frames(store, tmp_path, KEEP, 1_000 * DAY_NS) == 130
    assert not any(PLATE in path.read_bytes() for path in (tmp_path / "frames").iterdir())


def test_a_file_that_cannot_be_read_is_named(store: Store, tmp_path: Path) -> None:
    """It may show a plate: a person must look."""
    archive(store, tmp_path, "a", 1, content=b"\xff\xff\xff\xff")
    with pytest.raises(UnreadableFrameError, match=r"frames/a\.wimf.*restore it"):
        purge_frames(store, tmp_path, KEEP, 1_000 * DAY_NS)
