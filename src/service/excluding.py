"""Taking a violation out of all figures, and back in, to the very same figures.

======================  ============================================================================================
figure                  what an exclusion does
======================  ============================================================================================
violations              the row is marked: lists show it, counts leave it out
history of the vehicle  the crossing counts for nothing, nor the verdict of the scale that rests on it
precision, site bias    what the scale said of it counts for nothing
raw rates               the truck stays one, but is over no limit: no overload, no band, no 百噸王
net rates               the truck is left out, with the reason BY_PERSON instead of the one that it may have had
======================  ============================================================================================

What was moved is kept with the exclusion (`Moved`), so that restoring moves exactly that back. Between the two a
downgrade may have taken the net figures of that lane back (`service.watch.recall`): the truck then returns to where the
downgrade would have put it.
"""

from __future__ import annotations

import msgspec
import numpy as np
from sqlalchemy import Connection

from rules.kernels.watched import HUNDRED_TONNE, OVER_BEYOND, OVER_NOMINAL, PLATE_READ
from service import messages
from service.docket.arrivals import GRADES
from service.messages import Intercept, Violation
from service.store import downgrades, exclusions, intercepts, rates, tally, watches
from service.store.exclusions import Exclusion
from service.store.sightings import case_of
from service.store.tally import BY_PERSON, Series, Tally
from service.store.violations import ViolationRow
from service.store.watches import HourRow
from service.watch import rows
from service.watch.rows import KEPT, Rows
from wim.kernels.validity import TO_COUNT
from wim.records import HOUR_NS, Flag, Grade
from wim.sites import Network

_DOUBTED = Flag.SITE_DOUBTED.bit_length()
_UTC = "UTC"


class Cell(msgspec.Struct, frozen=True):
    """Where the truck is counted: series, hour, and kind (`service.store.tally`); `marks` as `service.watch.rows`."""

    series: Series
    hour_s: int
    axle_class: int
    band: int
    excluded: int
    marks: int


class Moved(msgspec.Struct, frozen=True):
    """What an exclusion took out."""

    cell: Cell
    outcomes: list[str]
    intercept: str | None = None


def exclude(conn: Connection, one: Exclusion, row: ViolationRow, network: Network, now_ns: int) -> Exclusion:
    """Take a violation out of all figures; gives the exclusion as it is kept.

    The caller has locked exclusions (`exclusions.lock`) and seen that none of this violation stands.
    """
    violation = messages.decode(Violation, row.document.encode())
    intercept = _resting_on(conn, row.id)
    verdicts = [] if intercept is None else [_verdict(intercept)]
    moved = Moved(_counted(conn, row, violation, network), [row.id, *verdicts], intercept)
    kept = one._replace(document=msgspec.json.encode(moved).decode())
    exclusions.add(conn, kept, moved.outcomes, moved.intercept)
    _move(conn, moved.cell, _out(moved.cell), now_ns)
    return kept


def restore(conn: Connection, one: Exclusion, now_ns: int) -> Exclusion:
    """Count again what an exclusion took out; `one` says by whom. Gives it as it is kept. The caller holds the lock.

    Raises `FencedError` where the watch wrote the hour of the crossing at the same moment.
    """
    moved = msgspec.json.decode(one.document, type=Moved)
    # The truck may have been weighed since, and this violation may have become its strongest evidence since.
    found = (moved.intercept, _resting_on(conn, one.violation))
    rests = {intercept for intercept in found if intercept is not None}
    exclusions.restore(conn, one, {*moved.outcomes, *map(_verdict, rests)}, rests)
    cell = moved.cell
    if cell.excluded == 0 and _taken_back(conn, one, cell.hour_s):
        cell = msgspec.structs.replace(cell, excluded=_DOUBTED)
        _note_doubt(conn, one, cell.hour_s)
    _move(conn, _out(cell), cell, now_ns)
    return one


def _verdict(intercept: str) -> str:
    return f"intercept/{intercept}"


def _resting_on(conn: Connection, violation: str) -> str | None:
    """The intercept whose strongest evidence this violation is: what the scale said was said of it."""
    case = case_of(conn, violation)
    for row in intercepts.of_cases(conn, [case]) if case else ():
        if messages.decode(Intercept, row.document.encode()).best.id == violation:
            return row.id
    return None


