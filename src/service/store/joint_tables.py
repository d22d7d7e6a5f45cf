"""The tables of joint actions and of what waits to be sent about them. See `tables`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from service.store.columns import NUMBER, big, flag, metadata, partial, text

#: What two agencies owe each other about a truck. `active` while somebody can still move it.
joint_actions = Table(
    "joint_actions",
    metadata,
    text("id", primary_key=True),
    big("version"),
    text("intercept"),
    text("trigger"),
    text("status"),
    flag("active"),
    text("corridor"),
    text("site"),
    text("plate"),
    Column("road_unit", Text),
    Column("police_unit", Text),
    big("newest_ns"),
    text("document"),
    Index("joint_actions_newest", "newest_ns", "id"),
    Index("joint_actions_corridor", "corridor", "newest_ns", "id"),
    Index("joint_actions_intercept", "intercept"),
)
partial("joint_actions_active", joint_actions.c.active, joint_actions.c.newest_ns)

#: Messages that a transaction owes to Kafka, until they are acknowledged.
outbox = Table(
    "outbox",
    metadata,
    Column("number", NUMBER, primary_key=True),
    text("topic"),
    text("key"),
    big("at_ns"),
    text("document"),
)
