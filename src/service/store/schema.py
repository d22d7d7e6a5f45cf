"""Which revision of the tables is there, and the way to the newest.

Migrations expand first and contract in a later release, so that two neighbouring releases run side by side. Each one
writes into `schema_reach` the oldest revision whose release can still work with the tables as they are then; a release
that meets tables newer than its own accepts them while its own revision is not older than that.
"""

from __future__ import annotations

import warnings
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from service.store.errors import SchemaError
from service.store.tables import schema_reach

#: The way out of most of what can be wrong here.
UPGRADE = "run `wim db upgrade`"

#: What is left where the tables are those of a later release.
LATER = "run `wim db upgrade` of the release that made them, or correct WIM_DATABASE__URL"


def newest_revision() -> str:
    """The revision that this release was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # the package ships its migrations
    return head


def current_revision(conn: Connection) -> str | None:
    """The revision of the tables in the database; None where there are none."""
    return MigrationContext.configure(conn).get_current_revision()


def check_revision(conn: Connection, name: str) -> None:
    """Raise `SchemaError` unless this release can work with the tables; `name` is the database as people know it."""
    found, needed = current_revision(conn), newest_revision()
    if found == needed:
        return
    if found is None and inspect(conn).has_table("offsets"):
        raise SchemaError(name, "unknown", needed, "its tables were not made by `wim db upgrade`: use another database")
    if found is None or found in _revisions():
        raise SchemaError(name, found, needed, UPGRADE)
    oldest = conn.execute(select(schema_reach.c.oldest_revision)).scalar_one()
    if oldest not in _revisions():
        raise SchemaError(name, found, needed, f"install a release that knows {oldest} or a later revision")


def upgrade(conn: Connection) -> tuple[str | None, str]:
    """Bring the tables to the newest revision, in the caller's transaction; gives the revision before and after.

    Raises `SchemaError` where a later release has made the tables: there is no way down.
    """
    before = current_revision(conn)
    if before is not None and before not in _revisions():
        name = conn.engine.url.render_as_string(hide_password=True)
        raise SchemaError(name, before, newest_revision(), LATER)
    config = _config()
    config.attributes["connection"] = conn
    with warnings.catch_warnings():
        # SQLite's reflection warns of partial indexes that it cannot show in full; we only create them.
        warnings.simplefilter("ignore")
        command.upgrade(config, "head")
    return before, newest_revision()


def _revisions() -> set[str]:
    scripts: Any = ScriptDirectory.from_config(_config()).walk_revisions()
    return {script.revision for script in scripts}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
