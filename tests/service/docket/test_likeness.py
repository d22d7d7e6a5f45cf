"""Plateless vehicles that probably were seen before: said with a score, and both stay what they are."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest

from service.docket.terms import Terms
from service.registry import parse_registry
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_cloning import ROADS
from tests.service.told import MINUTE_NS

HERE, THERE = "G104-K012", "G104-K100"


@pytest.fixture
def desk(store: Store) -> Desk:
    """The far site knows sixty other vehicles of three axles."""
    registry = parse_registry(tomllib.loads(ROADS), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    desk.file(*known(desk))
    return desk


def known(desk: Desk) -> list[bytes]:
    """Sixty other vehicles, hours ago."""
    random = np.random.default_rng(7)
    usual = []
    for number in range(60):
        spacings = random.uniform(3_000, 6_000), random.uniform(1_200, 1_500)
        plate = f"苏A{number:05d}"
        loads = random.uniform(4_000, 9_000, 3)
        usual.append(seen(desk, THERE, -600, spacings, loads, passage_plate=plate, severity=3))
    return usual


def seen(desk: Desk, site: str, minutes: int, spacings: Any, loads: Any, **changed: Any) -> bytes:
    """A crossing with these axles, by default without a plate."""
    side = np.zeros(16, np.uint16)
    side[:3] = np.asarray(loads) / 2
    gaps = np.zeros(15, np.uint16)
    gaps[:2] = spacings
    fields = {"passage_plate": "", **changed, "passage_site": site}
    chainage = 12.4 if site == HERE else 100.0
    return desk.violation(
        minutes * MINUTE_NS,
        passage_left_kg=side,
        passage_right_kg=side,
        passage_spacing_mm=gaps,
        passage_gross_kg=int(2 * side.sum()),
        corridor="G104",
        chainage_km=chainage,
        **fields,
    )


RARE = (8_310, 2_060), (14_800, 15_600, 9_200)


def test_a_rare_vehicle_is_known_again_and_stays_a_trip_of_its_own(desk: Desk) -> None:
    """An hour and a half and 87.6 km later with the same axles: probably the one of before, with its case."""
    desk.file(seen(desk, HERE, 0, *RARE))
    first = next(told for told in desk.intercepts() if not told.plate)
    desk.now_ns += 90 * MINUTE_NS
    desk.file(seen(desk, THERE, 90, (8_330, 2_055), (15_100, 15_200, 9_300)))
    second = max(desk.intercepts(), key=lambda told: told.time)
    assert second.probable is not None
    assert (second.probable.passage, second.probable.case) == (first.best.id, first.case)
    assert second.probable.score >= 0.999
    assert second.case != first.case


def test_another_vehicle_is_not_taken_for_it(desk: Desk) -> None:
    """Two metres more between the axles is another truck; so is one that would have had to fly."""
    desk.file(seen(desk, HERE, 0, *RARE))
    desk.now_ns += 90 * MINUTE_NS
    desk.file(seen(desk, THERE, 90, (6_300, 2_060), (14_800, 15_600, 9_200)))
    desk.file(seen(desk, THERE, 20, *RARE))
    assert [told.probable for told in desk.intercepts()] == [None] * len(desk.intercepts())
