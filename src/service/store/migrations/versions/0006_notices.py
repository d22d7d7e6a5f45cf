"""Notices to phones, rooms and signs, and the browsers that asked to be told.

Revision 0006. Only adds tables: a release of 0005 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("intercept", sa.Text(), nullable=False),
        sa.Column("alert", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("done_ns", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
    )
    op.create_index("notices_newest", "notices", ["at_ns", "id"])
    op.create_index("notices_target", "notices", ["adapter", "target", "done_ns"])
    due = sa.text("state = 'due'")
    op.create_index("notices_due", "notices", ["next_try_ns"], postgresql_where=due, sqlite_where=due)
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("squad", sa.Text()),
        sa.Column("corridors", sa.Text()),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("renewed_ns", sa.BigInteger(), nullable=False),
    )
    op.create_index("push_subscriptions_person", "push_subscriptions", ["person"])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
