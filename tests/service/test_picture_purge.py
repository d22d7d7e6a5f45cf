"""Guarantees of forgetting pictures."""

from __future__ import annotations

from pathlib import Path

from service.picture_purge import purge_pictures
from service.store import media
from service.store.engine import Store
from service.store.media import MediaRow
from service.store.purge import Keep
from tests.service.docket.desk import Desk
from tests.service.told import TIME_NS
from wim.records import DAY_NS

KEEP = Keep(plates_days=30, violations_days=730, audit_days=1_095, idempotency_hours=24)


def kept(store: Store, folder: Path, passage: str, kind: str = "front") -> Path:
    """A picture of a crossing at `TIME_NS`."""
    path = folder / f"{passage}.{kind}.png"
    path.write_bytes(b"a plate")
    with store.writing() as conn:
        media.keep(conn, [MediaRow(passage, kind, "00", path.name, 7, TIME_NS)])
    return path


def test_pictures_go_when_their_plates_do(store: Store, tmp_path: Path) -> None:
    """Of a violation after two years, of any other passage after a month; frames stay, they lose their plate."""
    desk = Desk(store)
    desk.file(desk.violation())
    violation = desk.intercepts()[0].best.id
    of_violation, of_other = kept(store, tmp_path, violation), kept(store, tmp_path, "00" * 8)
    frame = kept(store, tmp_path, violation, "frame")
    assert purge_pictures(store, tmp_path, KEEP, TIME_NS + 30 * DAY_NS) == 0
    assert purge_pictures(store, tmp_path, KEEP, TIME_NS + 30 * DAY_NS + 1) == 1
    assert (of_violation.exists(), of_other.exists()) == (True, False)
    assert purge_pictures(store, tmp_path, KEEP, TIME_NS + 730 * DAY_NS + 1) == 1
    assert (of_violation.exists(), frame.exists()) == (False, True)
    with store.reading() as conn:
        assert [row.kind for row in media.of_passages(conn, [violation])[violation]] == ["frame"]


def test_a_purge_that_was_stopped_ends_what_it_began(store: Store, tmp_path: Path) -> None:
    """The file is gone, the row is not yet: the next purge takes it off the list."""
    kept(store, tmp_path, "00" * 8).unlink()
    assert purge_pictures(store, tmp_path, KEEP, TIME_NS + 31 * DAY_NS) == 1
    assert purge_pictures(store, tmp_path, KEEP, TIME_NS + 31 * DAY_NS) == 0