def _counted(conn: Connection, row: ViolationRow, violation: Violation, network: Network) -> Cell:
    """The cell in which the truck is counted now: as the watch keeps it, or by what was published of it."""
    hour_s = row.time_ns // HOUR_NS * 3_600
    for hour in watches.hours_of(conn, row.site, row.lane, hour_s, hour_s + 1):
        for truck in _trucks(hour)[_trucks(hour)["time_ns"] == row.time_ns]:
            series = tally.decode(hour.named, b"").series[0]
            kind = (int(truck[name]) for name in ("axle_class", "band", "excluded", "marks"))
            return Cell(series, hour_s, *kind)
    marks = _marks(violation)
    return Cell(
        _series(row, violation, network), hour_s, violation.passage.axle_count, row.band, _why_not_net(violation), marks
    )


def _series(row: ViolationRow, violation: Violation, network: Network) -> Series:
    corridor, lane = network.corridor_of(row.site), network.lane(row.site, row.lane)
    zone, direction = corridor.timezone if corridor else _UTC, int(lane.direction if lane else row.direction)
    return Series(row.corridor, row.site, row.lane, direction, violation.rule_set, zone)


def _marks(violation: Violation) -> int:
    told = {
        OVER_NOMINAL: violation.excess_kg > 0,
        OVER_BEYOND: violation.beyond_tolerance,
        HUNDRED_TONNE: violation.hundred_tonne,
        PLATE_READ: Flag.NO_PLATE.name not in violation.flags,
    }
    return sum(bit for bit, holds in told.items() if holds)


def _why_not_net(violation: Violation) -> int:
    """As `rules.kernels.tally` says it: the lowest flag that leaves grade count, 0 for none."""
    if GRADES.get(violation.grade, Grade.REJECT) > Grade.COUNT:
        return 0
    flags = [Flag[name] for name in violation.flags if name in Flag.__members__]
    return min((flag.bit_length() for flag in flags if flag & TO_COUNT), default=0)


def _out(cell: Cell) -> Cell:
    """The same truck, out of all counts of overloads and out of net."""
    return msgspec.structs.replace(cell, band=0, excluded=BY_PERSON, marks=cell.marks & PLATE_READ)


def _move(conn: Connection, before: Cell, after: Cell, now_ns: int) -> None:
    """Count the truck in another cell of the same series and hour."""
    changes = np.concatenate([_change(before, -1), _change(after, 1)])
    rates.correct(conn, Tally((before.series,), changes), now_ns // 10**9)


def _change(cell: Cell, sign: int) -> Rows:
    truck = np.zeros(1, KEPT)
    for name in ("axle_class", "band", "marks"):
        truck[name] = getattr(cell, name)
    return rows.cells_of(truck, 0, cell.hour_s, cell.excluded, sign)


def _taken_back(conn: Connection, one: Exclusion, hour_s: int) -> bool:
    """Whether a downgrade took this hour of the lane out of net while the truck was not there."""
    return any(
        doubt.grade <= Grade.COUNT
        and doubt.holds(one.site, one.lane, one.time_ns)
        and (doubt.recalled or doubt.recalled_s > hour_s)
        for doubt in downgrades.all_of(conn, [one.site])
    )


def _note_doubt(conn: Connection, one: Exclusion, hour_s: int) -> None:
    """Let the watch know that the truck is out of net already, so that no later downgrade takes it out again."""
    changed: list[HourRow] = []
    for hour in watches.hours_of(conn, one.site, one.lane, hour_s, hour_s + 1):
        trucks = _trucks(hour).copy()
        here = (trucks["time_ns"] == one.time_ns) & (trucks["excluded"] == 0)
        if here.any():
            trucks["excluded"][here] = _DOUBTED
            changed.append(hour._replace(version=hour.version + 1, trucks=trucks.tobytes()))
    watches.save_hours(conn, changed)


def _trucks(hour: HourRow) -> Rows:
    return np.frombuffer(hour.trucks, KEPT)
