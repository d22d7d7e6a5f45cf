"""Trips and cases: which sightings are one journey of one vehicle, and which of its violations wake somebody.

Two sightings are *linked* when both plates are certain and equal, their colours agree (an unknown colour agrees with
any), they are not more than the gap apart by event time, and a truck can have driven from one to the other: a plate at
two places too far apart is on two vehicles (`dispatch.cloned`). A **trip** is everything that a chain of links reaches;
its **case** is the record kept of it. Chains only grow, so the order of arrival cannot matter: a late sighting may make
one trip of two, never two of one. (So two known colours fall into one trip where a read of unknown colour links them:
an alert too few shows in the pictures, one truck alerted twice costs a squad.) A passage without a certain plate is its
own trip.

A case is named after the first of its sightings that was *seen*. Where a late sighting joins cases the smallest id
stays.
"""

from __future__ import annotations

import bisect
import enum
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dispatch.offenders import CONFIRMED_REPEATS, SUSPECTED_REPEATS, History, colours_agree
from wim.records import HOUR_NS, UNKNOWN_COLOUR

#: Sightings of one plate further apart are two journeys (dispatch.md §1, policy): a loaded truck rarely rests longer.
TRIP_GAP_NS = 4 * HOUR_NS

#: Nobody reaches a truck that was last seen longer ago than this (dispatch.md §1, policy).
REACH_HORIZON_NS = 15 * 60 * 10**9

#: The plate-read rate of a lane is taken over this time before a violation (dispatch.md §1).
PLATE_READ_WINDOW_NS = 2 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Sighting:
    """One crossing as far as trips need it; `certain` as `dispatch.offenders.plate_is_certain` says."""

    passage: str
    time_ns: int
    plate: str = ""
    colour: int = UNKNOWN_COLOUR
    certain: bool = False
    site: str = ""


#: Whether one vehicle can have been at both; it must not matter which of them is given first.
Feasible = Callable[[Sighting, Sighting], bool]


def anywhere(one: Sighting, other: Sighting) -> bool:
    """Nobody knows the roads between them."""
    return True


@dataclass(frozen=True, slots=True)
class Joined:
    """Where sightings went: the case of each that arrived, the cases that are new, what became of merged ones."""

    case_of: dict[str, str]
    opened: tuple[str, ...]
    merged: dict[str, str]


def case_id(first: Sighting, left: str = "") -> str:
    """The name of the case that a sighting opens: 16 hex digits from its passage id.

    The plate is not in it: whoever knows the passage could find the plate by trying all of them, even after its time is
    over. Where another plate is read from a crossing it leaves a case that may bear its name (`left`), for another.
    """
    return hashlib.blake2b(f"{left}/{first.passage}".encode(), digest_size=8).hexdigest()


def join(
    arrived: Iterable[Sighting],
    known: Iterable[tuple[Sighting, str]] = (),
    gap_ns: int = TRIP_GAP_NS,
    feasible: Feasible = anywhere,
) -> Joined:
    """Put sightings, in order of arrival, into cases.

    `known` are sightings with their case that are already kept: at least every one that has the plate of an arrival and
    lies within `gap_ns` of it, and every one that arrives again. More does no harm. A sighting that arrives again stays
    in its case, unless another plate is read from it now; arriving twice changes nothing.
    """
    book = _Book(gap_ns, feasible)
    for sighting, case in known:
        book.keep(sighting, case)
    case_of = {sighting.passage: book.place(sighting) for sighting in arrived}
    return Joined(
        {passage: book.stays(case) for passage, case in case_of.items()},
        tuple(case for case in book.opened if case not in book.merged_into),
        {case: book.stays(case) for case in book.merged_into if case not in book.opened},
    )


@dataclass(slots=True)
class _Book:
    """The sightings of one `join`: by plate in order of time, and by passage; not for two threads."""

    gap_ns: int
    feasible: Feasible
    by_plate: dict[str, list[tuple[int, str, Sighting, str]]] = field(default_factory=dict)
    by_passage: dict[str, tuple[Sighting, str]] = field(default_factory=dict)
    merged_into: dict[str, str] = field(default_factory=dict)
    opened: dict[str, None] = field(default_factory=dict)

    def keep(self, sighting: Sighting, case: str) -> None:
        self.by_passage[sighting.passage] = (sighting, case)
        if sighting.certain:
            entry = (sighting.time_ns, sighting.passage, sighting, case)
            bisect.insort(self.by_plate.setdefault(sighting.plate, []), entry, key=_order)

    def place(self, sighting: Sighting) -> str:
        before = self.by_passage.get(sighting.passage)
        if before and before[0] == sighting:
            return before[1]
        linked = self._linked(sighting)
        if before and _same_vehicle(before[0], sighting):
            linked.add(self.stays(before[1]))
        case = min(linked, default="") or self._open(sighting, before[1] if before else "")
        self.merged_into.update({other: case for other in linked if other != case})
        self.keep(sighting, case)
        return case

    def stays(self, case: str) -> str:
        while case in self.merged_into:
            case = self.merged_into[case]
        return case

    def _linked(self, sighting: Sighting) -> set[str]:
        row = self.by_plate.get(sighting.plate, []) if sighting.certain else []
        first = bisect.bisect_left(row, sighting.time_ns - self.gap_ns, key=_time_ns)
        beyond = bisect.bisect_right(row, sighting.time_ns + self.gap_ns, key=_time_ns)
        return {
            self.stays(case)
            for _, _, other, case in row[first:beyond]
            if colours_agree(other.colour, sighting.colour) and self.feasible(other, sighting)
        }

    def _open(self, sighting: Sighting, left: str) -> str:
        case = case_id(sighting, left)
        self.opened[case] = None
        return case


