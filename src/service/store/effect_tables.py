"""What the figures of effectiveness rest on beside the rest: exclusions, and the turns of squads. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from service.store.columns import big, metadata, partial, small, text

#: Violations that a person took out of all figures, and put back. Nobody edits a figure: rows are added, and restored
#: once; `document` says what was moved, so that a restore moves exactly that back.
exclusions = Table(
    "exclusions",
    metadata,
    text("id", primary_key=True),
    big("version"),
    text("violation"),
    text("corridor"),
    text("site"),
    small("lane"),
    big("time_ns"),
    small("severity"),
    text("rule"),
    text("reason"),
    big("at_ns"),
    text("actor"),
    Column("agency", Text),
    Column("restored_ns", BigInteger),
    Column("restored_by", Text),
    Column("restored_reason", Text),
    text("document"),
    Index("exclusions_violation", "violation", "at_ns"),
    Index("exclusions_at", "at_ns"),
)
partial("exclusions_standing", exclusions.c.restored_ns.is_(None), exclusions.c.site, exclusions.c.time_ns)

#: Every time that a squad signed in or out: who was there at night is asked weeks later. Rows are only added.
squad_turns = Table(
    "squad_turns",
    metadata,
    text("squad", primary_key=True),
    big("at_ns", primary_key=True, autoincrement=False),
    small("signed_in"),
)
