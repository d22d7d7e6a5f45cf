"""Every table of the store, one section a concern.

Times of events and of people are nanoseconds since 1970 (`_ns`), times of counting periods seconds (`_s`). Texts that a
message carries are kept as the message (`document`, JSON) beside the columns that are searched; the document is what is
answered, the columns only find it. `version` grows with each change of a row and is its guard: a writer that read
version 4 writes 5 where 4 still stands, or nothing.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, LargeBinary, SmallInteger, Table, Text

from service.store import (
    dispatch_tables,
    effect_tables,
    frame_tables,
    joint_tables,
    ledger_tables,
    notice_tables,
    session_tables,
    watch_tables,
    webhook_tables,
)
from service.store.columns import NUMBER, big, flag, integer, metadata, partial, small, text

#: Whoever takes `metadata` from here has every table in it.
__all__ = [
    "dispatch_tables",
    "effect_tables",
    "frame_tables",
    "joint_tables",
    "ledger_tables",
    "metadata",
    "notice_tables",
    "session_tables",
    "watch_tables",
    "webhook_tables",
]

#: One row: the oldest release that works with these tables, see `schema`.
schema_reach = Table("schema_reach", metadata, text("oldest_revision", primary_key=True))

# --- The stream: where each stream lane stands and what it has seen ---------------------------------------------------

#: The next message of a partition that a stream lane has not judged; moved in the transaction of the results.
offsets = Table(
    "offsets",
    metadata,
    text("stream_lane", primary_key=True),
    text("topic", primary_key=True),
    integer("partition", primary_key=True, autoincrement=False),
    text("cluster"),
    big("next_offset"),
)

#: Every crossing of one lane in one hour of event time, sorted, 13 bytes each (`seen_keys.SEEN_KEY`). The large column
#: stands last, so that reading the small ones does not walk its pages.
seen_hours = Table(
    "seen_hours",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("hour_s", primary_key=True, autoincrement=False),
    big("version"),
    big("touched_s"),
    flag("sealed"),
    Column("keys", LargeBinary, nullable=False),
)
#: Of what can still be sealed: the sealed hours of all years must not be walked past each time.
partial("seen_hours_open", ~seen_hours.c.sealed, seen_hours.c.touched_s)

# --- Corridor rates ---------------------------------------------------------------------------------------------------

#: What a row of `rates` counts: one lane of one site in one direction under one rule set. `id` is made from the other
#: columns (`tally.Series.id`), so two workers name the same series alike without asking each other. Lane -1 stands for
#: all lanes of the site in that direction.
rate_series = Table(
    "rate_series",
    metadata,
    big("id", primary_key=True, autoincrement=False),
    text("corridor"),
    text("site"),
    small("lane"),
    small("direction"),
    text("rule_set"),
    Index("rate_series_corridor", "corridor"),
)

#: Counts by series, period and kind of vehicle; `grain` as `tally.Grain`, `excluded` 0 or the bit of a flag + 1.
rates = Table(
    "rates",
    metadata,
    big("series", primary_key=True, autoincrement=False),
    small("grain", primary_key=True, autoincrement=False),
    big("start_s", primary_key=True, autoincrement=False),
    small("axle_class", primary_key=True, autoincrement=False),
    small("band", primary_key=True, autoincrement=False),
    small("excluded", primary_key=True, autoincrement=False),
    big("passages"),
    big("trucks"),
    big("over_nominal"),
    big("over_beyond_tolerance"),
    big("hundred_tonne"),
    big("plates_read"),
    sqlite_with_rowid=False,
)

#: Counts of one batch as they came, until they are spread over the rows of `rates`: a reader adds both.
tallies = Table(
    "tallies",
    metadata,
    Column("id", NUMBER, primary_key=True),
    small("shard"),
    integer("cells"),
    text("series"),
    Column("counts", LargeBinary, nullable=False),
    Index("tallies_shard", "shard", "cells"),
)

#: How often a period of a corridor that was already over has changed.
rate_revisions = Table("rate_revisions", metadata, text("corridor", primary_key=True), big("revision"))

#: Minutes in which the roadside unit reported the lane up: bit m of `minutes` is minute m of the hour.
health_minutes = Table(
    "health_minutes",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("hour_s", primary_key=True, autoincrement=False),
    big("minutes"),
)

#: Per lane and month (UTC): which hours held a passage, which were covered by health, which days had any health.
lane_months = Table(
    "lane_months",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("month_s", primary_key=True, autoincrement=False),
    Column("passage_hours", LargeBinary, nullable=False),
    Column("health_hours", LargeBinary, nullable=False),
    integer("health_days"),
)

#: The newest health message of each site.
site_health = Table("site_health", metadata, text("site", primary_key=True), big("at_ns"), text("document"))

# --- Enforcement ------------------------------------------------------------------------------------------------------

violations = Table(
    "violations",
    metadata,
    text("id", primary_key=True),
    big("version"),
    text("corridor"),
    text("site"),
    small("lane"),
    small("direction"),
    big("time_ns"),
    text("plate"),
    small("plate_colour"),
    flag("plate_certain"),
    text("grade"),
    text("zone"),
    small("severity"),
    small("band"),
    flag("hundred_tonne"),
    flag("evidence"),
    integer("gross_kg"),
    integer("excess_kg"),
    Column("p_over", Float, nullable=False),
    Column("excluded_by", Text),
    text("document"),
    Index("violations_newest", "time_ns", "id"),
    Index("violations_corridor", "corridor", "time_ns", "id"),
    Index("violations_site", "site", "time_ns", "id"),
    Index("violations_plate", "plate", "time_ns", "id"),
)

#: The crossings of a trip, with violation or without: what a late one is joined to.
sightings = Table(
    "sightings",
    metadata,
    text("id", primary_key=True),
    text("case_id"),
    text("corridor"),
    text("site"),
    small("lane"),
    small("direction"),
    big("time_ns"),
    text("plate"),
    small("plate_colour"),
    flag("plate_certain"),
    flag("violation"),
    text("document"),
    Index("sightings_plate", "plate", "time_ns"),
    Index("sightings_case", "case_id", "time_ns"),
    Index("sightings_time", "time_ns"),
)

cases = Table(
    "cases",
    metadata,
    text("id", primary_key=True),
    big("version"),
    text("state"),
    Column("merged_into", Text),
    text("corridor"),
    text("site"),
    text("plate"),
    small("plate_colour"),
    big("first_ns"),
    big("newest_ns"),
    text("document"),
    Index("cases_plate", "plate", "newest_ns"),
    Index("cases_newest", "newest_ns", "id"),
)

#: `published_version` is the newest that the relay has had acknowledged; what is behind is to be published.
intercepts = Table(
    "intercepts",
    metadata,
    text("id", primary_key=True),
    big("version"),
    big("published_version", server_default="0"),
    text("case_id"),
    text("state"),
    flag("active"),
    text("corridor"),
    text("site"),
    text("plate"),
    small("plate_colour"),
    Column("squad", Text),
    Column("lead_agency", Text),
    Column("priority", Float, nullable=False),
    big("opened_ns"),
    big("newest_ns"),
    text("document"),
    Index("intercepts_newest", "newest_ns", "id"),
    Index("intercepts_active", "active", "newest_ns", "id"),
    Index("intercepts_corridor", "corridor", "newest_ns", "id"),
    Index("intercepts_case", "case_id"),
    Index("intercepts_plate", "plate", "newest_ns"),
)
partial(
    "intercepts_unpublished",
    intercepts.c.version > intercepts.c.published_version,
    intercepts.c.active,
    intercepts.c.newest_ns,
)

#: What one crossing of an earlier trip counts for in a plate's history (`dispatch.offenders.Offence`).
outcomes = Table(
    "outcomes",
    metadata,
    text("id", primary_key=True),
    text("trip"),
    text("plate"),
    small("plate_colour"),
    big("time_ns"),
    flag("decided"),
    flag("confirmed"),
    flag("suspected"),
    flag("simulated"),
    Column("excluded_by", Text),
    text("source"),
    text("document"),
    Index("outcomes_plate", "plate", "time_ns"),
    Index("outcomes_trip", "trip"),
)

# --- Publishing, people, files ----------------------------------------------------------------------------------------

#: Who may do what only one may do at a time; `epoch` grows with each new owner.
leases = Table(
    "leases",
    metadata,
    text("name", primary_key=True),
    text("owner"),
    big("epoch"),
    big("until_ns"),
)

#: What the live feed shows. `number` has no gaps and grows in the order of commits, so a reader that has seen 7 misses
#: nothing by asking for what follows 7.
feed = Table(
    "feed",
    metadata,
    big("number", primary_key=True, autoincrement=False),
    text("kind"),
    Column("corridor", Text),
    Column("site", Text),
    Column("agency", Text),
    big("at_ns"),
    text("document"),
    Index("feed_at", "at_ns"),
)

#: Running numbers that are drawn inside a transaction.
counters = Table("counters", metadata, text("name", primary_key=True), big("value"))

#: Permits, vehicles, exemptions and watched plates that were put by hand; a removed one stays as a tombstone so that
#: whoever polls by revision hears of it.
register = Table(
    "register",
    metadata,
    text("kind", primary_key=True),
    text("key", primary_key=True),
    big("version"),
    big("revision"),
    flag("removed"),
    text("document"),
    Index("register_revision", "revision"),
)

#: What is to happen at a time; whoever deletes the row may do it.
timers = Table(
    "timers",
    metadata,
    text("kind", primary_key=True),
    text("subject", primary_key=True),
    big("due_at_ns"),
    Index("timers_due", "due_at_ns"),
)

#: Who looked at or did what, and why. Rows are only added, and purged after their time.
audit = Table(
    "audit",
    metadata,
    Column("number", NUMBER, primary_key=True),
    big("at_ns"),
    text("actor"),
    text("role"),
    Column("agency", Text),
    text("action"),
    text("subject"),
    Column("reason", Text),
    text("document"),
    Index("audit_subject", "subject", "at_ns"),
    Index("audit_at", "at_ns"),
)

#: The answer that an action got, for the phone that asks again.
idempotency = Table(
    "idempotency",
    metadata,
    text("actor", primary_key=True),
    text("key", primary_key=True),
    text("route"),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("body", LargeBinary),
    big("at_ns"),
    Index("idempotency_at", "at_ns"),
)

#: Parquet files that are whole: listed in the transaction that moves the offset past them.
manifest = Table(
    "manifest",
    metadata,
    text("path", primary_key=True),
    text("topic"),
    integer("partition"),
    big("start_offset"),
    big("end_offset"),
    text("date"),
    text("site"),
    big("first_ns"),
    big("last_ns"),
    big("passages"),
    big("bytes"),
    small("purged", server_default="0"),
    Index("manifest_date", "date", "site"),
)
