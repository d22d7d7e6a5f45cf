"""The database server that other tests stand on."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tests.servers import needs
from tests.servers import postgres as postgres_server
from tests.servers.postgres import Server


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def _tables(url: str) -> list[str]:
    return sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()


def test_each_database_is_empty(postgres: Server, postgres_url: str) -> None:
    """What one test writes, no other test sees."""
    _execute(postgres_url, "create table mark (number integer)")
    with postgres.fresh_database() as other:
        assert other != postgres_url
        assert _tables(other) == []
    assert _tables(postgres_url) == ["mark"]


def test_a_database_goes_even_while_someone_is_connected(postgres: Server) -> None:
    """A test that leaks a connection does not break the tests after it."""
    with postgres.fresh_database() as url:
        leaked = sa.create_engine(url).connect()
    engine = sa.create_engine(postgres.url("postgres"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = set(connection.execute(sa.text("select datname from pg_database")).scalars())
    assert url.rpartition("/")[2] not in names
    leaked.invalidate()
    leaked.close()


def test_a_server_leaves_no_folder() -> None:
    """A throwaway server is gone with its files and its process."""
    needs.required(postgres_server.missing(), "WIM_REQUIRE_SERVERS")
    with postgres_server.throwaway() as server:
        folder, process = Path(server.folder), server.process
        assert folder.exists()
    assert not folder.exists()
    assert process.poll() is not None
