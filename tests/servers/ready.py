"""Databases with the newest tables: made once a session of each engine, then copied for every test.

All migrations take 0.15 s on SQLite and 0.3 s on PostgreSQL, a copy takes 1 and 50 ms, and thousands of tests want one.
"""

from __future__ import annotations

from service.store import schema
from service.store.engine import open_store


def make_tables(url: str) -> None:
    """Brings an empty database to the newest tables, and leaves nobody connected to it."""
    store = open_store(url, check=False)
    with store.writing(durable=True) as conn:
        schema.upgrade(conn)
    store.close()
