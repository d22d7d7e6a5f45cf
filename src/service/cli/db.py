"""`wim db`: bring the database's tables up to date."""

from __future__ import annotations

import typer

from service.settings import read_settings
from service.store import schema
from service.store.engine import open_store

app = typer.Typer(no_args_is_help=True, help="Look after the database.")


@app.callback()
def db() -> None:
    """Look after the database."""


@app.command()
def upgrade() -> None:
    """Bring the tables up to date; running workers and the API of the release before go on."""
    store = open_store(read_settings().database.url.get_secret_value(), check=False)
    with store.writing(durable=True) as conn:
        before, after = schema.upgrade(conn)
    store.close()
    typer.echo(f"{store.name}: at {after}" + ("" if before == after else f", was {before or 'empty'}"))
