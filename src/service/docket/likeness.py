"""Vehicles without a certain plate that probably are one that another site saw: said, and never one trip.

`dispatch.fingerprint` compares axles; here the crossings that it compares are found. What a site's own vehicles look
like is taken from its newest violations, for those are the vehicles that a violation may be mistaken for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from dispatch.fingerprint import LONGEST_NS, Candidate, Crossing, Population, probable_match
from service import messages
from service.docket.arrivals import Arrival
from service.docket.cloning import road_km
from service.docket.drafting import axles_doubtful
from service.docket.terms import Terms
from service.store import resemblances, sightings, violations
from service.store.violations import ViolationRow, Wanted

#: Violations of a site that tell what is usual there: more would cost more than 10 ms of the transaction.
_KNOWN = 400

#: Crossings without a certain plate in four hours that are compared; a province has some hundred.
_MOST_CANDIDATES = 500


class _Told(msgspec.Struct):
    """What of a violation's document the fingerprint needs."""

    passage: messages.Passage


_TOLD = msgspec.json.Decoder(_Told)


def likely(conn: Connection, grave: Sequence[Arrival], terms: Terms) -> dict[str, messages.Probable]:
    """The earlier crossing that each of these probably is, by passage; of those without a certain plate, and of none
    that a person told apart."""
    unnamed = [arrival for arrival in grave if not arrival.sighting.certain]
    links = resemblances.of_passages(conn, (arrival.message.id for arrival in unnamed))
    parted = {passage for passage, link in links.items() if link.apart_ns is not None}
    unnamed = [arrival for arrival in unnamed if arrival.message.id not in parted]
    if not unnamed:
        return {}
    times = [arrival.sighting.time_ns for arrival in unnamed]
    earlier = violations.unnamed(conn, min(times) - LONGEST_NS, max(times), _MOST_CANDIDATES)
    vehicles = _vehicles(conn, earlier)
    known: dict[str, list[Crossing]] = {}
    found: dict[str, messages.Probable] = {}
    for arrival in unnamed:
        site, seen = arrival.passage.site, _of(arrival)
        if site not in known:
            known[site] = _known(conn, site)
        # It is kept already, and must not speak for itself.
        others = Population.of([one for one in known[site] if one.passage != seen.passage], len(seen.axles_kg))
        match = probable_match(seen, _candidates(arrival, earlier, vehicles, terms), others)
        if match is not None:
            case = sightings.case_of(conn, match.earlier)
            found[match.passage] = messages.Probable(passage=match.earlier, case=case, score=round(match.score, 4))
    return found


def _known(conn: Connection, site: str) -> list[Crossing]:
    return [_crossing(row) for row in violations.page(conn, None, Wanted(site=site), None, _KNOWN)]


def _vehicles(conn: Connection, rows: Iterable[ViolationRow]) -> dict[str, str]:
    """The intercept of each crossing that was taken for another one, or another one for it, by passage."""
    links = [one for one in resemblances.of_passages(conn, (row.id for row in rows)).values() if one.apart_ns is None]
    return {passage: one.intercept for one in links for passage in (one.passage, one.earlier)}


def _candidates(
    arrival: Arrival, earlier: Iterable[ViolationRow], vehicles: Mapping[str, str], terms: Terms
) -> list[Candidate]:
    """One crossing of each vehicle, its newest: two of one would each deny that it is the other."""
    newest: dict[str, ViolationRow] = {}
    for row in sorted(earlier, key=lambda row: (row.time_ns, row.id)):
        if row.time_ns < arrival.sighting.time_ns and row.site != arrival.passage.site:
            newest[vehicles.get(row.id, row.id)] = row
    return [Candidate(_crossing(row), road_km(row.site, arrival.passage.site, terms)) for row in newest.values()]


def _of(arrival: Arrival) -> Crossing:
    return _made(arrival.passage, arrival.sighting.time_ns, arrival.sighting.certain)


def _crossing(row: ViolationRow) -> Crossing:
    return _made(_TOLD.decode(row.document).passage, row.time_ns, row.plate_certain)


def _made(passage: messages.Passage, time_ns: int, certain: bool) -> Crossing:
    axles = [] if axles_doubtful(passage) else passage.axles
    return Crossing(
        passage=passage.id,
        site=passage.site,
        time_ns=time_ns,
        spacings_mm=tuple(axle.spacing_mm for axle in axles if axle.spacing_mm is not None),
        axles_kg=tuple(axle.left_kg + axle.right_kg for axle in axles),
        gross_sigma=passage.gross_sigma,
        certain=certain,
    )
