"""The table of the ledger. See `tables` and `dispatch.ledger`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from service.store.columns import big, metadata, text

#: What both agencies did, one entry hashed with the other. Rows are only added: the database refuses to change or
#: delete one, and no purge touches them.
ledger = Table(
    "ledger",
    metadata,
    big("number", primary_key=True, autoincrement=False),
    big("at_ns"),
    text("intercept"),
    text("corridor"),
    text("actor"),
    text("role"),
    Column("agency", Text),
    Column("on_behalf_of", Text),
    text("action"),
    Column("from_state", Text),
    text("to_state"),
    Column("note", Text),
    text("document"),
    text("previous_hash"),
    text("hash"),
    Index("ledger_intercept", "intercept", "number"),
    Index("ledger_corridor", "corridor", "number"),
)
