"""Where trucks can be stopped, and who can stop them.

===================  ==============================================================================================
table                keys (`?` = may be left out)
===================  ==============================================================================================
stop_point           id, corridor, chainage_km, direction ("up" = chainage rises, "down"), static_scale?, capacity?
squad                id, agency ("road", "police"), sections, base (a stop point), stops_per_hour?, name?, shifts?
squad.sections       corridor, from_km, to_km
squad.shifts         days ("Mon-Sun", "Mon,Wed", "Fri-Mon"), from ("20:00"), until ("08:00"; "24:00" = midnight)
===================  ==============================================================================================

A shift's times are local in the zone of the squad's first section, and it belongs to the day on which it begins: Friday
20:00 to 08:00 ends on Saturday. A shift without end after its beginning on that day ends on the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from wim.document import Faults, Table, WrongValueError, flag, identifier, one_of, reference, shown, text, whole
from wim.periods import to_local, to_ns
from wim.records import Direction
from wim.sites import ID_BYTES, Corridor, Network, chainage, read_stretch

AGENCIES: Final = ("road", "police")

#: How many trucks a squad stops in an hour where the file does not say (dispatch.md: "perhaps four").
USUAL_STOPS_PER_HOUR: Final = 4

_DIRECTIONS = {"up": Direction.UP, "down": Direction.DOWN}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class StopPoint:
    """A place where a truck can be taken off the road; `capacity` trucks at a time."""

    id: str
    corridor: str
    chainage_km: float
    direction: Direction
    static_scale: bool = False
    capacity: int = 1


@dataclass(frozen=True)
class SquadSection:
    """A stretch of a corridor that a squad serves."""

    corridor: str
    from_km: float
    to_km: float


@dataclass(frozen=True)
class Shift:
    """Weekly hours of duty: `days` (0 = Monday) on which it begins, minutes of the local day; `until_minute` beyond
    1 440 is on the next day.
    """

    days: frozenset[int]
    from_minute: int
    until_minute: int


@dataclass(frozen=True)
class Squad:
    """A patrol that can stop trucks. `timezone` is where its shifts are counted."""

    id: str
    agency: str
    sections: tuple[SquadSection, ...]
    base: str
    timezone: str
    stops_per_hour: int = USUAL_STOPS_PER_HOUR
    name: str | None = None
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True)
class Duty:
    """One turn of a shift in UTC nanoseconds, `until_ns` outside."""

    from_ns: int
    until_ns: int


@dataclass(frozen=True)
class Forces:
    """Every stop point and squad by its id."""

    stop_points: Mapping[str, StopPoint] = field(default_factory=dict)
    squads: Mapping[str, Squad] = field(default_factory=dict)


def duty_at(squad: Squad, time_ns: int) -> Duty | None:
    """The turn that the squad is on at `time_ns` by its shifts, the one that ends last where they overlap; else None.

    A person's signing in or out is the caller's to put above it.
    """
    today = to_local(time_ns, squad.timezone).date()
    turns = (
        _turn(shift, day, squad.timezone)
        for shift in squad.shifts
        for day in (today - timedelta(days=1), today)
        if day.weekday() in shift.days
    )
    present = [turn for turn in turns if turn.from_ns <= time_ns < turn.until_ns]
    return max(present, key=lambda turn: turn.until_ns, default=None)


def turns(squad: Squad, from_ns: int, to_ns: int) -> list[Duty]:
    """Every turn of the squad's shifts that any of a span falls into; they may overlap."""
    day, last = to_local(from_ns, squad.timezone).date() - timedelta(days=1), to_local(to_ns, squad.timezone).date()
    found = []
    while day <= last:
        found += [_turn(shift, day, squad.timezone) for shift in squad.shifts if day.weekday() in shift.days]
        day += timedelta(days=1)
    return [turn for turn in found if turn.from_ns < to_ns and turn.until_ns > from_ns]


def _turn(shift: Shift, day: date, zone: str) -> Duty:
    return Duty(_clock_ns(day, shift.from_minute, zone), _clock_ns(day, shift.until_minute, zone))


def _clock_ns(day: date, minute: int, zone: str) -> int:
    """What the clock on the wall says, so a night on which clocks change is an hour longer or shorter."""
    days, rest = divmod(minute, _DAY_MINUTES)
    return to_ns(datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), ZoneInfo(zone)))


