"""The plate register in force: what the registry file says, and what was put by HTTP instead.

Entries of the database are named so that whoever puts one again means the same thing:

=========  ====================  ==================================================================
kind       key                   replaces, of the file
=========  ====================  ==================================================================
permit     PLATE/NUMBER          the permit of that number for that plate
vehicle    PLATE/COLOUR, PLATE   the registration of that plate and colour; of that plate without one
exempt     PLATE                 every exemption of that plate
watch      PLATE/AGENCY, PLATE   what that agency, or nobody in particular, asked about that plate
=========  ====================  ==================================================================

A removed entry takes away what it would replace. Documents are the dataclasses of `rules.permits` as JSON, times in
nanoseconds: they were checked when they were put, and mean the same under every time zone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from rules.permits import (
    Exemption,
    Permit,
    PlateRegister,
    Vehicle,
    Watch,
    parse_exemption,
    parse_permit,
    parse_vehicle,
    parse_watch,
)
from service.registry import Registry
from service.store.register import Entry

Paper = Permit | Vehicle | Exemption | Watch


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the four lists: its name in the database and in the file, where the register holds it, how it is read."""

    name: str
    held_in: str
    paper: type[Any]
    key: Callable[[Any], str]
    parse: Callable[[object, str, Registry], Paper]


def _plate_and(plate: str, rest: object | None) -> str:
    return plate if rest is None else f"{plate}/{rest}"


PERMIT = Kind(
    "permit",
    "permits",
    Permit,
    lambda permit: _plate_and(permit.plate, permit.number),
    lambda item, origin, registry: parse_permit(item, origin, registry.network.corridors, registry.timezone),
)
VEHICLE = Kind(
    "vehicle",
    "vehicles",
    Vehicle,
    lambda vehicle: _plate_and(vehicle.plate, vehicle.colour),
    lambda item, origin, registry: parse_vehicle(item, origin),
)
EXEMPT = Kind(
    "exempt",
    "exemptions",
    Exemption,
    lambda exemption: str(exemption.plate),
    lambda item, origin, registry: parse_exemption(item, origin, registry.timezone),
)
WATCH = Kind(
    "watch",
    "watches",
    Watch,
    lambda watch: _plate_and(watch.plate, watch.agency),
    lambda item, origin, registry: parse_watch(item, origin, registry.timezone),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (PERMIT, VEHICLE, EXEMPT, WATCH)}


def document_of(paper: Paper) -> str:
    """A checked entry as the database keeps it."""
    return msgspec.json.encode(paper).decode()


def paper_of(entry: Entry) -> Paper:
    """The entry that `document_of` wrote."""
    paper: Paper = msgspec.json.decode(entry.document, type=KINDS[entry.kind].paper)
    return paper


def merged(registry: Registry, entries: Iterable[Entry]) -> PlateRegister:
    """What is in force: the registry's register with the database's `entries` (removed ones too) before it.

    A permit for a corridor that the registry no longer has is not valid there; the others of its corridors stand.
    """
    put: dict[str, dict[str, Entry]] = {name: {} for name in KINDS}
    for entry in entries:
        put.setdefault(entry.kind, {})[entry.key] = entry
    corridors = registry.network.corridors
    return PlateRegister(
        permits=_only_on(corridors, _merge(PERMIT, registry.register, put)),
        vehicles=_merge(VEHICLE, registry.register, put),
        exemptions=_merge(EXEMPT, registry.register, put),
        watches=_merge(WATCH, registry.register, put),
    )


def _merge(kind: Kind, filed: PlateRegister, put: Mapping[str, Mapping[str, Entry]]) -> tuple[Any, ...]:
    mine = put[kind.name]
    kept = [paper for paper in getattr(filed, kind.held_in) if kind.key(paper) not in mine]
    return (*kept, *(paper_of(entry) for entry in mine.values() if not entry.removed))


def _only_on(corridors: Collection[str], permits: Iterable[Permit]) -> tuple[Permit, ...]:
    left = (
        replace(permit, corridors=tuple(name for name in permit.corridors if name in corridors)) for permit in permits
    )
    return tuple(permit for permit in left if permit.corridors)


__all__ = ["KINDS", "Kind", "Paper", "document_of", "merged", "paper_of"]
