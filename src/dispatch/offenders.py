"""Who has done it before: the identity behind a plate, and what its earlier trips count for.

A count is always of *trips*, never of violations: a truck that passes three sites in one night did it once. The
crossing that is judged, with every other crossing of its own trip, counts for nothing. Two windows end at the crossing,
both by event time:

=========  ===============================================  ================================================
window     from … to                                        used for
=========  ===============================================  ================================================
legal      (same date and time one calendar year earlier,   `decided`: more than 3 in one year (條例 Art. 66)
           now], at the site's own clock
dispatch   [now - 365 * 86 400 s, now]                      `confirmed`, `suspected`: whom to stop first
=========  ===============================================  ================================================
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from wim.records import DAY_NS, UNKNOWN_COLOUR

#: A read at or above this confidence is the plate (decision.md §8); a region's policy may say another.
CERTAIN_CONFIDENCE = 80

#: Confidence of a unit that does not say: its reads are taken as they are (decision.md §8).
CONFIDENCE_UNSAID = 0

#: Five characters or fewer are no plate (contracts.md §3, NO_PLATE): the shortest civil plate has seven.
SHORTEST_PLATE = 6

#: "More than 3 in one year" (條例 Art. 66): this one decided, and at least three before it.
LEGAL_REPEATS_BEFORE = 3

#: Dispatch repeat (decision.md §8, policy): one confirmed trip, or three suspected ones.
CONFIRMED_REPEATS, SUSPECTED_REPEATS = 1, 3

#: A carrier is over when more than this share of its known fleet was decided in one year (條例 Art. 66).
CARRIER_PERCENT = 10

#: The dispatch window is a length, not a calendar year, so that it can be indexed (decision.md §8).
DISPATCH_WINDOW_NS = 365 * DAY_NS


@dataclass(frozen=True, slots=True)
class Identity:
    """A plate with its colour (`wim.records.UNKNOWN_COLOUR` where no camera could tell)."""

    plate: str
    colour: int = UNKNOWN_COLOUR

    def matches(self, other: Identity) -> bool:
        """Whether both can be the same vehicle: one plate, and one colour where both colours are known."""
        return self.plate == other.plate and colours_agree(self.colour, other.colour)


@dataclass(frozen=True, slots=True)
class Offence:
    """What one crossing of an earlier trip counts for; `trip` is the id of its case."""

    trip: str
    identity: Identity
    time_ns: int
    decided: bool = False
    confirmed: bool = False
    suspected: bool = False
    simulated: bool = False
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Earlier trips of one identity as seen from one crossing; `last_ns` is the newest of them in either window."""

    decided_1y: int = 0
    confirmed_365d: int = 0
    suspected_365d: int = 0
    last_ns: int | None = None

    def dispatch_repeat(self, confirmed_from: int = CONFIRMED_REPEATS, suspected_from: int = SUSPECTED_REPEATS) -> bool:
        """Whether the vehicle is one to stop first: confirmed once, or suspected often enough."""
        return self.confirmed_365d >= confirmed_from or self.suspected_365d >= suspected_from

    def legal_repeat(self, this_decided: bool) -> bool:
        """Whether this trip, once decided, is the one too many of 條例 Art. 66."""
        return this_decided and self.decided_1y >= LEGAL_REPEATS_BEFORE


@dataclass(frozen=True, slots=True)
class CarrierShare:
    """How much of a carrier's known fleet was decided in one year."""

    fleet: int
    decided: int

    @property
    def over(self) -> bool:
        """More than 10 % of the fleet, compared in integers; a carrier without a known fleet is never over."""
        return self.decided * 100 > self.fleet * CARRIER_PERCENT


def colours_agree(one: int, other: int) -> bool:
    """Whether two plate colours can be of one plate: equal, or one of them unknown."""
    return one == other or UNKNOWN_COLOUR in (one, other)


def plate_is_certain(plate: str, confidence: int, certain_from: int = CERTAIN_CONFIDENCE) -> bool:
    """Whether a read names the vehicle: a whole plate at sufficient confidence, or from a unit that gives none."""
    return len(plate) >= SHORTEST_PLATE and (confidence == CONFIDENCE_UNSAID or confidence >= certain_from)


def one_year_before(now_ns: int, zone: ZoneInfo) -> int:
    """The same date and time of day one calendar year earlier at the site's clock, in ns.

    29 February goes back to 28 February: where a month has no such day its last day stands for it (as 民法典 Art. 202
    counts periods, not verified). A time of day that the clock skipped or ran twice is read as the first of the two.
    """
    seconds, rest_ns = divmod(now_ns, 10**9)
    local = datetime.datetime.fromtimestamp(seconds, zone)
    day = min(local.day, 28) if local.month == 2 else local.day
    earlier = local.replace(year=local.year - 1, day=day, fold=0)
    return int(earlier.timestamp()) * 10**9 + rest_ns


def count_trips(
    offences: Iterable[Offence],
    identity: Identity,
    trip: str,
    now_ns: int,
    zone: ZoneInfo,
    simulated_counts: bool = False,
    window_ns: int = DISPATCH_WINDOW_NS,
) -> History:
    """What the identity's other trips count for at a crossing of `trip` at `now_ns`.

    `offences` may hold more than is asked for: other plates, other colours, this very trip, later crossings, excluded
    ones and (without the policy `simulated_counts`) simulated ones are left out here, so an exclusion is undone by
    clearing its mark.
    """
    legal_from_ns, dispatch_from_ns = one_year_before(now_ns, zone), now_ns - window_ns
    decided: set[str] = set()
    confirmed: set[str] = set()
    suspected: set[str] = set()
    last_ns: int | None = None
    for offence in offences:
        if not _counts(offence, identity, trip, now_ns, simulated_counts):
            continue
        in_year, in_window = offence.time_ns > legal_from_ns, offence.time_ns >= dispatch_from_ns
        if offence.decided and in_year:
            decided.add(offence.trip)
        if (offence.decided or offence.confirmed) and in_window:
            confirmed.add(offence.trip)
        if offence.suspected and in_window:
            suspected.add(offence.trip)
        if in_year or in_window:
            last_ns = offence.time_ns if last_ns is None else max(last_ns, offence.time_ns)
    return History(len(decided), len(confirmed), len(suspected), last_ns)


def carrier_share(
    fleet: Iterable[Identity],
    offences: Mapping[str, Iterable[Offence]],
    now_ns: int,
    zone: ZoneInfo,
    simulated_counts: bool = False,
) -> CarrierShare:
    """How many of a carrier's vehicles have a decided trip in the year up to `now_ns`; `offences` by plate."""
    vehicles = set(fleet)
    decided = [
        vehicle
        for vehicle in vehicles
        if count_trips(offences.get(vehicle.plate, ()), vehicle, "", now_ns, zone, simulated_counts).decided_1y
    ]
    return CarrierShare(len(vehicles), len(decided))


def _counts(offence: Offence, identity: Identity, trip: str, now_ns: int, simulated_counts: bool) -> bool:
    return (
        not offence.excluded
        and (simulated_counts or not offence.simulated)
        and (offence.decided or offence.confirmed or offence.suspected)
        and offence.trip != trip
        and offence.time_ns <= now_ns
        and offence.identity.matches(identity)
    )
