"""Corridors, sites and their lanes as a registry file declares them.

===================  ==============================================================================================
table                keys (`?` = may be left out)
===================  ==============================================================================================
corridor             id, timezone, name?, main? (main freight network), length_km?, area?, key_sections?
                     [{from_km, to_km, name?}], path? [[longitude, latitude], …] (WGS-84)
junction             id, at [{corridor, km}, …] (two corridors or more)
site                 id, corridor, chainage_km, name?, position? [longitude, latitude], area?, timezone? (the
                     corridor's), gravity_ms2?, certificate?, evidence_approved?, tolerance?, lane
site.certificate     number, class (%), from, until, speed_kmh? [lowest, highest]
…evidence_approved   number, from, until
site.tolerance       from, percent
site.lane            see `wim.lanes`
===================  ==============================================================================================

Dates are local midnight of the site (`wim.periods`). Certificates and approvals may overlap: of those that hold a time,
the one that began last is in force; two that begin together are refused. A tolerance is in force until the next begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from wim.document import (
    Faults,
    Reader,
    RegistryError,
    RegistryErrors,
    Table,
    WrongValueError,
    array,
    flag,
    identifier,
    is_number,
    number,
    one_of,
    reference,
    shown,
    text,
)
from wim.lanes import Calibration, Lane, Strip, read_lane
from wim.periods import NEVER_NS, in_force, moment, take_period, timezone, until_next

__all__ = [
    "CLASSES_PERCENT",
    "ID_BYTES",
    "LONGEST_KM",
    "STANDARD_GRAVITY_MS2",
    "UNKNOWN_SPEED_KMH",
    "Approval",
    "Calibration",
    "Certificate",
    "Corridor",
    "Junction",
    "JunctionPoint",
    "Lane",
    "Network",
    "RegistryError",
    "RegistryErrors",
    "Section",
    "Site",
    "Strip",
    "Tolerance",
    "chainage",
    "parse_network",
    "read_network",
    "read_stretch",
]

#: Accuracy classes of OIML R 134 for gross weight, in percent.
CLASSES_PERCENT: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

#: Where no certificate says in which speeds the instrument was tested (contracts.md §3, bit 6).
UNKNOWN_SPEED_KMH: Final = (0.5, 100.0)

#: Standard gravity: within 0.3 % of every place on Earth; a site that wants better writes its own.
STANDARD_GRAVITY_MS2: Final = 9.80665

#: A tolerance above this is a typing error, not a tolerance: the highest overload band of the law begins there.
_HIGHEST_TOLERANCE_PERCENT = 30
#: Longer than any national road.
LONGEST_KM: Final = 10_000
#: What a site id has room for in a record (contracts.md §2), and other ids in paths and message keys.
_SITE_BYTES = 16
ID_BYTES: Final = 64


@dataclass(frozen=True)
class Section:
    """A named stretch of a corridor."""

    from_km: float
    to_km: float
    name: str | None = None


@dataclass(frozen=True)
class Corridor:
    """A road as a line of chainage."""

    id: str
    timezone: str
    name: str | None = None
    main: bool = False
    length_km: float | None = None
    area: str | None = None
    key_sections: tuple[Section, ...] = ()
    path: tuple[tuple[float, float], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which its days begin."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class JunctionPoint:
    """Where a junction lies on one of its corridors."""

    corridor: str
    km: float


@dataclass(frozen=True)
class Junction:
    """A place where a truck may leave one corridor for another."""

    id: str
    at: tuple[JunctionPoint, ...]


@dataclass(frozen=True)
class Certificate:
    """A verification of the instrument; `class_percent` are its 99 % limits of gross weight."""

    number: str
    class_percent: float
    from_ns: int
    until_ns: int
    speed_kmh: tuple[float, float] = UNKNOWN_SPEED_KMH


@dataclass(frozen=True)
class Approval:
    """A review of the site as a source of evidence."""

    number: str
    from_ns: int
    until_ns: int


@dataclass(frozen=True)
class Tolerance:
    """What the site grants above a limit; 5 % = 5000 thousandths. `until_ns` is where the next one begins."""

    from_ns: int
    thousandths: int
    until_ns: int = NEVER_NS


@dataclass(frozen=True)
class Site:
    """A weighing place on a corridor. Certificates, approvals and tolerances rise by `from_ns`."""

    id: str
    corridor: str
    chainage_km: float
    timezone: str
    name: str | None = None
    position: tuple[float, float] | None = None
    area: str | None = None
    gravity_ms2: float = STANDARD_GRAVITY_MS2
    certificates: tuple[Certificate, ...] = ()
    approvals: tuple[Approval, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    lanes: Mapping[int, Lane] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its dates and of the times that people see."""
        return ZoneInfo(self.timezone)

    def certificate_at(self, time_ns: int) -> Certificate | None:
        """The certificate in force: of those that hold the time, the one that began last."""
        return in_force(self.certificates, time_ns)

    def approval_at(self, time_ns: int) -> Approval | None:
        """The approval as a source of evidence in force, chosen like a certificate."""
        return in_force(self.approvals, time_ns)

    def tolerance_at(self, time_ns: int) -> Tolerance | None:
        """The tolerance in force, None before the first."""
        return in_force(self.tolerances, time_ns)