def parse_forces(document: Mapping[str, object], origin: str, network: Network) -> Forces:
    """The stop points and squads of a registry document; its other tables are ignored.

    Raises:
        RegistryErrors: all that is wrong, each place with `origin` and its dotted key.
    """
    faults = Faults(origin)
    forces = read_forces(Table(document, "", faults), network)
    faults.raise_any()
    return forces


def read_forces(root: Table, network: Network) -> Forces:
    """The same from a table that more readers share; what is wrong is noted there and left out here."""
    known = root.ids("corridor") | network.corridors.keys()
    bases = root.ids("stop_point")
    stop_points = root.entries("stop_point", lambda table: _stop_point(table, known, network.corridors), "id")
    squads = root.entries("squad", lambda table: _squad(table, known, bases, network.corridors), "id")
    return Forces({item.id: item for item in stop_points}, {item.id: item for item in squads})


def _stop_point(table: Table, known: Iterable[str], corridors: Mapping[str, Corridor]) -> StopPoint:
    corridor = table.take("corridor", reference(frozenset(known), "corridor"), "")
    return StopPoint(
        id=table.take("id", identifier(ID_BYTES), ""),
        corridor=corridor,
        chainage_km=table.take("chainage_km", chainage(corridors.get(corridor))),
        direction=_DIRECTIONS[table.take("direction", one_of(*_DIRECTIONS), "up")],
        static_scale=table.take_or("static_scale", flag, False),
        capacity=table.take_or("capacity", whole(1, 1_000, "trucks"), 1),
    )


def _squad(table: Table, known: Iterable[str], bases: Iterable[str], corridors: Mapping[str, Corridor]) -> Squad:
    sections = tuple(table.entries("sections", lambda item: _section(item, known, corridors)))
    if not sections and table.sound:
        table.note("sections", "is missing", "add sections = [{corridor = …, from_km = …, to_km = …}]")
    first = corridors.get(sections[0].corridor) if sections else None
    return Squad(
        id=table.take("id", identifier(ID_BYTES), ""),
        agency=table.take("agency", one_of(*AGENCIES)),
        sections=sections,
        base=table.take("base", reference(frozenset(bases), "stop point")),
        timezone=first.timezone if first else "UTC",
        stops_per_hour=table.take_or("stops_per_hour", whole(1, 60, "trucks an hour"), USUAL_STOPS_PER_HOUR),
        name=table.maybe("name", text()),
        shifts=tuple(table.entries("shifts", _shift)),
    )


def _section(table: Table, known: Iterable[str], corridors: Mapping[str, Corridor]) -> SquadSection:
    corridor = table.take("corridor", reference(frozenset(known), "corridor"), "")
    return SquadSection(corridor, *read_stretch(table, corridors.get(corridor)))


def _shift(table: Table) -> Shift:
    days = table.take("days", _days)
    begin, end = table.take("from", _minute, 0), table.take("until", _minute, _DAY_MINUTES)
    if begin in (end, _DAY_MINUTES):
        table.note("until", "leaves the shift without a length", 'write "00:00" and "24:00" for a whole day')
    return Shift(days, begin, end if end > begin else end + _DAY_MINUTES)


def _days(value: object) -> frozenset[int]:
    found = [_day_range(part) for part in value.split(",")] if isinstance(value, str) else [[]]
    if not all(found):
        raise WrongValueError(f"is {shown(value)}", f'write days as "Mon-Sun" or "Mon,Wed", of {", ".join(_DAYS)}')
    return frozenset(day for part in found for day in part)


def _day_range(part: str) -> list[int]:
    """The weekdays of "Wed" or "Fri-Mon", none where it is neither."""
    first, _, last = part.strip().partition("-")
    if first not in _DAYS or (last or first) not in _DAYS or part.strip().endswith("-"):
        return []
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _minute(value: object) -> int:
    """The minute of the day of "20:00", or of TOML's 20:00:00."""
    written = value.strftime("%H:%M") if isinstance(value, time) and not value.second else value
    if not isinstance(written, str) or not _CLOCK.fullmatch(written):
        raise WrongValueError(f"is {shown(value)}", 'write a time of day as "20:00"')
    return int(written[:2]) * 60 + int(written[3:])
