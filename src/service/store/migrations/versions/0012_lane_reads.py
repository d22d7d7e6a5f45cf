"""How many plates each lane read by the minute: a missing plate is judged by the last two hours, not by whole ones.

Revision 0012. Only adds a table: a release of 0011 works beside it, so `schema_reach` stays. It begins empty: for two
hours a lane is known by what crossed since.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lane_reads",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("minute_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("plates_read", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
