"""What is doubted right now, as the judging kernel takes it. The database is asked at most once a second."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection

from rules.doubts import Doubt
from rules.kernels.arrays import Terms
from rules.terms import compile_terms
from service.store import downgrades
from service.store.downgrades import Downgrade
from service.store.engine import Store
from wim.periods import NEVER_NS
from wim.sites import Network

#: A downgrade is in force this much later at most, and then for whatever is not kept yet.
ASK_EVERY_S = 1.0


class Doubts:
    """One lane's view of them; not thread-safe."""

    def __init__(self, store: Store, network: Network) -> None:
        self._store, self._network = store, network
        self._asked_s = -ASK_EVERY_S
        #: Of what `terms` gave last.
        self.revision = -1
        self._terms = compile_terms(network)

    def terms(self) -> Terms:
        """What is in force at each site, doubts among it."""
        now_s = time.monotonic()
        if now_s - self._asked_s >= ASK_EVERY_S:
            self._asked_s = now_s
            with self._store.reading() as conn:
                self._take(conn, downgrades.revision(conn))
        return self._terms

    def hold(self, conn: Connection) -> Terms:
        """The terms of this moment, which stay in force until the transaction ends."""
        self._take(conn, downgrades.hold(conn))
        return self._terms

    def _take(self, conn: Connection, revision: int) -> None:
        if revision != self.revision:
            doubts = [doubt_of(one) for one in downgrades.all_of(conn)]
            self._terms = compile_terms(self._network, doubts=doubts)
            self.revision = revision


def doubt_of(downgrade: Downgrade) -> Doubt:
    """A downgrade as the rules know it."""
    until_ns = NEVER_NS if downgrade.until_ns is None else downgrade.until_ns
    return Doubt(downgrade.site, downgrade.lane, downgrade.from_ns, until_ns, downgrade.grade)


def missed(downgraded: Iterable[Downgrade], site: str, lane: int, time_ns: int) -> Downgrade | None:
    """The downgrade that leaves least of a crossing, the oldest of equals; None where none holds it."""
    holding = [one for one in downgraded if one.holds(site, lane, time_ns)]
    return min(holding, key=lambda one: (one.grade, one.opened_ns, one.id), default=None)
