"""Who is signed in with which browser, and wall screens that wait to be.

Revision 0009. Only adds tables: a release of 0008 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("opened_ns", sa.BigInteger(), nullable=False),
        sa.Column("used_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
        sa.Column("ended_ns", sa.BigInteger()),
        sa.Column("ended_by", sa.Text()),
    )
    op.create_index("sessions_until", "sessions", ["until_ns"])
    op.create_table(
        "pairings",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.Text()),
        sa.Column("confirmed_by", sa.Text()),
    )
    op.create_index("pairings_until", "pairings", ["until_ns"])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
