"""Every time that a squad signed in or out: who was on duty in a past hour is answered from here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from dispatch.duty import Word
from service.store import bulk
from service.store.effect_tables import squad_turns


def note(conn: Connection, squad: str, word: Word) -> None:
    """Keep a squad's word; the same one again changes nothing."""
    columns: dict[str, list[Any]] = {"squad": [squad], "at_ns": [word.at_ns], "signed_in": [int(word.signed_in)]}
    bulk.upsert(conn, squad_turns, columns, bulk.replace)


def words(conn: Connection, from_ns: int, to_ns: int) -> dict[str, list[Word]]:
    """What each squad said within a span, by time, after the last that it said before it."""
    table = squad_turns.c
    before = select(table.squad, func.max(table.at_ns).label("at_ns")).where(table.at_ns <= from_ns)
    last = before.group_by(table.squad).subquery()
    same = (last.c.squad == table.squad) & (last.c.at_ns == table.at_ns)
    earlier = conn.execute(select(squad_turns).select_from(squad_turns.join(last, same))).all()
    within = select(squad_turns).where(table.at_ns > from_ns, table.at_ns < to_ns).order_by(table.at_ns)
    found: dict[str, list[Word]] = {}
    for row in (*earlier, *conn.execute(within)):
        found.setdefault(row.squad, []).append(Word(row.at_ns, bool(row.signed_in)))
    return found
