"""`wim db`: bring the database's tables up to date, and forget plates whose time is over."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from service.cli.starting import start
from service.policy import Policy, read_policy
from service.pseudonyms import Pseudonyms
from service.settings import Settings
from service.store import schema
from service.store.engine import Store, open_store
from service.store.purge import Keep, purge

app = typer.Typer(no_args_is_help=True, help="Look after the database.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


class NoKeyError(RuntimeError):
    """Without a key that stays, each purge would give the same plate another pseudonym."""

    def __init__(self) -> None:
        super().__init__("a purge needs a key that stays: set WIM_AUTH__PSEUDONYM_KEY (16 characters or more)")


@app.callback()
def db() -> None:
    """Look after the database."""


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Bring the tables up to date; running workers and the API of the release before go on."""
    store = open_store(start().database.url.get_secret_value(), check=False)
    with store.writing(durable=True) as conn:
        before, after = schema.upgrade(conn)
    store.close()
    if as_json:
        typer.echo(json.dumps({"database": store.name, "from": before, "to": after}))
    else:
        typer.echo(f"{store.name}: at {after}" + ("" if before == after else f", was {before or 'empty'}"))


@app.command("purge")
def purge_plates(as_json: Json = False) -> None:
    """Make pseudonyms of plates that were kept long enough, in database and archive; every figure stays."""
    settings = start()
    key = settings.auth.pseudonym_key
    if key is None:
        raise NoKeyError
    store = open_store(settings.database.url.get_secret_value())
    done = _purge(store, settings, read_policy(settings.policy), Pseudonyms(key.get_secret_value()))
    store.close()
    if as_json:
        typer.echo(json.dumps(done))
        return
    for name, rows in done.items():
        typer.echo(f"{name:24} {rows:>10,}")


def _purge(store: Store, settings: Settings, policy: Policy, pseudonyms: Pseudonyms) -> dict[str, int]:
    now_ns, keep = time.time_ns(), keep_of(policy)
    done = purge(store, keep, now_ns, pseudonyms)
    if settings.archive and "://" not in settings.archive:
        # pyarrow takes half a second to import.
        from service.archive_purge import purge_archive
        from service.frame_purge import purge_frames
        from service.picture_purge import purge_pictures

        done["frames of violations"] = purge_frames(store, Path(settings.archive), keep, now_ns)
        done["pictures"] = purge_pictures(store, Path(settings.archive), keep, now_ns)
        done["archive files"] = purge_archive(store, Path(settings.archive), keep, now_ns, pseudonyms)
    return done


def keep_of(policy: Policy) -> Keep:
    """How long the region keeps what."""
    days = policy.keep_days
    return Keep(days.plates, days.violations, days.audit, policy.idempotency_keep_hours)
