"""The ledger as it is kept: entries are added behind one another, and read.

Numbers are drawn from one row that stays locked until the transaction ends, so two writers cannot both write behind the
same entry. What changes an intercept ends with an entry here, and may change others on the way: it holds the head of
the ledger (`hold`) before it reads or locks anything that others of its kind write. So on PostgreSQL they go one after
another, as on SQLite all that write do, and none of them can wait for one that waits for it. The transaction must be
durable: what a person was told stands in it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from dispatch.ledger import BEGINNING, Entry, Stamped, stamp
from service.store import bulk
from service.store.counters import draw, last
from service.store.counters import hold as hold_counter
from service.store.errors import LedgerTakenError
from service.store.ledger_tables import ledger
from service.store.paging import LONGEST_PAGE, within

_COUNTER = "ledger"

#: Below every number that the column takes: somebody may have added an entry under one that is never drawn.
_BEFORE_ALL = -(2**63)

#: The columns of an entry that stand in the table as they are.
_PLAIN = tuple(name for name in Entry.__dataclass_fields__ if name != "document")


def hold(conn: Connection) -> None:
    """Let nobody else change an intercept, or write into the ledger, until this transaction ends."""
    hold_counter(conn, _COUNTER)


def append(conn: Connection, entries: Sequence[Entry]) -> list[Stamped]:
    """Add entries behind the newest; gives them as they stand in the chain.

    Raises:
        UncanonicalError: a value has no one form in JSON.
        LedgerTakenError: somebody wrote past this program; nothing of the transaction may stay.
    """
    if not entries:
        return []
    number = draw(conn, _COUNTER, len(entries)) - len(entries)
    previous = conn.execute(select(ledger.c.hash).where(ledger.c.number == number)).scalar_one_or_none() or BEGINNING
    stamped: list[Stamped] = []
    for entry in entries:
        number += 1
        stamped.append(stamp(entry, number, previous))
        previous = stamped[-1].hash
    if bulk.upsert(conn, ledger, _columns(stamped), bulk.keep) != len(stamped):
        raise LedgerTakenError(stamped[0].number, number)
    return stamped


def of_intercept(conn: Connection, intercept: str, corridors: Collection[str] | None = None) -> list[Stamped]:
    """Everything that was done about one intercept, in order."""
    rows = select(ledger).where(ledger.c.intercept == intercept, *within(ledger.c.corridor, corridors))
    return [_stamped(row) for row in conn.execute(rows.order_by(ledger.c.number))]


def read(
    conn: Connection,
    after: int,
    limit: int,
    corridors: Collection[str] | None = None,
    intercept: str | None = None,
) -> list[Stamped]:
    """Entries with a number above `after`, in order, at most `limit`; of the corridors that the reader may see."""
    rows = _after(after, limit).where(*within(ledger.c.corridor, corridors))
    if intercept is not None:
        rows = rows.where(ledger.c.intercept == intercept)
    return [_stamped(row) for row in conn.execute(rows)]


def every(conn: Connection, page: int = LONGEST_PAGE) -> Iterator[Stamped]:
    """All entries in order, some at a time: a ledger of years does not fit into memory."""
    _take_any_text(conn)
    after = _BEFORE_ALL
    while rows := conn.execute(_after(after, page)).all():
        yield from map(_stamped, rows)
        after = rows[-1].number


def _take_any_text(conn: Connection) -> None:
    """Let SQLite give text that is no UTF-8 too: it fits no hash, and a crash would name no entry."""
    driver = conn.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        driver.text_factory = lambda raw: raw.decode(errors="surrogateescape")


def last_number(conn: Connection) -> int:
    """The number that was drawn last: that of the newest entry, if nobody took it away."""
    return last(conn, _COUNTER)


def _after(number: int, limit: int) -> Select[Any]:
    return select(ledger).where(ledger.c.number > number).order_by(ledger.c.number).limit(limit)


def _columns(stamped: Sequence[Stamped]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [getattr(one.entry, name) for one in stamped] for name in _PLAIN}
    columns["number"] = [one.number for one in stamped]
    columns["document"] = [_canonical(one.entry.document) for one in stamped]
    columns["previous_hash"] = [one.previous for one in stamped]
    columns["hash"] = [one.hash for one in stamped]
    return columns


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(dict(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _stamped(row: Row[Any]) -> Stamped:
    entry = Entry(**{name: getattr(row, name) for name in _PLAIN}, document=_document(row.document))
    return Stamped(row.number, row.previous_hash, row.hash, entry)


def _document(text: str) -> dict[str, Any]:
    """What stands there; a text that is not as it was written is shown as what it is, and fits no hash."""
    try:
        found = json.loads(text)
        as_written = isinstance(found, dict) and _canonical(found) == text
    except (TypeError, ValueError, RecursionError):
        as_written = False
    return found if as_written else {"unreadable": text}