@dataclass(frozen=True)
class Network:
    """Every corridor, site and junction by its id."""

    corridors: Mapping[str, Corridor] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    junctions: Mapping[str, Junction] = field(default_factory=dict)

    def lane(self, site: str, number: int) -> Lane | None:
        """The lane of that number at the site, None where either is unknown."""
        found = self.sites.get(site)
        return found.lanes.get(number) if found else None

    def corridor_of(self, site: str) -> Corridor | None:
        """The corridor on which the site lies, None where the site is unknown."""
        found = self.sites.get(site)
        return self.corridors[found.corridor] if found else None


def parse_network(document: Mapping[str, object], origin: str) -> Network:
    """The corridors, junctions and sites of a registry document; its other tables are ignored.

    Raises:
        RegistryErrors: all that is wrong, each place with `origin` and its dotted key.
    """
    faults = Faults(origin)
    network = read_network(Table(document, "", faults))
    faults.raise_any()
    return network


def read_network(root: Table) -> Network:
    """The same from a table that more readers share; what is wrong is noted there and left out here."""
    corridors = {item.id: item for item in root.entries("corridor", _corridor, "id")}
    known = root.ids("corridor")
    junctions = root.entries("junction", lambda table: _junction(table, known, corridors), "id")
    sites = root.entries("site", lambda table: _site(table, known, corridors), "id")
    return Network(corridors, {item.id: item for item in sites}, {item.id: item for item in junctions})


def chainage(corridor: Corridor | None) -> Reader[float]:
    """A place on the corridor in km; up to `LONGEST_KM` where its length is not known."""
    return number(0, LONGEST_KM if corridor is None or corridor.length_km is None else corridor.length_km, "km")


def read_stretch(table: Table, corridor: Corridor | None) -> tuple[float, float]:
    """`from_km` and `to_km` of a table, in rising order."""
    from_km = table.take("from_km", chainage(corridor))
    to_km = table.take("to_km", chainage(corridor))
    if table.sound and to_km <= from_km:
        table.note("to_km", "is not beyond `from_km`", "write the two in the order of rising chainage")
    return from_km, to_km


def _corridor(table: Table) -> Corridor:
    corridor = Corridor(
        id=table.take("id", identifier(ID_BYTES), ""),
        timezone=table.take("timezone", timezone),
        name=table.maybe("name", text()),
        main=table.take_or("main", flag, False),
        length_km=table.maybe("length_km", number(0.001, LONGEST_KM, "km")),
        area=table.maybe("area", text(16)),
        path=table.take_or("path", array(_position, fewest=2, most=100_000), ()),
    )
    measured = corridor if table.sound else None
    return replace(corridor, key_sections=tuple(table.entries("key_sections", lambda item: _section(item, measured))))


def _section(table: Table, corridor: Corridor | None) -> Section:
    return Section(*read_stretch(table, corridor), name=table.maybe("name", text()))