def _time_ns(entry: tuple[int, str, Sighting, str]) -> int:
    return entry[0]


def _order(entry: tuple[int, str, Sighting, str]) -> tuple[int, str]:
    return entry[0], entry[1]


def _same_vehicle(one: Sighting, other: Sighting) -> bool:
    if not (one.certain and other.certain):
        return one.certain == other.certain
    return one.plate == other.plate and colours_agree(one.colour, other.colour)


class Reason(enum.StrEnum):
    """Why a violation opens an intercept, in the order in which a squad reads them."""

    HUNDRED_TONNE = "hundred_tonne"
    REPEAT_CONFIRMED = "repeat_confirmed"
    REPEAT_SUSPECTED = "repeat_suspected"
    SEVERITY = "severity"
    NO_PLATE = "no_plate"
    CLONED_PLATE = "cloned_plate"
    WATCH_LIST = "watch_list"


@dataclass(frozen=True, slots=True)
class PlateReads:
    """How many of a lane's passages in the last 2 h (`PLATE_READ_WINDOW_NS`) had a plate."""

    read: int
    passages: int

    def camera_works(self, percent: int) -> bool:
        """Whether at least `percent` were read; a lane that nothing is known of has no camera to trust."""
        return self.passages > 0 and self.read * 100 >= self.passages * percent


@dataclass(frozen=True, slots=True)
class Opening:
    """The policy numbers that decide what opens an intercept, with the values of dispatch.md §1 and decision.md §8."""

    severity_from: int = 4
    #: From here on a truck without a plate is worth a squad even though the lane's camera may be at fault.
    blind_severity_from: int = 5
    plate_read_percent: int = 50
    confirmed_from: int = CONFIRMED_REPEATS
    suspected_from: int = SUSPECTED_REPEATS


@dataclass(frozen=True, slots=True)
class Charge:
    """What of a violation decides whether it opens an intercept."""

    intercept_zone: bool
    hundred_tonne: bool
    severity: int
    #: A plate was read, certain or not (the passage has no NO_PLATE flag).
    plate_read: bool
    #: The certain plate is on a watch list at the time of the crossing.
    watched: bool = False
    #: Grade count: good enough for statistics only.
    count_grade: bool = False
    #: The plate is likelier on two vehicles than on one (`dispatch.cloned`).
    cloned: bool = False

    @property
    def unverified(self) -> bool:
        """A 百噸王 of grade count goes out, but a person looks at picture and signal first (decision.md §6)."""
        return self.hundred_tonne and self.count_grade


def opening_reasons(charge: Charge, history: History, reads: PlateReads, policy: Opening) -> tuple[Reason, ...]:
    """Why this violation opens an intercept, in the order of `Reason`; empty when it does not.

    `history` is that of a certain plate, empty for any other. A missing plate is a reason only while the lane's camera
    reads plates: where it does not, only a 百噸王 or an extreme overload is worth a squad that must search without one.
    """
    if not charge.intercept_zone:
        return ()
    blind = not charge.plate_read and not reads.camera_works(policy.plate_read_percent)
    found = {
        Reason.HUNDRED_TONNE: charge.hundred_tonne,
        Reason.REPEAT_CONFIRMED: history.confirmed_365d >= policy.confirmed_from,
        Reason.REPEAT_SUSPECTED: history.suspected_365d >= policy.suspected_from,
        Reason.SEVERITY: charge.severity >= (policy.blind_severity_from if blind else policy.severity_from),
        Reason.NO_PLATE: not charge.plate_read and not blind,
        Reason.CLONED_PLATE: charge.cloned,
        Reason.WATCH_LIST: charge.watched,
    }
    return tuple(reason for reason, given in found.items() if given)


def is_late(newest_ns: int, now_ns: int, horizon_ns: int = REACH_HORIZON_NS) -> bool:
    """Whether a case was last seen too long ago for anybody to reach the truck."""
    return newest_ns < now_ns - horizon_ns
