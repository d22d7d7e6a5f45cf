"""Guarantees of the crossings of trips: a late one finds its trip, whatever came in between."""

from __future__ import annotations

import random

from dispatch.cases import Sighting, join
from service.store import sightings
from service.store.engine import Store
from tests.service.store.rows import sighting

GAP_NS = 4 * 3_600 * 10**9


def test_known_crossings_suffice_to_join_trips(store: Store) -> None:
    """Joining against what the store finds gives the cases that joining against everything gives."""
    draw = random.Random(4)
    arrivals = [
        Sighting(f"{number:016x}", draw.randrange(40) * GAP_NS // 3, draw.choice(("苏A12345", "苏B99999")), 1, True)
        for number in range(60)
    ]
    everything: list[tuple[Sighting, str]] = []
    for start in range(0, len(arrivals), 5):
        batch = arrivals[start : start + 5]
        with store.writing() as conn:
            joined = join(batch, sightings.known_for(conn, batch, GAP_NS), GAP_NS)
            assert joined == join(batch, everything, GAP_NS)
            rows = [
                sighting(0, id=one.passage, case_id=joined.case_of[one.passage], time_ns=one.time_ns, plate=one.plate)
                for one in batch
            ]
            sightings.keep(conn, rows)
            sightings.move(conn, joined.merged)
        everything = [(one, joined.merged.get(case, case)) for one, case in everything]
        everything += [(one, joined.case_of[one.passage]) for one in batch]


def test_arrival_that_was_kept_before_is_known_without_a_certain_plate(store: Store) -> None:
    """A crossing that is delivered again is found by its id, and an uncertain plate finds no other."""
    again = Sighting(sighting(1).id, 10**9, "苏A12345", 1, False, "G104-K012")
    with store.writing() as conn:
        sightings.keep(conn, [sighting(1, plate_certain=False), sighting(2, plate_certain=False)])
        assert sightings.known_for(conn, [again], GAP_NS) == [(again, "case-1")]
        assert sightings.known_for(conn, [], GAP_NS) == []


def test_crossings_follow_their_case(store: Store) -> None:
    """The crossings of a merged case are those of the case that stays, in the order of time."""
    with store.writing() as conn:
        sightings.keep(conn, [sighting(3), sighting(1, case_id="case-2"), sighting(2, case_id="case-3")])
        sightings.move(conn, {"case-2": "case-1"})
        assert sightings.of_case(conn, "case-1") == [sighting(1), sighting(3)]
        assert sightings.of_case(conn, "case-2") == []
        assert sightings.of_case(conn, "case-3") == [sighting(2, case_id="case-3")]


def test_crossing_that_comes_again_is_kept_once(store: Store) -> None:
    """Kept again, alone or twice in one batch, a crossing is one, with its newest content."""
    with store.writing() as conn:
        sightings.keep(conn, [sighting(1), sighting(1, violation=True)])
        sightings.keep(conn, [sighting(1, violation=True, document="{}")])
        assert sightings.of_case(conn, "case-1") == [sighting(1, violation=True, document="{}")]
