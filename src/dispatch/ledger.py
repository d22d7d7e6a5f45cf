"""The ledger: what both agencies did, in a chain that nobody can change quietly.

Each entry is one JSON object in canonical form (UTF-8, keys sorted, no white space, whole numbers only), and its hash
is the SHA-256 of that:

=============  =====================================================================================================
key            meaning
=============  =====================================================================================================
number         1, 2, 3 … without gaps
previous       the hash of the entry before, 64 hex digits; of the first one `BEGINNING`
at_ns          when it was written down, ns since 1970
intercept      which intercept it is about
corridor       where its truck was seen last; decides who may read the entry
actor, role    who acted: a person by name, or a system
agency         whose person that is; null for this program itself
on_behalf_of   the squad that called by radio, where duty acted for it; else null
action         of `dispatch.intercepts`, or `joint.` and one of `dispatch.joint`
from_state     the state before; null where there was none
to_state       the state after
note           what the actor said about it, or null
document       what else belongs to the action: weights, certificates, document numbers
=============  =====================================================================================================

Anybody who has the entries can check them with a JSON library and SHA-256. Who changes one must change every one after
it; whoever kept a hash from before (`known`) sees that too. So keep plates out of `document`: nothing here is ever
made a pseudonym.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: What the first entry is hashed with.
BEGINNING = "0" * 64


class UncanonicalError(TypeError):
    """A value without one form in JSON: 1.0 and 1 are one number and two texts."""

    def __init__(self, place: str, value: object) -> None:
        super().__init__(
            f"{place} of a ledger entry is {value!r}: give text, whole numbers, true, false, null, lists and objects "
            "of those; a weight in kg, a time as RFC 3339"
        )
        self.place = place


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, not yet in the chain; the module's table says what each field means."""

    at_ns: int
    intercept: str
    corridor: str
    actor: str
    role: str
    agency: str | None
    action: str
    to_state: str
    from_state: str | None = None
    on_behalf_of: str | None = None
    note: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An entry in its place in the chain."""

    number: int
    previous: str
    hash: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry at which the chain does not hold, and what is wrong with it."""

    number: int
    problem: str

    def __str__(self) -> str:
        return f"entry {self.number} {self.problem}"


def canonical(number: int, previous: str, entry: Entry) -> bytes:
    """What is hashed. Raises `UncanonicalError` where a value of the document has no one form."""
    _check("document", entry.document)
    told = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    whole = {**told, "document": dict(entry.document), "number": number, "previous": previous}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def stamp(entry: Entry, number: int, previous: str) -> Stamped:
    """The entry behind the one whose hash is `previous`."""
    return Stamped(number, previous, hashlib.sha256(canonical(number, previous, entry)).hexdigest(), entry)


def verify(
    entries: Iterable[Stamped], last: int | None = None, known: Mapping[int, str] | None = None
) -> Broken | None:
    """The first entry that was changed, added or taken away; None where the chain is whole.

    `entries` are all of them, by number; `last` is the number that was drawn last; `known` are hashes, by number, that
    somebody kept from before.
    """
    before, kept = Stamped(0, "", BEGINNING, _NOBODY), known or {}
    for found in entries:
        broken = _follows(before, found, kept)
        if broken is not None:
            return broken
        before = found
    if before.number < (last or 0) or before.number < max(kept, default=0):
        return Broken(before.number + 1, "is missing")
    if last is not None and before.number > last:
        return Broken(last + 1, "was added past the number that was drawn last")
    return None


_NOBODY = Entry(0, "", "", "", "", None, "", "")


def _follows(before: Stamped, found: Stamped, known: Mapping[int, str]) -> Broken | None:
    if found.number <= before.number:
        return Broken(found.number, "was added: no such number is drawn")
    if found.number != before.number + 1:
        return Broken(before.number + 1, "is missing")
    if not _is_its_own(found):
        return Broken(found.number, "was changed")
    if found.previous != before.hash:
        # Its own hash is right, so it stands as it was written, behind another.
        return Broken(max(before.number, 1), f"was changed: entry {found.number} was written behind another one")
    if known.get(found.number, found.hash) != found.hash:
        return Broken(found.number, "was changed: its hash is not the one that was kept")
    return None


def _is_its_own(found: Stamped) -> bool:
    """Whether the hash is that of what stands there; what cannot be hashed was never written by us."""
    try:
        return stamp(found.entry, found.number, found.previous).hash == found.hash
    except (TypeError, ValueError, RecursionError):
        return False


def _check(place: str, value: object) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str):
                raise UncanonicalError(place, name)
            _check(f"{place}.{name}", item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(f"{place}[{index}]", item)
    elif value is not None and not isinstance(value, str | int):
        raise UncanonicalError(place, value)
