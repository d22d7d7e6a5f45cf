"""Forgetting pictures: a plate in a picture cannot be made a pseudonym, so the picture goes.

Pictures of violations go when their plates do; those of other passages, that a camera sent before anybody had judged,
with the plates of passages without violation. A purge that stops between file and list finds the rest the next time.
"""

from __future__ import annotations

from pathlib import Path

from service.messages.vocabulary import MediaKind
from service.store import media
from service.store.engine import Store
from service.store.purge import Keep
from wim.records import DAY_NS

#: What shows a vehicle as people see it.
PICTURES = frozenset({MediaKind.PLATE, MediaKind.FRONT, MediaKind.REAR, MediaKind.SIDE, MediaKind.PANORAMA})

_STEP_FILES = 100


def purge_pictures(store: Store, folder: Path, keep: Keep, now_ns: int) -> int:
    """Delete every picture whose time is over; gives how many. Raises OSError with the file that cannot be deleted."""
    done = 0
    violations_ns, others_ns = now_ns - keep.violations_days * DAY_NS, now_ns - keep.plates_days * DAY_NS
    while True:
        with store.reading() as conn:
            rows = media.due_pictures(conn, PICTURES, violations_ns, others_ns, _STEP_FILES)
        for row in rows:
            (folder / row.href).unlink(missing_ok=True)
        with store.writing(durable=True) as conn:
            media.remove(conn, rows)
        done += len(rows)
        if not rows:
            return done
