"""Guarantees of the list of whole Parquet files."""

from __future__ import annotations

from service.store import manifest
from service.store.engine import Store
from tests.service.store.rows import archived


def test_files_are_found_by_date_and_site(store: Store) -> None:
    """A period's files of one site or all are listed in order, the last date excluded."""
    rows = [archived(number) for number in (3, 1, 2)] + [archived(4, site="S340-K001")]
    with store.writing() as conn:
        manifest.keep(conn, rows)
        assert manifest.files(conn) == [archived(1), archived(2), archived(3), rows[3]]
        assert manifest.files(conn, "2026-06-02", "2026-06-04") == [archived(2), archived(3)]
        assert manifest.files(conn, site="S340-K001") == [rows[3]]


def test_file_listed_twice_stays_as_it_was(store: Store) -> None:
    """A batch that is repeated after a crash lists its file again without harm."""
    with store.writing() as conn:
        manifest.keep(conn, [archived(1)])
        manifest.keep(conn, [archived(1, bytes=7), archived(2)])
        assert manifest.files(conn) == [archived(1), archived(2)]
