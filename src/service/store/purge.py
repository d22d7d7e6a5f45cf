"""Forgetting plates: after their time they become pseudonyms, and every figure stays.

=============================================  ==============================================================
what                                           after `Keep`
=============================================  ==============================================================
crossings without violation                    `plates_days`
violations, their crossings, cases,            `violations_days`
intercepts, joint actions, offender
history, and the plate in the head of
archived frames (`service.frame_purge`)
what downgrades took back, which crossing
resembles which                                `violations_days`, deleted: ids of violations
entries of the audit log                       `audit_days`, deleted
notices, webhooks, browsers that
nobody renewed                                 `plates_days`, deleted
the live feed, answers to Idempotency-Keys     `feed_days`, `idempotency_hours`, deleted: both are only
                                               for who comes back after a short while
sessions of browsers                           their own end, deleted; the audit log tells of them
=============================================  ==============================================================

Times are those of the crossing. The same plate gets the same pseudonym as long as the key stays, so trips and counts of
a plate can still be told; who has the key can tell whether a plate is behind it, nobody else can. A purge goes in steps
of some rows, each a transaction of its own: it can be stopped at any time, and run beside everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, select, tuple_, update

from service.pseudonyms import MARK, Pseudonyms
from service.store import feed, push
from service.store.dispatch_tables import decisions, resemblances
from service.store.engine import Store
from service.store.joint_tables import joint_actions
from service.store.notice_tables import notices
from service.store.session_tables import sessions
from service.store.tables import audit, cases, idempotency, intercepts, outcomes, sightings, violations
from service.store.watch_tables import recalls
from service.store.webhook_tables import webhooks

#: Rows of one step: 20 to 30 ms on SQLite, whose other writers wait meanwhile (a transaction has 50).
STEP_ROWS = 500

_HOUR_NS = 3_600 * 10**9
_DAY_NS = 24 * _HOUR_NS


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept (policy.toml); the live feed is read by who was away for a night at most."""

    plates_days: int
    violations_days: int
    audit_days: int
    idempotency_hours: int
    feed_days: int = 7


#: One transaction's work on up to `limit` rows; gives how many it was. A full step is followed by another.
Step = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Plates:
    """A table with plates: the column that says when, how long a plate is kept, and of which rows."""

    table: Table
    time: str
    days: Callable[[Keep], int]
    only: tuple[Any, ...] = ()


_PLATES = {
    "crossings": Plates(sightings, "time_ns", lambda keep: keep.plates_days, (~sightings.c.violation,)),
    "crossings of violations": Plates(sightings, "time_ns", lambda keep: keep.violations_days),
    "violations": Plates(violations, "time_ns", lambda keep: keep.violations_days),
    "cases": Plates(cases, "newest_ns", lambda keep: keep.violations_days),
    "intercepts": Plates(intercepts, "newest_ns", lambda keep: keep.violations_days),
    "joint actions": Plates(joint_actions, "newest_ns", lambda keep: keep.violations_days),
    "offender history": Plates(outcomes, "time_ns", lambda keep: keep.violations_days),
}


def purge(store: Store, keep: Keep, now_ns: int, pseudonyms: Pseudonyms, step_rows: int = STEP_ROWS) -> dict[str, int]:
    """Make pseudonyms of plates whose time is over and delete what is over altogether; gives how many rows of each.

    `pseudonyms` must be of a key that stays: plates cannot be told apart by the pseudonyms of two keys.
    """
    steps: dict[str, Step] = {
        name: partial(rename, plates=plates, before_ns=now_ns - plates.days(keep) * _DAY_NS, pseudonyms=pseudonyms)
        for name, plates in _PLATES.items()
    }
    steps["recalls"] = partial(_delete, table=recalls, before_ns=now_ns - keep.violations_days * _DAY_NS)
    steps["resemblances"] = partial(_delete, table=resemblances, before_ns=now_ns - keep.violations_days * _DAY_NS)
    steps["decisions"] = partial(_delete, table=decisions, before_ns=now_ns - keep.violations_days * _DAY_NS)
    steps["webhooks"] = partial(_delete, table=webhooks, before_ns=now_ns - keep.plates_days * _DAY_NS)
    steps["audit log"] = partial(_delete, table=audit, before_ns=now_ns - keep.audit_days * _DAY_NS)
    steps["notices"] = partial(_delete, table=notices, before_ns=now_ns - keep.plates_days * _DAY_NS)
    steps["browsers"] = partial(push.trim, before_ns=now_ns - keep.plates_days * _DAY_NS)
    steps["answers"] = partial(_delete, table=idempotency, before_ns=now_ns - keep.idempotency_hours * _HOUR_NS)
    steps["sessions"] = partial(_delete, table=sessions, before_ns=now_ns, time="until_ns")
    steps["live feed"] = partial(feed.trim, before_ns=now_ns - keep.feed_days * _DAY_NS)
    return {name: _in_steps(store, step, step_rows) for name, step in steps.items()}


def rename(conn: Connection, plates: Plates, before_ns: int, pseudonyms: Pseudonyms, limit: int) -> int:
    """Give up to `limit` rows older than a time pseudonyms, in the column and all through the document."""
    table = plates.table
    named = table.c.plate != "", ~table.c.plate.startswith(MARK)
    old = select(table.c.id, table.c.plate, table.c.document).where(table.c[plates.time] < before_ns, *named)
    rows = conn.execute(old.where(*plates.only).order_by(table.c[plates.time]).limit(limit)).all()
    changed = [_renamed(row.id, row.plate, row.document, pseudonyms.of(row.plate)) for row in rows]
    if changed:
        here = update(table).where(table.c.id == bindparam("row"))
        conn.execute(here.values(plate=bindparam("pseudonym"), document=bindparam("text")), changed)
    return len(rows)


def _renamed(row: str, plate: str, document: str, pseudonym: str) -> dict[str, str]:
    told = _replaced(msgspec.json.decode(document), plate, pseudonym)
    return {"row": row, "pseudonym": pseudonym, "text": msgspec.json.encode(told).decode()}


def _replaced(value: Any, plate: str, pseudonym: str) -> Any:
    """The value with every mention of the plate replaced: fields may be added that hold it, and notes may name it."""
    if isinstance(value, str):
        return value.replace(plate, pseudonym)
    if isinstance(value, list):
        return [_replaced(item, plate, pseudonym) for item in value]
    if isinstance(value, dict):
        return {name: _replaced(item, plate, pseudonym) for name, item in value.items()}
    return value


def _delete(conn: Connection, table: Table, before_ns: int, limit: int, time: str = "at_ns") -> int:
    key, at_ns = tuple_(*table.primary_key), table.c[time]
    old = select(*table.primary_key).where(at_ns < before_ns).order_by(at_ns).limit(limit)
    return conn.execute(delete(table).where(key.in_(old))).rowcount


def _in_steps(store: Store, step: Step, step_rows: int) -> int:
    total = 0
    while True:
        with store.writing() as conn:
            done = step(conn, limit=step_rows)
        total += done
        if done < step_rows:
            return total
