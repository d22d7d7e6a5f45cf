"""The tables of who is signed in, and of wall screens that wait to be. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from service.store.columns import big, metadata, text

#: One browser that is signed in, until `until_ns` or `ended_ns`. `digest` is that of the cookie, which is nowhere kept.
#: `reference` names what the door is asked again at each request, null where `principal` (JSON) stands by itself.
sessions = Table(
    "sessions",
    metadata,
    text("id", primary_key=True),
    text("kind"),
    Column("digest", LargeBinary, nullable=False),
    Column("reference", Text),
    text("name"),
    Column("agency", Text),
    text("principal"),
    text("address"),
    big("opened_ns"),
    big("used_ns"),
    big("until_ns"),
    Column("ended_ns", BigInteger),
    Column("ended_by", Text),
    Index("sessions_until", "until_ns"),
)

#: A wall screen that shows a code; `principal` (JSON) is what it may see once somebody at the duty desk confirmed it.
pairings = Table(
    "pairings",
    metadata,
    text("code", primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    text("address"),
    big("asked_ns"),
    big("until_ns"),
    Column("principal", Text),
    Column("confirmed_by", Text),
    Index("pairings_until", "until_ns"),
)
