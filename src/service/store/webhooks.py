"""Which joint actions are to be pushed to whom, and what became of it.

=============  ======================================================================================================
state          meaning
=============  ======================================================================================================
due            to be sent at `next_try_ns`, for the first time or again
sent           the other side has it
given_up       it refused for good, or too often; somebody should look
=============  ======================================================================================================

What is sent is the joint action as it is then, so no plate stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.tables import counters
from service.store.webhook_tables import webhooks

DUE, SENT, GIVEN_UP = "due", "sent", "given_up"

#: The counter that holds the number of the newest event of the feed that was looked at.
_FOLLOWED = "webhooks_feed"


class WebhookRow(NamedTuple):
    """One joint action for one target; see `webhook_tables`."""

    target: str
    joint: str
    version: int
    state: str
    tries: int
    next_try_ns: int
    at_ns: int
    done_ns: int | None = None
    last_error: str | None = None


def owe(conn: Connection, rows: Sequence[WebhookRow]) -> None:
    """Let targets be told; of one joint action the highest version counts."""
    newest = {(row.target, row.joint): row for row in sorted(rows, key=lambda row: row.version)}
    bulk.upsert_rows(conn, webhooks, list(newest.values()), bulk.replace, bulk.newer)


def due(conn: Connection, now_ns: int, limit: int) -> list[WebhookRow]:
    """What is to be sent now, the longest due first."""
    rows = select(webhooks).where(webhooks.c.state == DUE, webhooks.c.next_try_ns <= now_ns)
    rows = rows.order_by(webhooks.c.next_try_ns, webhooks.c.target, webhooks.c.joint).limit(limit)
    return [WebhookRow(*row) for row in conn.execute(rows)]


def get(conn: Connection, target: str, joint: str) -> WebhookRow | None:
    """What one target is told of one joint action."""
    here = webhooks.c.target == target, webhooks.c.joint == joint
    row = conn.execute(select(webhooks).where(*here)).one_or_none()
    return WebhookRow(*row) if row else None


def begin_try(conn: Connection, row: WebhookRow, again_ns: int) -> bool:
    """Count a try, and let it be due again at a time unless it is settled before: a sender that dies in between must
    not take it along. False where another sender was first."""
    fields = {"tries": row.tries + 1, "next_try_ns": again_ns}
    return _change(conn, row, fields, webhooks.c.tries == row.tries, webhooks.c.state == DUE)


def postpone(conn: Connection, row: WebhookRow, next_try_ns: int, error: str) -> None:
    """Send it later, unless a newer version took its place meanwhile."""
    _change(conn, row, {"next_try_ns": next_try_ns, "last_error": error})


def settle(conn: Connection, row: WebhookRow, state: str, now_ns: int, error: str | None = None) -> None:
    """Note how it ended, unless a newer version took its place meanwhile."""
    _change(conn, row, {"state": state, "done_ns": now_ns, "last_error": error})


def followed(conn: Connection) -> int:
    """Up to which number the live feed was looked at."""
    value = conn.execute(select(counters.c.value).where(counters.c.name == _FOLLOWED)).scalar_one_or_none()
    return value or 0


def note_followed(conn: Connection, number: int) -> None:
    """Note that the feed was looked at up to a number; two that look at once leave the higher one."""
    bulk.upsert(conn, counters, {"name": [_FOLLOWED], "value": [number]}, bulk.replace, _higher)


def _higher(table: Any, new: Any) -> Any:
    return table.c.value < new.value


def _change(conn: Connection, row: WebhookRow, fields: dict[str, Any], *only: Any) -> bool:
    here = webhooks.c.target == row.target, webhooks.c.joint == row.joint, webhooks.c.version == row.version
    return conn.execute(update(webhooks).where(*here, *only).values(fields)).rowcount == 1
