"""Raw frames: which never came, and which are kept.

Revision 0002. Only adds tables: a release of 0001 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "frame_runs",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("runs", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "frame_losses",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("hour_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "media",
        sa.Column("passage_id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("href", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.SmallInteger(), nullable=False, server_default="0"),
    )
    unpurged = sa.text("purged = 0")
    op.create_index("media_unpurged", "media", ["time_ns"], postgresql_where=unpurged, sqlite_where=unpurged)


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
