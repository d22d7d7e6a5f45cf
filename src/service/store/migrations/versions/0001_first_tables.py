"""The first tables.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: SQLite numbers rows by itself only where the type is INTEGER, to the letter.
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    reach = op.create_table("schema_reach", sa.Column("oldest_revision", sa.Text(), primary_key=True))
    op.bulk_insert(reach, [{"oldest_revision": revision}])
    _stream()
    _rates()
    _health()
    _violations()
    _cases()
    _intercepts()
    _history()
    _publishing()
    _people()
    _files()
    _guard_audit()
    _store_keys_plainly()


def downgrade() -> None:
    raise NotImplementedError("nothing comes before the first tables: drop the database instead")


def _stream() -> None:
    op.create_table(
        "offsets",
        sa.Column("stream_lane", sa.Text(), primary_key=True),
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "seen_hours",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("hour_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("touched_s", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
    )
    op.create_index(
        "seen_hours_open",
        "seen_hours",
        ["touched_s"],
        postgresql_where=sa.text("NOT sealed"),
        sqlite_where=sa.text("sealed = 0"),
    )


def _rates() -> None:
    op.create_table(
        "rate_series",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
    )
    op.create_index("rate_series_corridor", "rate_series", ["corridor"])
    op.create_table(
        "rates",
        sa.Column("series", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("grain", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("start_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("axle_class", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("band", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("excluded", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.Column("trucks", sa.BigInteger(), nullable=False),
        sa.Column("over_nominal", sa.BigInteger(), nullable=False),
        sa.Column("over_beyond_tolerance", sa.BigInteger(), nullable=False),
        sa.Column("hundred_tonne", sa.BigInteger(), nullable=False),
        sa.Column("plates_read", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tallies",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
    )
    op.create_index("tallies_shard", "tallies", ["shard", "cells"])
    op.create_table(
        "rate_revisions",
        sa.Column("corridor", sa.Text(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )


def _health() -> None:
    op.create_table(
        "health_minutes",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("hour_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "lane_months",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("lane", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("month_s", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("passage_hours", sa.LargeBinary(), nullable=False),
        sa.Column("health_hours", sa.LargeBinary(), nullable=False),
        sa.Column("health_days", sa.Integer(), nullable=False),
    )
    op.create_table(
        "site_health",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )


def _violations() -> None:
    op.create_table(
        "violations",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.SmallInteger(), nullable=False),
        sa.Column("plate_certain", sa.Boolean(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("hundred_tonne", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.Boolean(), nullable=False),
        sa.Column("gross_kg", sa.Integer(), nullable=False),
        sa.Column("excess_kg", sa.Integer(), nullable=False),
        sa.Column("p_over", sa.Float(), nullable=False),
        sa.Column("excluded_by", sa.Text()),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("violations_corridor", "violations", ["corridor", "time_ns", "id"])
    op.create_index("violations_newest", "violations", ["time_ns", "id"])
    op.create_index("violations_plate", "violations", ["plate", "time_ns", "id"])
    op.create_index("violations_site", "violations", ["site", "time_ns", "id"])
    op.create_table(
        "sightings",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.SmallInteger(), nullable=False),
        sa.Column("plate_certain", sa.Boolean(), nullable=False),
        sa.Column("violation", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("sightings_case", "sightings", ["case_id", "time_ns"])
    op.create_index("sightings_plate", "sightings", ["plate", "time_ns"])
    op.create_index("sightings_time", "sightings", ["time_ns"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text()),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.SmallInteger(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("newest_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("cases_newest", "cases", ["newest_ns", "id"])
    op.create_index("cases_plate", "cases", ["plate", "newest_ns"])


def _intercepts() -> None:
    op.create_table(
        "intercepts",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("published_version", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("corridor", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.SmallInteger(), nullable=False),
        sa.Column("squad", sa.Text()),
        sa.Column("lead_agency", sa.Text()),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("opened_ns", sa.BigInteger(), nullable=False),
        sa.Column("newest_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("intercepts_active", "intercepts", ["active", "newest_ns", "id"])
    op.create_index("intercepts_case", "intercepts", ["case_id"])
    op.create_index("intercepts_corridor", "intercepts", ["corridor", "newest_ns", "id"])
    op.create_index("intercepts_newest", "intercepts", ["newest_ns", "id"])
    op.create_index("intercepts_plate", "intercepts", ["plate", "newest_ns"])
    op.create_index(
        "intercepts_unpublished",
        "intercepts",
        ["active", "newest_ns"],
        postgresql_where=sa.text("version > published_version"),
        sqlite_where=sa.text("version > published_version"),
    )


def _history() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("trip", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.SmallInteger(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("suspected", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("excluded_by", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("outcomes_plate", "outcomes", ["plate", "time_ns"])
    op.create_index("outcomes_trip", "outcomes", ["trip"])


def _publishing() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "feed",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("corridor", sa.Text()),
        sa.Column("site", sa.Text()),
        sa.Column("agency", sa.Text()),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("feed_at", "feed", ["at_ns"])
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )


def _people() -> None:
    op.create_table(
        "register",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("register_revision", "register", ["revision"])
    op.create_table(
        "timers",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("due_at_ns", sa.BigInteger(), nullable=False),
    )
    op.create_index("timers_due", "timers", ["due_at_ns"])
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("audit_at", "audit", ["at_ns"])
    op.create_index("audit_subject", "audit", ["subject", "at_ns"])
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
    )
    op.create_index("idempotency_at", "idempotency", ["at_ns"])


def _files() -> None:
    op.create_table(
        "manifest",
        sa.Column("path", sa.Text(), primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("start_offset", sa.BigInteger(), nullable=False),
        sa.Column("end_offset", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.SmallInteger(), nullable=False, server_default="0"),
    )
    op.create_index("manifest_date", "manifest", ["date", "site"])


def _guard_audit() -> None:
    """An entry of the audit log is never changed; it may be purged after its time."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute("CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit EXECUTE FUNCTION refuse_update()")


def _store_keys_plainly() -> None:
    """Keys of crossings are nearly random: PostgreSQL would try to compress each change of them, in vain."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE seen_hours ALTER COLUMN keys SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE tallies ALTER COLUMN counts SET STORAGE EXTERNAL")
