"""Every table of the store, one section a concern.

Times of events and of people are nanoseconds since 1970 (`_ns`), times of counting periods seconds (`_s`). Texts that a
message carries are kept as the message (`document`, JSON) beside the columns that are searched; the document is what is
answered, the columns only find it. `version` grows with each change of a row and is its guard: a writer that read
version 4 writes 5 where 4 still stands, or nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

metadata = MetaData()

#: SQLite numbers rows by itself only where the type is INTEGER, to the letter.
_Number = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **more)


def _big(name: str, **more: Any) -> Column[int]:
    return Column(name, BigInteger, nullable=False, **more)


def _int(name: str, **more: Any) -> Column[int]:
    return Column(name, Integer, nullable=False, **more)


def _small(name: str, **more: Any) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, **more)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _partial(name: str, where: Any, *columns: Any) -> None:
    Index(name, *columns, postgresql_where=where, sqlite_where=where)


#: One row: the oldest release that works with these tables, see `schema`.
schema_reach = Table("schema_reach", metadata, _text("oldest_revision", primary_key=True))

# --- The stream: where each stream lane stands and what it has seen ---------------------------------------------------

#: The next message of a partition that a stream lane has not judged; moved in the transaction of the results.
offsets = Table(
    "offsets",
    metadata,
    _text("stream_lane", primary_key=True),
    _text("topic", primary_key=True),
    _int("partition", primary_key=True, autoincrement=False),
    _text("cluster"),
    _big("next_offset"),
)

#: Every crossing of one lane in one hour of event time, sorted, 13 bytes each (`seen_keys.SEEN_KEY`). The large column
#: stands last, so that reading the small ones does not walk its pages.
seen_hours = Table(
    "seen_hours",
    metadata,
    _text("site", primary_key=True),
    _small("lane", primary_key=True, autoincrement=False),
    _big("hour_s", primary_key=True, autoincrement=False),
    _big("version"),
    _big("touched_s"),
    _flag("sealed"),
    Column("keys", LargeBinary, nullable=False),
)
#: Of what can still be sealed: the sealed hours of all years must not be walked past each time.
_partial("seen_hours_open", ~seen_hours.c.sealed, seen_hours.c.touched_s)

# --- Corridor rates ---------------------------------------------------------------------------------------------------

#: What a row of `rates` counts: one lane of one site in one direction under one rule set. `id` is made from the other
#: columns (`tally.Series.id`), so two workers name the same series alike without asking each other. Lane -1 stands for
#: all lanes of the site in that direction.
rate_series = Table(
    "rate_series",
    metadata,
    _big("id", primary_key=True, autoincrement=False),
    _text("corridor"),
    _text("site"),
    _small("lane"),
    _small("direction"),
    _text("rule_set"),
    Index("rate_series_corridor", "corridor"),
)

#: Counts by series, period and kind of vehicle; `grain` as `tally.Grain`, `excluded` 0 or the bit of a flag + 1.
rates = Table(
    "rates",
    metadata,
    _big("series", primary_key=True, autoincrement=False),
    _small("grain", primary_key=True, autoincrement=False),
    _big("start_s", primary_key=True, autoincrement=False),
    _small("axle_class", primary_key=True, autoincrement=False),
    _small("band", primary_key=True, autoincrement=False),
    _small("excluded", primary_key=True, autoincrement=False),
    _big("passages"),
    _big("trucks"),
    _big("over_nominal"),
    _big("over_beyond_tolerance"),
    _big("hundred_tonne"),
    _big("plates_read"),
    sqlite_with_rowid=False,
)

#: Counts of one batch as they came, until they are spread over the rows of `rates`: a reader adds both.
tallies = Table(
    "tallies",
    metadata,
    Column("id", _Number, primary_key=True),
    _small("shard"),
    _int("cells"),
    _text("series"),
    Column("counts", LargeBinary, nullable=False),
    Index("tallies_shard", "shard", "cells"),
)

#: How often a period of a corridor that was already over has changed.
rate_revisions = Table("rate_revisions", metadata, _text("corridor", primary_key=True), _big("revision"))

#: Minutes in which the roadside unit reported the lane up: bit m of `minutes` is minute m of the hour.
health_minutes = Table(
    "health_minutes",
    metadata,
    _text("site", primary_key=True),
    _small("lane", primary_key=True, autoincrement=False),
    _big("hour_s", primary_key=True, autoincrement=False),
    _big("minutes"),
)

#: Per lane and month (UTC): which hours held a passage, which were covered by health, which days had any health.
lane_months = Table(
    "lane_months",
    metadata,
    _text("site", primary_key=True),
    _small("lane", primary_key=True, autoincrement=False),
    _big("month_s", primary_key=True, autoincrement=False),
    Column("passage_hours", LargeBinary, nullable=False),
    Column("health_hours", LargeBinary, nullable=False),
    _int("health_days"),
)

#: The newest health message of each site.
site_health = Table("site_health", metadata, _text("site", primary_key=True), _big("at_ns"), _text("document"))

# --- Enforcement ------------------------------------------------------------------------------------------------------

violations = Table(
    "violations",
    metadata,
    _text("id", primary_key=True),
    _big("version"),
    _text("corridor"),
    _text("site"),
    _small("lane"),
    _small("direction"),
    _big("time_ns"),
    _text("plate"),
    _small("plate_colour"),
    _flag("plate_certain"),
    _text("grade"),
    _text("zone"),
    _small("severity"),
    _small("band"),
    _flag("hundred_tonne"),
    _flag("evidence"),
    _int("gross_kg"),
    _int("excess_kg"),
    Column("p_over", Float, nullable=False),
    Column("excluded_by", Text),
    _text("document"),
    Index("violations_newest", "time_ns", "id"),
    Index("violations_corridor", "corridor", "time_ns", "id"),
    Index("violations_site", "site", "time_ns", "id"),
    Index("violations_plate", "plate", "time_ns", "id"),
)

#: The crossings of a trip, with violation or without: what a late one is joined to.
sightings = Table(
    "sightings",
    metadata,
    _text("id", primary_key=True),
    _text("case_id"),
    _text("corridor"),
    _text("site"),
    _small("lane"),
    _small("direction"),
    _big("time_ns"),
    _text("plate"),
    _small("plate_colour"),
    _flag("plate_certain"),
    _flag("violation"),
    _text("document"),
    Index("sightings_plate", "plate", "time_ns"),
    Index("sightings_case", "case_id", "time_ns"),
    Index("sightings_time", "time_ns"),
)

cases = Table(
    "cases",
    metadata,
    _text("id", primary_key=True),
    _big("version"),
    _text("state"),
    Column("merged_into", Text),
    _text("corridor"),
    _text("site"),
    _text("plate"),
    _small("plate_colour"),
    _big("first_ns"),
    _big("newest_ns"),
    _text("document"),
    Index("cases_plate", "plate", "newest_ns"),
    Index("cases_newest", "newest_ns", "id"),
)

#: `published_version` is the newest that the relay has had acknowledged; what is behind is to be published.
intercepts = Table(
    "intercepts",
    metadata,
    _text("id", primary_key=True),
    _big("version"),
    _big("published_version", server_default="0"),
    _text("case_id"),
    _text("state"),
    _flag("active"),
    _text("corridor"),
    _text("site"),
    _text("plate"),
    _small("plate_colour"),
    Column("squad", Text),
    Column("lead_agency", Text),
    Column("priority", Float, nullable=False),
    _big("opened_ns"),
    _big("newest_ns"),
    _text("document"),
    Index("intercepts_newest", "newest_ns", "id"),
    Index("intercepts_active", "active", "newest_ns", "id"),
    Index("intercepts_corridor", "corridor", "newest_ns", "id"),
    Index("intercepts_case", "case_id"),
    Index("intercepts_plate", "plate", "newest_ns"),
)
_partial(
    "intercepts_unpublished",
    intercepts.c.version > intercepts.c.published_version,
    intercepts.c.active,
    intercepts.c.newest_ns,
)

#: What one crossing of an earlier trip counts for in a plate's history (`dispatch.offenders.Offence`).
outcomes = Table(
    "outcomes",
    metadata,
    _text("id", primary_key=True),
    _text("trip"),
    _text("plate"),
    _small("plate_colour"),
    _big("time_ns"),
    _flag("decided"),
    _flag("confirmed"),
    _flag("suspected"),
    _flag("simulated"),
    Column("excluded_by", Text),
    _text("source"),
    _text("document"),
    Index("outcomes_plate", "plate", "time_ns"),
    Index("outcomes_trip", "trip"),
)

# --- Publishing, people, files ----------------------------------------------------------------------------------------

#: Who may do what only one may do at a time; `epoch` grows with each new owner.
leases = Table(
    "leases",
    metadata,
    _text("name", primary_key=True),
    _text("owner"),
    _big("epoch"),
    _big("until_ns"),
)

#: What the live feed shows. `number` has no gaps and grows in the order of commits, so a reader that has seen 7 misses
#: nothing by asking for what follows 7.
feed = Table(
    "feed",
    metadata,
    _big("number", primary_key=True, autoincrement=False),
    _text("kind"),
    Column("corridor", Text),
    Column("site", Text),
    Column("agency", Text),
    _big("at_ns"),
    _text("document"),
    Index("feed_at", "at_ns"),
)

#: Running numbers that are drawn inside a transaction.
counters = Table("counters", metadata, _text("name", primary_key=True), _big("value"))

#: Permits, vehicles, exemptions and watched plates that were put by hand; a removed one stays as a tombstone so that
#: whoever polls by revision hears of it.
register = Table(
    "register",
    metadata,
    _text("kind", primary_key=True),
    _text("key", primary_key=True),
    _big("version"),
    _big("revision"),
    _flag("removed"),
    _text("document"),
    Index("register_revision", "revision"),
)

#: What is to happen at a time; whoever deletes the row may do it.
timers = Table(
    "timers",
    metadata,
    _text("kind", primary_key=True),
    _text("subject", primary_key=True),
    _big("due_at_ns"),
    Index("timers_due", "due_at_ns"),
)

#: Who looked at or did what, and why. Rows are only added, and purged after their time.
audit = Table(
    "audit",
    metadata,
    Column("number", _Number, primary_key=True),
    _big("at_ns"),
    _text("actor"),
    _text("role"),
    Column("agency", Text),
    _text("action"),
    _text("subject"),
    Column("reason", Text),
    _text("document"),
    Index("audit_subject", "subject", "at_ns"),
    Index("audit_at", "at_ns"),
)

#: The answer that an action got, for the phone that asks again.
idempotency = Table(
    "idempotency",
    metadata,
    _text("actor", primary_key=True),
    _text("key", primary_key=True),
    _text("route"),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("body", LargeBinary),
    _big("at_ns"),
    Index("idempotency_at", "at_ns"),
)

#: Parquet files that are whole: listed in the transaction that moves the offset past them.
manifest = Table(
    "manifest",
    metadata,
    _text("path", primary_key=True),
    _text("topic"),
    _int("partition"),
    _big("start_offset"),
    _big("end_offset"),
    _text("date"),
    _text("site"),
    _big("first_ns"),
    _big("last_ns"),
    _big("passages"),
    _big("bytes"),
    _small("purged", server_default="0"),
    Index("manifest_date", "date", "site"),
)
