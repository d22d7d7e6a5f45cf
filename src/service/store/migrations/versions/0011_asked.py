"""Which squads an intercept was ever put before: what one is asked about it may see, wherever the truck drives.

Revision 0011. Only adds a table: a release of 0010 works beside it, so `schema_reach` stays. Of what the tables hold
already, the squads that have an intercept now and those that passed it are taken over.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INTERCEPTS = sa.table("intercepts", sa.column("id"), sa.column("squad"), sa.column("document"), sa.column("active"))


def upgrade() -> None:
    asked = op.create_table(
        "asked_squads",
        sa.Column("squad", sa.Text(), primary_key=True),
        sa.Column("intercept", sa.Text(), primary_key=True),
    )
    found = op.get_bind().execute(sa.select(_INTERCEPTS))
    pairs = {(squad, row.id) for row in found if row.squad or row.active for squad in _named(row)}
    if pairs:
        op.bulk_insert(asked, [{"squad": squad, "intercept": intercept} for squad, intercept in sorted(pairs)])


def downgrade() -> None:
    raise NotImplementedError("there is no way down: go on with this release, or restore a backup")


def _named(row: sa.Row[tuple[str, str | None, str, bool]]) -> set[str]:
    passed = json.loads(row.document).get("passed", [])
    return {*passed, *([row.squad] if row.squad else [])}
