"""The tables of dispatch: where squads are, what was decided for whom, what scales said. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, SmallInteger, Table, Text

from service.store.columns import NUMBER, big, flag, integer, metadata, small, text

#: What a squad said of itself last; where it never did its shifts and its base stand for it.
squad_status = Table(
    "squad_status",
    metadata,
    text("squad", primary_key=True),
    Column("signed_in", SmallInteger),
    big("signed_ns"),
    Column("corridor", Text),
    Column("chainage_km", Float),
    big("position_ns"),
)

#: Which squads an intercept was ever put before. Rows are only added.
asked_squads = Table(
    "asked_squads",
    metadata,
    text("squad", primary_key=True),
    text("intercept", primary_key=True),
)

#: Why an intercept was offered to whom, and why a grave violation opened none. Rows are only added, and purged with
#: the violations that they tell of.
decisions = Table(
    "decisions",
    metadata,
    Column("number", NUMBER, primary_key=True),
    text("subject"),
    text("kind"),
    big("at_ns"),
    text("document"),
    Index("decisions_subject", "subject", "number"),
    Index("decisions_at", "at_ns"),
)

#: Which crossings moved on the intercept of an earlier one that they resemble (`store.resemblances`).
resemblances = Table(
    "resemblances",
    metadata,
    text("passage", primary_key=True),
    text("earlier"),
    text("intercept"),
    Column("score", Float, nullable=False),
    big("at_ns"),
    Column("apart_ns", BigInteger),
    text("document"),
    Index("resemblances_intercept", "intercept", "passage"),
)

#: What a static scale said of an intercepted truck: precision, and the bias of the site whose strips weighed it.
weighings = Table(
    "weighings",
    metadata,
    text("intercept", primary_key=True),
    text("corridor"),
    text("site"),
    small("lane"),
    big("at_ns"),
    integer("gross_kg"),
    integer("static_gross_kg"),
    Column("gross_sigma", Float),
    Column("p_over", Float, nullable=False),
    flag("confirmed"),
    flag("simulated"),
    Column("excluded_by", Text),
    Index("weighings_lane", "site", "lane", "at_ns"),
    Index("weighings_at", "at_ns"),
)
