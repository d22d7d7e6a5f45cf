"""How near to its alarm each chart of a lane was, hour by hour: a drift that came slowly shows when it began.

Revision 0014. Only adds a table: a release of 0013 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drift_hours",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("hour_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("charts", sa.Text(), nullable=False),
    )
    op.create_index("drift_hours_hour", "drift_hours", ["hour_s"])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
