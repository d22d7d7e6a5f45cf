"""Guarantees of the migrations: they make exactly the tables that the code works with."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from service.store import audit, schema
from service.store.engine import Store, open_store
from service.store.errors import SchemaError
from service.store.tables import audit as audit_table
from service.store.tables import metadata


def test_migrated_tables_are_those_of_the_code(store: Store) -> None:
    """After all migrations the database has the tables, columns, types and indexes of the code, and no more."""
    with store.reading() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_primary_keys_are_those_of_the_code(store: Store) -> None:
    """Every upsert relies on its key, which the comparison of columns does not cover."""
    with store.reading() as conn:
        for table in metadata.sorted_tables:
            found = inspect(conn).get_pk_constraint(table.name)["constrained_columns"]
            assert found == [column.name for column in table.primary_key]


def test_failed_upgrade_leaves_nothing(empty_url: str) -> None:
    """An upgrade whose transaction fails leaves the database as empty as it was."""
    store = open_store(empty_url, check=False)
    with pytest.raises(ZeroDivisionError):
        upgrade_and_fail(store)
    with store.reading() as conn:
        assert inspect(conn).get_table_names() == []
    store.close()


def upgrade_and_fail(store: Store) -> None:
    with store.writing(durable=True) as conn:
        schema.upgrade(conn)
        raise ZeroDivisionError


def test_upgrade_of_tables_of_a_later_release_is_refused_with_the_way_out(store: Store) -> None:
    """There is no way down: the revision found is named, and whose `wim db upgrade` it takes."""
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match=r"revision 9999.* of the release that made them"), store.writing() as conn:
        schema.upgrade(conn)


def test_audit_entry_cannot_be_changed(store: Store) -> None:
    """The database itself refuses to change an entry of the audit log."""
    with store.writing() as conn:
        audit.note(conn, audit.Entry(1, "li", "duty", "road", "plate.look_up", "苏A12345", "case 7"))
    with pytest.raises(DBAPIError, match="append-only"), store.writing() as conn:
        conn.execute(audit_table.update().values(actor="wang"))
    with store.reading() as conn:
        assert [entry.entry.actor for entry in audit.page(conn, None, 10)] == ["li"]
