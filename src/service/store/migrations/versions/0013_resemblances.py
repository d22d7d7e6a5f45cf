"""Which crossings without a certain plate moved on the intercept of an earlier one, and which a person told apart.

Revision 0013. Only adds a table: a release of 0012 works beside it, so `schema_reach` stays. It begins empty: what was
probable before opened an intercept of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resemblances",
        sa.Column("passage", sa.Text(), primary_key=True),
        sa.Column("earlier", sa.Text(), nullable=False),
        sa.Column("intercept", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("apart_ns", sa.BigInteger()),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("resemblances_intercept", "resemblances", ["intercept", "passage"])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
