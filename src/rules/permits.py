"""What is known about a plate: permits, registrations, exemptions and the watch list.

They come from the registry file, or one by one by `PUT` without restart, and are read by the same functions.

=========  =========================================================================================================
table      keys (`?` = may be left out)
=========  =========================================================================================================
permit     number, plate, from, until, corridors [id, …], gross_kg: oversize transport allowed up to that weight
vehicle    plate, colour? (0 blue … 5 yellow-green), axles? ("1-2-3", groups from the front), drive_axles?,
           air_suspension?, rated_kg?, tare_kg?, carrier?: what the registration says
exempt     plate, kind, from, until, source?: special-purpose vehicles and the like
watch      plate, reason, until, agency?: report where it is seen
=========  =========================================================================================================

Dates are local midnight (`wim.periods`) in the zone that the caller gives; `from` is inside, `until` is not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from rules.patterns import parse_pattern
from wim.document import (
    Faults,
    Table,
    WrongValueError,
    array,
    flag,
    one_of,
    parse_item,
    reference,
    shown,
    text,
    whole,
)
from wim.periods import DEFAULT_TIMEZONE, moment, take_period

#: What a plate has room for in a record (contracts.md §2).
_PLATE_BYTES = 16
#: A read of so few characters counts as no plate (contracts.md §3, bit 16): what is registered under one is never met.
_NO_PLATE_CHARACTERS = 5
#: Below this a weight was written in tonnes; above it no road carries it.
_LEAST_GROSS_KG, _MOST_GROSS_KG = 1_000, 1_000_000
_MOST_AXLES = 16

AGENCIES = ("road", "police")


@dataclass(frozen=True)
class Permit:
    """An oversize transport permit: up to `gross_kg` on `corridors`."""

    number: str
    plate: str
    from_ns: int
    until_ns: int
    corridors: tuple[str, ...]
    gross_kg: int


@dataclass(frozen=True)
class Vehicle:
    """What the registration of a vehicle says; None is not known."""

    plate: str
    colour: int | None = None
    axles: str | None = None
    drive_axles: int | None = None
    air_suspension: bool | None = None
    rated_kg: int | None = None
    tare_kg: int | None = None
    carrier: str | None = None


@dataclass(frozen=True)
class Exemption:
    """A vehicle that the limits do not bind."""

    plate: str
    kind: str
    from_ns: int
    until_ns: int
    source: str | None = None


@dataclass(frozen=True)
class Watch:
    """A plate that someone asked to be told about."""

    plate: str
    reason: str
    until_ns: int
    agency: str | None = None


@dataclass(frozen=True)
class PlateRegister:
    """All that is known about plates."""

    permits: tuple[Permit, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    watches: tuple[Watch, ...] = ()


def parse_register(
    document: Mapping[str, object], origin: str, corridors: Collection[str], timezone: str = DEFAULT_TIMEZONE
) -> PlateRegister:
    """The four lists of a registry document; its other tables are ignored.

    Raises:
        RegistryErrors: all that is wrong, each place with `origin` and its dotted key.
    """
    faults = Faults(origin)
    register = read_register(Table(document, "", faults), corridors, timezone)
    faults.raise_any()
    return register


def read_register(root: Table, corridors: Collection[str], timezone: str = DEFAULT_TIMEZONE) -> PlateRegister:
    """The same from a table that more readers share; what is wrong is noted there and left out here."""
    return PlateRegister(
        permits=tuple(root.entries("permit", lambda table: _permit(table, corridors, timezone), ("number", "plate"))),
        vehicles=tuple(root.entries("vehicle", _vehicle, ("plate", "colour"))),
        exemptions=tuple(root.entries("exempt", partial(_exemption, zone=timezone))),
        watches=tuple(root.entries("watch", partial(_watch, zone=timezone))),
    )


def parse_permit(item: object, origin: str, corridors: Collection[str], timezone: str = DEFAULT_TIMEZONE) -> Permit:
    """One permit by itself, as an HTTP body holds it. Raises RegistryErrors."""
    return parse_item(item, origin, lambda table: _permit(table, corridors, timezone))


def parse_vehicle(item: object, origin: str) -> Vehicle:
    """One registration by itself. Raises RegistryErrors."""
    return parse_item(item, origin, _vehicle)


def parse_exemption(item: object, origin: str, timezone: str = DEFAULT_TIMEZONE) -> Exemption:
    """One exemption by itself. Raises RegistryErrors."""
    return parse_item(item, origin, partial(_exemption, zone=timezone))


def parse_watch(item: object, origin: str, timezone: str = DEFAULT_TIMEZONE) -> Watch:
    """One line of the watch list by itself. Raises RegistryErrors."""
    return parse_item(item, origin, partial(_watch, zone=timezone))


def _permit(table: Table, corridors: Collection[str], zone: str) -> Permit:
    return Permit(
        table.take("number", text(64)),
        table.take("plate", plate_text),
        *take_period(table, zone),
        table.take("corridors", array(reference(corridors, "corridor"))),
        table.take("gross_kg", whole(_LEAST_GROSS_KG, _MOST_GROSS_KG, "kg")),
    )


def _vehicle(table: Table) -> Vehicle:
    return Vehicle(
        plate=table.take("plate", plate_text),
        colour=table.maybe("colour", one_of(0, 1, 2, 3, 4, 5)),
        axles=table.maybe("axles", _axles),
        drive_axles=table.maybe("drive_axles", whole(1, _MOST_AXLES)),
        air_suspension=table.maybe("air_suspension", flag),
        rated_kg=table.maybe("rated_kg", whole(_LEAST_GROSS_KG, _MOST_GROSS_KG, "kg")),
        tare_kg=table.maybe("tare_kg", whole(_LEAST_GROSS_KG, _MOST_GROSS_KG, "kg")),
        carrier=table.maybe("carrier", text()),
    )


def _exemption(table: Table, zone: str) -> Exemption:
    return Exemption(
        table.take("plate", plate_text),
        table.take("kind", text()),
        *take_period(table, zone),
        source=table.maybe("source", text()),
    )


def _watch(table: Table, zone: str) -> Watch:
    return Watch(
        plate=table.take("plate", plate_text),
        reason=table.take("reason", text()),
        until_ns=table.take("until", moment(zone)),
        agency=table.maybe("agency", one_of(*AGENCIES)),
    )


def plate_text(value: object) -> str:
    """Reader of a plate as cameras write it: letters and digits only, or it would never be met."""
    written = text(_PLATE_BYTES)(value)
    plain = unicodedata.normalize("NFKC", written).upper()  # full-width letters look the same and are not
    cleaned = "".join(letter for letter in plain if letter.isalnum())
    if written != cleaned:
        raise WrongValueError(f"is {shown(written)}", f"write it as a camera reads it, {shown(cleaned)}")
    if len(written) <= _NO_PLATE_CHARACTERS:
        raise WrongValueError(
            f"is {shown(written)}, which counts as no plate", f"write more than {_NO_PLATE_CHARACTERS} characters"
        )
    return written


def _axles(value: object) -> str:
    try:
        axles = sum(parse_pattern(value)) if isinstance(value, str) else 0
    except ValueError:
        axles = 0
    if not isinstance(value, str) or not 2 <= axles <= _MOST_AXLES:
        raise WrongValueError(f"is {shown(value)}", 'write the sizes of the axle groups from the front, as "1-2-3"')
    return value
