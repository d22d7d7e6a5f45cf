"""The tables of the watch over the sensors: what it has yet to see, what it knows, what is doubted. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from service.store.columns import NUMBER, big, flag, integer, metadata, partial, small, text

#: What a batch of the screen lane tells of the lanes of one shard, until the watch has seen it (`watched`).
watched_batches = Table(
    "watched_batches",
    metadata,
    Column("id", NUMBER, primary_key=True),
    small("shard"),
    integer("trucks"),
    big("at_s"),
    text("series"),
    Column("rows", LargeBinary, nullable=False),
    Column("hours", LargeBinary, nullable=False),
    Index("watched_batches_shard", "shard", "id"),
)

#: What each line weighed of the trucks of one lane in a batch of the measure lane, until the watch has seen it.
line_batches = Table(
    "line_batches",
    metadata,
    Column("id", NUMBER, primary_key=True),
    small("shard"),
    text("site"),
    small("lane"),
    small("lines"),
    big("at_s"),
    Column("rows", LargeBinary, nullable=False),
    Index("line_batches_shard", "shard", "id"),
)

#: Per counted series (`tally.Series.id`) and hour: its passages, how many had each flag, and what a downgrade needs of
#: each of its trucks to take it out of the net figures. The large column stands last.
watched_hours = Table(
    "watched_hours",
    metadata,
    big("series", primary_key=True, autoincrement=False),
    big("hour_s", primary_key=True, autoincrement=False),
    big("version"),
    text("site"),
    small("lane"),
    big("passages"),
    Column("flags", LargeBinary, nullable=False),
    text("named"),
    Column("trucks", LargeBinary, nullable=False),
    Index("watched_hours_lane", "site", "lane", "hour_s"),
    Index("watched_hours_hour", "hour_s"),
)

#: What the watch knows of a lane: the states of its charts, and their figures for people (JSON). Trucks from before
#: `reset_ns` are not shown to charts that began anew.
lane_watches = Table(
    "lane_watches",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("version"),
    big("reset_ns"),
    text("figures"),
    Column("traffic", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("authenticity", LargeBinary, nullable=False),
)

#: What crossed each lane by the minute, and how many plates were read of it; only the last hours (`lane_reads`).
lane_reads = Table(
    "lane_reads",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("minute_s", primary_key=True, autoincrement=False),
    integer("passages"),
    integer("plates_read"),
)

#: How each chart of a lane stood after the last truck of an hour: JSON, chart to [score, what it has to pass].
drift_hours = Table(
    "drift_hours",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("hour_s", primary_key=True, autoincrement=False),
    text("charts"),
    Index("drift_hours_hour", "hour_s"),
)

#: Spans in which a site (lane -1) or a lane is doubted; `until_ns` null: it still is. `recalled_s`: up to which hour
#: what was judged before has been taken back, `recalled` whether all of it.
downgrades = Table(
    "downgrades",
    metadata,
    text("id", primary_key=True),
    big("version"),
    text("site"),
    small("lane"),
    text("source"),
    text("cause"),
    small("grade"),
    big("from_ns"),
    Column("until_ns", BigInteger),
    big("opened_ns"),
    text("opened_by"),
    text("reason"),
    Column("closed_ns", BigInteger),
    Column("closed_by", Text),
    Column("closed_reason", Text),
    big("recalled_s"),
    flag("recalled"),
    text("document"),
    Index("downgrades_site", "site", "from_ns"),
)
partial("downgrades_open", downgrades.c.until_ns.is_(None), downgrades.c.site)
partial("downgrades_to_recall", ~downgrades.c.recalled, downgrades.c.opened_ns)

#: Violations that a downgrade takes back; `sent` once everybody was told of them under their next version.
recalls = Table(
    "recalls",
    metadata,
    text("violation", primary_key=True),
    text("downgrade", primary_key=True),
    big("at_ns"),
    flag("sent"),
    Index("recalls_downgrade", "downgrade"),
    Index("recalls_at", "at_ns"),
)
partial("recalls_unsent", ~recalls.c.sent, recalls.c.at_ns)
