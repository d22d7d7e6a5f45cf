"""The entries of one list of plates as a reader may see them, and their changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from rules.permits import Permit
from service.api import audits
from service.api.auth import Asker
from service.api.parts import Parts
from service.api.plate_forms import FORMS
from service.api.problems import Problem
from service.register import Kind, Paper, document_of, paper_of
from service.store import audit, register
from service.store.errors import FencedError
from service.store.idempotency import Answer

#: Where an entry stands.
FILE, PUT = "file", "put"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in force; version 0 stands in the registry file."""

    key: str
    version: int
    paper: Paper


@dataclass(frozen=True, slots=True)
class Change:
    """A write: `paper` None takes the entry out of force; `version` is the one it is based on, None for any."""

    kind: Kind
    key: str
    paper: Paper | None
    version: int | None


def in_force(conn: Connection, parts: Parts, kind: Kind) -> list[Shown]:
    """All of a kind, by key; the file may hold several of one key."""
    put = {entry.key: entry for entry in register.changes(conn, kinds=[kind.name])}
    filed = (Shown(kind.key(paper), 0, paper) for paper in getattr(parts.registry.register, kind.held_in))
    found = [shown for shown in filed if shown.key not in put]
    found += [Shown(entry.key, entry.version, paper_of(entry)) for entry in put.values() if not entry.removed]
    return sorted(found, key=lambda shown: shown.key)


def visible(shown: Iterable[Shown], asker: Asker) -> Iterator[Shown]:
    """Those within the reader's rights: a permit lies where it is valid, the others belong to no place."""
    return (one for one in shown if not isinstance(one.paper, Permit) or any(map(asker.scope.has, one.paper.corridors)))


def document(parts: Parts, kind: Kind, shown: Shown) -> bytes:
    """An entry as it is answered."""
    form = FORMS[kind.name]
    origin = PUT if shown.version else FILE
    entry = form.form(shown.paper, parts.registry.timezone)
    return msgspec.json.encode(form.answer(shown.key, shown.version, origin, entry))


def unknown(kind: Kind) -> Problem:
    """There is no such entry in force."""
    return Problem("entry_unknown", f"list the {kind.held_in} to see what there is")


def write(conn: Connection, parts: Parts, asker: Asker, change: Change) -> Answer:
    """Make the change, and note who made it. Raises the problem of one that is based on an older version."""
    kind, key = change.kind, change.key
    try:
        if change.paper is None:
            entry = register.remove(conn, kind.name, key, change.version)
        else:
            entry = register.put(conn, kind.name, key, document_of(change.paper), change.version)
    except FencedError:
        present = register.get(conn, kind.name, key)
        version = present.version if present else 0
        raise Problem("version_conflict", f"it is version {version}: read it again", version=version) from None
    act = f"{kind.name}.{'remove' if entry.removed else 'put'}"
    facts = {"version": entry.version, "entry": msgspec.Raw(entry.document.encode())}
    audit.note(conn, audits.entry(parts, asker.principal, act, f"{kind.name}:{key}", None, facts))
    if change.paper is None:
        return Answer(204, b"")
    body = document(parts, kind, Shown(key, entry.version, change.paper))
    return Answer(201 if entry.version == 1 else 200, body)
