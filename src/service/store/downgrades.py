"""Spans in which a site or a lane is doubted, and the violations that they take back.

Whoever judges under the doubts *holds* their revision (`hold`) in the transaction that keeps the result; whoever opens
or ends one draws the next (`_revise`), which waits for all that hold it. So everything that is kept was either judged
under a downgrade, or was there before it and is found by its recall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, literal, or_, select, update

from service.store import bulk, counters
from service.store.errors import FencedError
from service.store.tables import counters as counters_table
from service.store.tables import violations
from service.store.watch_tables import downgrades, recalls

#: The counter of all changes.
_REVISION = "doubts"

#: `lane` of a downgrade of the whole site.
EVERY_LANE = -1


class Downgrade(NamedTuple):
    """One span; `source` drift, authenticity or person, `cause` the chart or the reasons, `document` their figures."""

    id: str
    version: int
    site: str
    lane: int
    source: str
    cause: str
    grade: int
    from_ns: int
    until_ns: int | None
    opened_ns: int
    opened_by: str
    reason: str
    closed_ns: int | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    recalled_s: int = 0
    recalled: bool = False
    document: str = "{}"

    def holds(self, site: str, lane: int, time_ns: int) -> bool:
        """Whether a crossing falls into it."""
        inside = self.from_ns <= time_ns and (self.until_ns is None or time_ns < self.until_ns)
        return inside and site == self.site and self.lane in (EVERY_LANE, lane)


class Ended(NamedTuple):
    """By whom, when and why a downgrade was ended."""

    at_ns: int
    by: str
    reason: str


def identity(*what: object) -> str:
    """The id of a downgrade: the same alarm found again after a crash is the same downgrade."""
    return hashlib.blake2b("/".join(map(str, what)).encode(), digest_size=8).hexdigest()


def revision(conn: Connection) -> int:
    """How often downgrades have changed."""
    return counters.last(conn, _REVISION)


def hold(conn: Connection) -> int:
    """The revision, which stays until this transaction ends. SQLite has the whole database locked anyway."""
    wanted = select(counters_table.c.value).where(counters_table.c.name == _REVISION)
    return int(conn.execute(wanted.with_for_update(read=True)).scalar_one())


def begin(conn: Connection, opened: Downgrade) -> bool:
    """Open a downgrade; False where it is there already."""
    counters.draw(conn, _REVISION)
    return bulk.upsert_rows(conn, downgrades, [opened], bulk.keep) == 1


def end(conn: Connection, ids: Collection[str], ended: Ended) -> None:
    """End open downgrades at `ended.at_ns`. Raises `FencedError` where one of them is not open any more."""
    counters.draw(conn, _REVISION)
    closed = {"until_ns": ended.at_ns, "closed_ns": ended.at_ns, "closed_by": ended.by, "closed_reason": ended.reason}
    here = downgrades.c.id.in_(sorted(ids)), downgrades.c.until_ns.is_(None)
    changed = conn.execute(update(downgrades).where(*here).values(**closed, version=downgrades.c.version + 1))
    if changed.rowcount != len(ids):
        raise FencedError("downgrades", f"{len(ids)} open ones")


def get(conn: Connection, ids: Iterable[str]) -> dict[str, Downgrade]:
    """Those of the downgrades that there are."""
    rows = conn.execute(bulk.having_keys(conn, downgrades, ("id",), [(one,) for one in dict.fromkeys(ids)]))
    return {row.id: _downgrade(row) for row in rows}


def all_of(conn: Connection, sites: Collection[str] | None = None) -> list[Downgrade]:
    """Every downgrade, open and over, of some sites or of all, by the time at which they were opened."""
    rows = select(downgrades).order_by(downgrades.c.opened_ns, downgrades.c.id)
    if sites is not None:
        rows = rows.where(downgrades.c.site.in_(sorted(sites)))
    return [_downgrade(row) for row in conn.execute(rows)]


def open_ones(conn: Connection, site: str | None = None) -> list[Downgrade]:
    """The downgrades that stand, of one site or of all."""
    rows = select(downgrades).where(downgrades.c.until_ns.is_(None)).order_by(downgrades.c.site, downgrades.c.id)
    if site is not None:
        rows = rows.where(downgrades.c.site == site)
    return [_downgrade(row) for row in conn.execute(rows)]


def to_recall(conn: Connection) -> list[Downgrade]:
    """Those whose past has not been taken back yet, oldest first."""
    rows = select(downgrades).where(~downgrades.c.recalled).order_by(downgrades.c.opened_ns, downgrades.c.id)
    return [_downgrade(row) for row in conn.execute(rows)]


def recalled_to(conn: Connection, downgrade: Downgrade, hour_s: int, whole: bool) -> None:
    """Note how far the past has been taken back. Raises `FencedError` where somebody else did so since it was read."""
    here = downgrades.c.id == downgrade.id, downgrades.c.recalled_s == downgrade.recalled_s, ~downgrades.c.recalled
    moved = conn.execute(update(downgrades).where(*here).values(recalled_s=hour_s, recalled=whole))
    if moved.rowcount != 1:
        raise FencedError(f"the recall of {downgrade.id}", downgrade.recalled_s)


def list_recalls(conn: Connection, downgrade: Downgrade, now_ns: int) -> int:
    """List every violation that is kept of the span; gives how many were not listed yet."""
    here = [violations.c.site == downgrade.site, violations.c.time_ns >= downgrade.from_ns]
    here += [violations.c.lane == downgrade.lane] if downgrade.lane != EVERY_LANE else []
    here += [violations.c.time_ns < downgrade.until_ns] if downgrade.until_ns is not None else []
    found = conn.execute(select(violations.c.id).where(*here)).scalars().all()
    return add_recalls(conn, [(one, downgrade.id) for one in found], now_ns)


def add_recalls(
    conn: Connection, found: Sequence[tuple[str, str]], now_ns: int, resolve: bulk.Resolve = bulk.keep
) -> int:
    """List violations (id, downgrade) as to be taken back; gives how many were not listed yet.

    With `bulk.replace` one that was listed is taken back once more: another judgement of it arrived.
    """
    names, whose = zip(*found, strict=True) if found else ((), ())
    columns: dict[str, Sequence[Any]] = {
        "violation": names,
        "downgrade": whose,
        "at_ns": [now_ns] * len(names),
        "sent": [False] * len(names),
    }
    return bulk.upsert(conn, recalls, columns, resolve)


def unsent(conn: Connection, limit: int) -> dict[str, list[str]]:
    """Violations that nobody was told of yet, the oldest listing first, with the downgrades that list each."""
    rows = select(recalls.c.violation, recalls.c.downgrade).where(~recalls.c.sent)
    found: dict[str, list[str]] = {}
    for violation, downgrade in conn.execute(rows.order_by(recalls.c.at_ns).limit(limit)):
        found.setdefault(violation, []).append(downgrade)
    return found


def unsent_count(conn: Connection) -> int:
    """How many those are."""
    return conn.execute(select(func.count()).select_from(recalls).where(~recalls.c.sent)).scalar_one()


def mark_sent(conn: Connection, sent: Collection[str], untouched: Collection[str] = ()) -> None:
    """Everybody was told of these; `untouched` were judged under the doubt from the start and are listed no more."""
    conn.execute(update(recalls).where(recalls.c.violation.in_(list(sent))).values(sent=True))
    conn.execute(recalls.delete().where(recalls.c.violation.in_(list(untouched)), ~recalls.c.sent))


def recalled_counts(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """How many violations each downgrade took back."""
    counts = select(recalls.c.downgrade, func.count()).where(recalls.c.downgrade.in_(list(ids)))
    return dict.fromkeys(ids, 0) | {row[0]: row[1] for row in conn.execute(counts.group_by(recalls.c.downgrade))}


def overlapping(conn: Connection, site: str, from_ns: int, to_ns: int) -> list[Downgrade]:
    """The downgrades of a site that stand now, or did at some time of a period, the newest first."""
    still = downgrades.c.until_ns.is_(None)
    inside = (downgrades.c.from_ns < literal(to_ns)) & (downgrades.c.until_ns > literal(from_ns))
    rows = select(downgrades).where(downgrades.c.site == site, or_(still, inside))
    return [_downgrade(row) for row in conn.execute(rows.order_by(downgrades.c.opened_ns.desc(), downgrades.c.id))]


def _downgrade(row: Any) -> Downgrade:
    return Downgrade(*(getattr(row, name) for name in Downgrade._fields))
