"""The register of plates as it is in force: what the registry file says, and over it what was `PUT`.

An entry that was put goes before the file's entries of the same kind and key; one that was removed takes them out of
force.

=========  ============================================
kind       key
=========  ============================================
permit     its number
vehicle    plate, and `/colour` where that is known
exempt     plate
watch      plate
=========  ============================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rules.permits import (
    PlateRegister,
    parse_exemption,
    parse_permit,
    parse_vehicle,
    parse_watch,
)
from service.registry import Registry
from service.store.register import Entry

#: Where an entry's errors would be: it was checked when it was put, so they mean a changed registry.
_ORIGIN = "register"


def merged(registry: Registry, entries: Iterable[Entry]) -> PlateRegister:
    """The register of the file with every entry of the database over it."""
    over: dict[str, dict[str, Entry]] = {kind: {} for kind in KEYS}
    for entry in entries:
        over[entry.kind][entry.key] = entry
    file = registry.register
    return PlateRegister(
        permits=_merged("permit", file.permits, over, registry),
        vehicles=_merged("vehicle", file.vehicles, over, registry),
        exemptions=_merged("exempt", file.exemptions, over, registry),
        watches=_merged("watch", file.watches, over, registry),
    )


def parse_paper(kind: str, item: Mapping[str, Any], registry: Registry, origin: str = _ORIGIN) -> Any:
    """One permit, vehicle, exemption or watched plate of a request. Raises RegistryErrors."""
    return _PARSERS[kind](item, origin, registry)


#: How an entry of each kind is told from its like.
KEYS: Mapping[str, Callable[[Any], str]] = {
    "permit": lambda permit: permit.number,
    "vehicle": lambda vehicle: vehicle.plate if vehicle.colour is None else f"{vehicle.plate}/{vehicle.colour}",
    "exempt": lambda exemption: exemption.plate,
    "watch": lambda watch: watch.plate,
}

_PARSERS: Mapping[str, Callable[[Any, str, Registry], Any]] = {
    "permit": lambda item, origin, registry: parse_permit(item, origin, registry.network.corridors, registry.timezone),
    "vehicle": lambda item, origin, registry: parse_vehicle(item, origin),
    "exempt": lambda item, origin, registry: parse_exemption(item, origin, registry.timezone),
    "watch": lambda item, origin, registry: parse_watch(item, origin, registry.timezone),
}


def _merged(
    kind: str, papers: Iterable[Any], over: Mapping[str, Mapping[str, Entry]], registry: Registry
) -> tuple[Any, ...]:
    entries = over[kind]
    kept = [paper for paper in papers if KEYS[kind](paper) not in entries]
    put = [entry for entry in entries.values() if not entry.removed]
    return (*kept, *(parse_paper(kind, json.loads(entry.document), registry) for entry in put))
