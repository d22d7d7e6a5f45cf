"""Joint actions of two agencies, and the messages that are owed to them.

Revision 0008. Only adds tables: a release of 0007 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "joint_actions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("intercept", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("road_unit", sa.Text()),
        sa.Column("police_unit", sa.Text()),
        sa.Column("newest_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("joint_actions_newest", "joint_actions", ["newest_ns", "id"])
    op.create_index("joint_actions_corridor", "joint_actions", ["corridor", "newest_ns", "id"])
    op.create_index("joint_actions_intercept", "joint_actions", ["intercept"])
    active, active_too = sa.text("active"), sa.text("active = 1")
    op.create_index(
        "joint_actions_active", "joint_actions", ["newest_ns"], postgresql_where=active, sqlite_where=active_too
    )
    op.create_table(
        "outbox",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
