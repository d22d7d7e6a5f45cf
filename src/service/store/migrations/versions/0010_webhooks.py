"""What other agencies' systems are still to be told by webhook.

Revision 0010. Only adds a table: a release of 0009 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("joint", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_ns", sa.BigInteger(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("done_ns", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
    )
    due = sa.text("state = 'due'")
    op.create_index("webhooks_due", "webhooks", ["next_try_ns"], postgresql_where=due, sqlite_where=due)


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
