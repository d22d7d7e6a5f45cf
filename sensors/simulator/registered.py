"""Vehicles that a registry names, which then drive in the simulation under their own plates.

======================  ============================================================================
registry table          the simulator's vehicle
======================  ============================================================================
permit                  a low loader that carries nearly what its permit allows, on the permit's corridors
exempt                  a mobile crane, heavier than an ordinary truck of its axles may be
watch                   a six-axle truck that is loaded like any other
vehicle                 a repeat offender of that axle pattern; a pattern unknown here does not drive
======================  ============================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wim.periods import ALWAYS_NS, DEFAULT_TIMEZONE, NEVER_NS, moment

_YELLOW = 1


@dataclass(frozen=True)
class Permitted:
    """A vehicle under an oversize permit: `gross_kg` on `corridors`."""

    plate: str
    gross_kg: int
    corridors: tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """A vehicle with registration data; `pattern` as "1-2-3", `tare_kg` 0 where it is not known."""

    plate: str
    colour: int
    pattern: str
    tare_kg: int = 0


@dataclass(frozen=True)
class Registered:
    """Everything that the registry names and that is in force."""

    permits: tuple[Permitted, ...] = ()
    exempt: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    vehicles: tuple[Listed, ...] = ()


def registered(document: Mapping[str, Any], at_ns: int) -> Registered:
    """What a parsed registry file, already validated by its owner, names for vehicles at `at_ns`."""
    return Registered(
        permits=tuple(
            Permitted(row["plate"], row["gross_kg"], tuple(row["corridors"]))
            for row in _in_force(document.get("permit", ()), at_ns)
        ),
        exempt=tuple(row["plate"] for row in _in_force(document.get("exempt", ()), at_ns)),
        watched=tuple(row["plate"] for row in _in_force(document.get("watch", ()), at_ns)),
        vehicles=tuple(
            Listed(row["plate"], row.get("colour", _YELLOW), row["axles"], row.get("tare_kg", 0))
            for row in document.get("vehicle", ())
            if "axles" in row
        ),
    )


def _in_force(rows: Sequence[Mapping[str, Any]], at_ns: int) -> Iterator[Mapping[str, Any]]:
    read = moment(DEFAULT_TIMEZONE)
    for row in rows:
        from_ns = read(row["from"]) if "from" in row else ALWAYS_NS
        until_ns = read(row["until"]) if "until" in row else NEVER_NS
        if from_ns <= at_ns < until_ns:
            yield row
