"""Dispatch: where squads are, what was decided for whom and why, what static scales said.

Revision 0005. Only adds tables: a release of 0004 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "squad_status",
        sa.Column("squad", sa.Text(), primary_key=True),
        sa.Column("signed_in", sa.SmallInteger()),
        sa.Column("signed_ns", sa.BigInteger(), nullable=False),
        sa.Column("corridor", sa.Text()),
        sa.Column("chainage_km", sa.Float()),
        sa.Column("position_ns", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("decisions_subject", "decisions", ["subject", "number"])
    op.create_index("decisions_at", "decisions", ["at_ns"])
    op.create_table(
        "weighings",
        sa.Column("intercept", sa.Text(), primary_key=True),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("gross_kg", sa.Integer(), nullable=False),
        sa.Column("static_gross_kg", sa.Integer(), nullable=False),
        sa.Column("gross_sigma", sa.Float()),
        sa.Column("p_over", sa.Float(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("excluded_by", sa.Text()),
    )
    op.create_index("weighings_lane", "weighings", ["site", "lane", "at_ns"])
    op.create_index("weighings_at", "weighings", ["at_ns"])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
