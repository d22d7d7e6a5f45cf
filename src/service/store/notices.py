"""Notices: which are to be sent, and what became of each.

=============  ======================================================================================================
state          meaning
=============  ======================================================================================================
due            to be sent at `next_try_ns`, for the first time or again
sent           the other side has it
given_up       it refused for good, or too often; somebody should look
dropped        nobody needed it any more: somebody had acted, or the truck was out of reach
=============  ======================================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from service.store import bulk
from service.store.notice_tables import notices
from service.store.paging import Cursor, newest_first, within
from service.store.tables import counters

DUE, SENT, GIVEN_UP, DROPPED = "due", "sent", "given_up", "dropped"

#: The counter that holds the number of the newest event of the feed that was looked at.
_FOLLOWED = "notices_feed"


class NoticeRow(NamedTuple):
    """One notice to one target; see `notice_tables`."""

    id: str
    intercept: str
    alert: int
    code: str
    adapter: str
    target: str
    corridor: str
    site: str
    state: str
    tries: int
    next_try_ns: int
    until_ns: int
    at_ns: int
    done_ns: int | None = None
    last_error: str | None = None


def add(conn: Connection, rows: Sequence[NoticeRow]) -> int:
    """Write notices that are not there yet; gives how many those were."""
    return bulk.upsert_rows(conn, notices, list({row.id: row for row in rows}.values()), bulk.keep)


def due(conn: Connection, now_ns: int, limit: int) -> list[NoticeRow]:
    """What is to be sent now, the longest due first."""
    rows = select(notices).where(notices.c.state == DUE, notices.c.next_try_ns <= now_ns)
    return [NoticeRow(*row) for row in conn.execute(rows.order_by(notices.c.next_try_ns, notices.c.id).limit(limit))]


def begin_try(conn: Connection, row: NoticeRow, again_ns: int) -> bool:
    """Count a try, and let the notice be due again at a time unless it is settled before: a sender that dies in
    between must not take it along. False where another sender was first."""
    as_read = notices.c.id == row.id, notices.c.state == DUE, notices.c.tries == row.tries
    return conn.execute(update(notices).where(*as_read).values(tries=row.tries + 1, next_try_ns=again_ns)).rowcount == 1


def postpone(conn: Connection, notice: str, next_try_ns: int, error: str | None = None) -> None:
    """Send it later; `error` where it was tried."""
    here = notices.c.id == notice, notices.c.state == DUE
    told = {} if error is None else {"last_error": error}
    conn.execute(update(notices).where(*here).values(next_try_ns=next_try_ns, **told))


def settle(conn: Connection, notice: str, state: str, now_ns: int, error: str | None = None) -> None:
    """Note how it ended."""
    told = {} if error is None else {"last_error": error}
    conn.execute(update(notices).where(notices.c.id == notice).values(state=state, done_ns=now_ns, **told))


def last_sent_ns(conn: Connection, adapter: str, target: str) -> int | None:
    """When a target was last told something."""
    here = notices.c.adapter == adapter, notices.c.target == target, notices.c.state == SENT
    newest: int | None = conn.execute(select(func.max(notices.c.done_ns)).where(*here)).scalar_one()
    return newest


def page(
    conn: Connection,
    corridors: Collection[str] | None,
    states: Collection[str],
    intercept: str | None,
    after: Cursor | None,
    limit: int,
) -> list[NoticeRow]:
    """A page of notices in the corridors, newest first; `states` empty: all of them."""
    rows = select(notices).where(*within(notices.c.corridor, corridors))
    if states:
        rows = rows.where(notices.c.state.in_(sorted(states)))
    if intercept is not None:
        rows = rows.where(notices.c.intercept == intercept)
    return [NoticeRow(*row) for row in conn.execute(newest_first(rows, notices.c.at_ns, notices.c.id, after, limit))]


def followed(conn: Connection) -> int:
    """Up to which number the live feed was looked at for news."""
    value = conn.execute(select(counters.c.value).where(counters.c.name == _FOLLOWED)).scalar_one_or_none()
    return value or 0


def note_followed(conn: Connection, number: int) -> None:
    """Note that the feed was looked at up to a number; two that look at once leave the higher one."""
    bulk.upsert(conn, counters, {"name": [_FOLLOWED], "value": [number]}, bulk.replace, _higher)


def _higher(table: Any, new: Any) -> Any:
    return table.c.value < new.value