def _junction(table: Table, known: frozenset[str], corridors: Mapping[str, Corridor]) -> Junction:
    junction = table.take("id", identifier(ID_BYTES), "")
    at = table.entries("at", lambda item: _junction_point(item, known, corridors), "corridor")
    if table.sound and len(at) < 2:
        table.note("at", f"holds {len(at)} place", "write the place on each corridor that meets here, two at least")
    return Junction(junction, tuple(at))


def _junction_point(table: Table, known: frozenset[str], corridors: Mapping[str, Corridor]) -> JunctionPoint:
    corridor = table.take("corridor", reference(known, "corridor"), "")
    return JunctionPoint(corridor, table.take("km", chainage(corridors.get(corridor))))


def _site(table: Table, known: frozenset[str], corridors: Mapping[str, Corridor]) -> Site:
    corridor_id = table.take("corridor", reference(known, "corridor"), "")
    corridor = corridors.get(corridor_id)
    zone = table.take_or("timezone", timezone, corridor.timezone if corridor else "UTC")
    site = Site(
        id=table.take("id", identifier(_SITE_BYTES, forbidden="?#%&"), ""),
        corridor=corridor_id,
        chainage_km=table.take("chainage_km", chainage(corridor)),
        timezone=zone,
        name=table.maybe("name", text()),
        position=table.maybe("position", _position),
        area=table.maybe("area", text(16)),
        # Every place on Earth lies between these.
        gravity_ms2=table.take_or("gravity_ms2", number(9.76, 9.84, "m/s²"), STANDARD_GRAVITY_MS2),
    )
    return _with_papers(table, site, zone)


def _with_papers(table: Table, site: Site, zone: str) -> Site:
    certificates = table.entries("certificate", lambda item: _certificate(item, zone), "from_ns")
    approvals = table.entries("evidence_approved", lambda item: _approval(item, zone), "from_ns")
    tolerances = table.entries("tolerance", lambda item: _tolerance(item, zone), "from_ns")
    lanes = table.entries("lane", lambda item: read_lane(item, zone), "number")
    if not table.has("lane"):
        table.note("lane", "is missing", "add a [[site.lane]] table for each lane")
    return replace(
        site,
        certificates=tuple(sorted(certificates, key=lambda item: item.from_ns)),
        approvals=tuple(sorted(approvals, key=lambda item: item.from_ns)),
        tolerances=until_next(tolerances),
        lanes={item.number: item for item in lanes},
    )


def _certificate(table: Table, zone: str) -> Certificate:
    return Certificate(
        table.take("number", text(64)),
        table.take("class", one_of(*CLASSES_PERCENT)),
        *take_period(table, zone),
        table.take_or("speed_kmh", _speed_range, UNKNOWN_SPEED_KMH),
    )


def _approval(table: Table, zone: str) -> Approval:
    return Approval(table.take("number", text(64)), *take_period(table, zone))


def _tolerance(table: Table, zone: str) -> Tolerance:
    return Tolerance(table.take("from", moment(zone)), table.take("percent", _thousandths))


def _thousandths(value: object) -> int:
    """A percentage as whole thousandths: comparisons that decide are made in integers (decision.md §4)."""
    highest = _HIGHEST_TOLERANCE_PERCENT
    percent = Decimal(str(value)) if is_number(value) else Decimal("nan")
    # A Decimal that is NaN raises at every comparison, unlike a float.
    if not percent.is_finite() or not 0 <= percent <= highest:
        raise WrongValueError(f"is {shown(value)}", f"write percent, from 0 to {highest}")
    thousandths = percent * 1_000
    if thousandths != int(thousandths):
        raise WrongValueError(f"is {shown(value)}", "write at most 3 decimals")
    return int(thousandths)


def _speed_range(value: object) -> tuple[float, float]:
    lowest, highest = array(number(0, 300, "km/h"), fewest=2, most=2)(value)
    if highest <= lowest:
        raise WrongValueError(f"runs from {lowest:g} to {highest:g} km/h", "write the lower speed first")
    return lowest, highest


def _position(value: object) -> tuple[float, float]:
    """Longitude and latitude, WGS-84."""
    longitude, latitude = array(number(-180, 180, "°"), fewest=2, most=2)(value)
    if abs(latitude) > 90:
        raise WrongValueError(f"has the latitude {latitude:g}°", "write [longitude, latitude] in degrees")
    return longitude, latitude
