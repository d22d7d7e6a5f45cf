"""Cloned plates (套牌): each grave crossing of a certain plate against the other crossings of that plate.

`dispatch.cloned` scores; here the crossings are found, and the roads between their sites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from dispatch.cases import Sighting
from dispatch.cloned import TOP_KMH, TOP_SPREAD_KMH, Cloned, Elsewhere, PlateSeen, cloned, needed_kmh
from service import messages
from service.docket.arrivals import Arrival
from service.docket.drafting import seen_of
from service.docket.terms import Terms
from service.store import sightings
from service.store.sightings import SightingRow
from wim.records import DAY_NS, Flag

#: How far back a plate's own axles are looked for: as long as plates of passages without violation are kept.
_LOOK_BACK_NS = 30 * DAY_NS

#: Of one plate; a truck that passes more often shows itself well enough by its newest crossings.
_MOST_CROSSINGS = 50

#: Nobody averages more: where it would be needed two crossings are of two vehicles, whatever their plate.
_IMPOSSIBLE_KMH = TOP_KMH + 4 * TOP_SPREAD_KMH

_SEEN = msgspec.json.Decoder(messages.Seen)
_FREE_CLOCK = Flag.CLOCK_UNLOCKED.name


def scores(conn: Connection, grave: Sequence[Arrival], terms: Terms) -> dict[str, Cloned]:
    """The score of each grave crossing of a certain plate, by passage."""
    named = [arrival for arrival in grave if arrival.sighting.certain]
    if not named:
        return {}
    times = [arrival.sighting.time_ns for arrival in named]
    plates = {arrival.sighting.plate for arrival in named}
    # This batch's own crossings are kept already, so two that arrived together see each other.
    others = sightings.of_plates(conn, plates, min(times) - _LOOK_BACK_NS, max(times) + terms.trip_gap_ns)
    return {arrival.message.id: _score(arrival, others[arrival.sighting.plate], terms) for arrival in named}


def _score(arrival: Arrival, rows: Sequence[SightingRow], terms: Terms) -> Cloned:
    here = _seen(seen_of(arrival), arrival.sighting.time_ns, arrival.passage.flags)
    others = [row for row in rows if row.id != arrival.message.id][-_MOST_CROSSINGS:]
    return cloned(
        here,
        [
            Elsewhere(
                _seen(_SEEN.decode(row.document), row.time_ns, ()), road_km(arrival.passage.site, row.site, terms)
            )
            for row in others
        ],
    )


def _seen(told: messages.Seen, time_ns: int, flags: Sequence[str]) -> PlateSeen:
    return PlateSeen(told.passage, time_ns, tuple(told.spacings_mm), _FREE_CLOCK not in flags)


def road_km(one: str, other: str, terms: Terms) -> float | None:
    """How far it is by road from one site to another; None where nobody knows."""
    return terms.site_distances.get((one, other))


def feasible(one: Sighting, other: Sighting, distances: Mapping[tuple[str, str], float]) -> bool:
    """Whether one vehicle can have been at both, as far as the roads between them are known."""
    elsewhere = Elsewhere(PlateSeen(other.passage, other.time_ns), distances.get((one.site, other.site)))
    kmh = needed_kmh(PlateSeen(one.passage, one.time_ns), elsewhere)
    return kmh is None or kmh <= _IMPOSSIBLE_KMH
