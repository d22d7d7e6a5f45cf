"""The watch over the sensors: what it has yet to see, what it knows, and what is doubted.

Revision 0003. Only adds tables and a counter: a release of 0002 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "watched_batches",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("trucks", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("hours", sa.LargeBinary(), nullable=False),
    )
    op.create_index("watched_batches_shard", "watched_batches", ["shard", "id"])
    op.create_table(
        "line_batches",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("lines", sa.SmallInteger(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
    )
    op.create_index("line_batches_shard", "line_batches", ["shard", "id"])
    op.create_table(
        "watched_hours",
        sa.Column("series", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hour_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.LargeBinary(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("trucks", sa.LargeBinary(), nullable=False),
    )
    op.create_index("watched_hours_lane", "watched_hours", ["site", "lane", "hour_s"])
    op.create_index("watched_hours_hour", "watched_hours", ["hour_s"])
    op.create_table(
        "lane_watches",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("reset_ns", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("traffic", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("authenticity", sa.LargeBinary(), nullable=False),
    )
    _downgrades()


def _downgrades() -> None:
    op.create_table(
        "downgrades",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("from_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger()),
        sa.Column("opened_ns", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_ns", sa.BigInteger()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_reason", sa.Text()),
        sa.Column("recalled_s", sa.BigInteger(), nullable=False),
        sa.Column("recalled", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("downgrades_site", "downgrades", ["site", "from_ns"])
    still, due, due_too = sa.text("until_ns IS NULL"), sa.text("NOT recalled"), sa.text("recalled = 0")
    op.create_index("downgrades_open", "downgrades", ["site"], postgresql_where=still, sqlite_where=still)
    op.create_index("downgrades_to_recall", "downgrades", ["opened_ns"], postgresql_where=due, sqlite_where=due_too)
    op.create_table(
        "recalls",
        sa.Column("violation", sa.Text(), primary_key=True),
        sa.Column("downgrade", sa.Text(), primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
    )
    op.create_index("recalls_downgrade", "recalls", ["downgrade"])
    op.create_index("recalls_at", "recalls", ["at_ns"])
    unsent, unsent_too = sa.text("NOT sent"), sa.text("sent = 0")
    op.create_index("recalls_unsent", "recalls", ["at_ns"], postgresql_where=unsent, sqlite_where=unsent_too)
    # Whoever judges locks this row against a downgrade in the same moment, so it must be there.
    op.execute("INSERT INTO counters (name, value) VALUES ('doubts', 0)")


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
