"""Effectiveness: violations that a person took out of all figures, and when squads signed in and out.

Revision 0007. Only adds tables: a release of 0006 works beside it, so `schema_reach` stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exclusions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("violation", sa.Text(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("restored_ns", sa.BigInteger()),
        sa.Column("restored_by", sa.Text()),
        sa.Column("restored_reason", sa.Text()),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("exclusions_violation", "exclusions", ["violation", "at_ns"])
    op.create_index("exclusions_at", "exclusions", ["at_ns"])
    standing = sa.text("restored_ns IS NULL")
    op.create_index(
        "exclusions_standing", "exclusions", ["site", "time_ns"], postgresql_where=standing, sqlite_where=standing
    )
    # Whoever moves figures of single trucks locks this row first, see `service.store.exclusions`.
    op.execute("INSERT INTO counters (name, value) VALUES ('exclusions', 0)")
    op.create_table(
        "squad_turns",
        sa.Column("squad", sa.Text(), primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("signed_in", sa.SmallInteger(), nullable=False),
    )
    # What squads said last before their words were kept.
    op.execute(
        "INSERT INTO squad_turns (squad, at_ns, signed_in) "
        "SELECT squad, signed_ns, signed_in FROM squad_status WHERE signed_in IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")
