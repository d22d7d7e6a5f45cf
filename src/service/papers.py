"""Permits, vehicles, exemptions, watch list and followed plates, as they are right now.

The registry file gives the first ones; what was `PUT` lies in the database and goes before the file's entry of the same
key. The database is asked at most once a second, and the tables for the kernel are compiled again only if something
changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rules.kernels.arrays import Plates
from rules.permits import PlateRegister
from rules.plates import compile_plates
from service.register import merged
from service.registry import Registry
from service.store import cases, register
from service.store.engine import Store

#: The state of a case whose trip is followed.
_OPEN = "open"
#: A `PUT` is in force this much later at most.
ASK_EVERY_S = 1.0


class Papers:
    """One lane's view of them; not thread-safe."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        certain_from: int,
        trip_gap_ns: int,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store, self._registry, self._certain_from = store, registry, certain_from
        self._trip_gap_ns, self._clock_ns = trip_gap_ns, clock_ns
        self._corridors = {name: row for row, name in enumerate(registry.network.corridors)}
        self._asked_s = -ASK_EVERY_S
        self._revision = -1
        self._followed: frozenset[str] = frozenset()
        self._register = registry.register
        self._plates = self._compiled()

    def plates(self) -> Plates:
        """For the judging kernel."""
        now_s = time.monotonic()
        if now_s - self._asked_s >= ASK_EVERY_S:
            self._asked_s = now_s
            self._ask()
        return self._plates

    @property
    def register(self) -> PlateRegister:
        """What the plates were compiled from: the names behind a verdict's rows."""
        return self._register

    def _ask(self) -> None:
        with self._store.reading() as conn:
            revision = register.revision(conn)
            since_ns = self._clock_ns() - self._trip_gap_ns
            followed = frozenset(plate for plate, _ in cases.plates_since(conn, _OPEN, since_ns))
            if revision == self._revision and followed == self._followed:
                return
            self._register = merged(self._registry, register.changes(conn))
        self._revision, self._followed = revision, followed
        self._plates = self._compiled()

    def _compiled(self) -> Plates:
        return compile_plates(self._register, self._corridors, self._followed, self._certain_from)
