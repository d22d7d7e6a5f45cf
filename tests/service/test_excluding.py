"""A violation out of all figures, and back in to the very same ones, whatever a downgrade does meanwhile."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.offenders import History, Identity, count_trips
from service import excluding
from service.docket import rows
from service.store import exclusions, outcomes, violations, weighings
from service.store.engine import Store
from service.store.exclusions import Exclusion
from service.store.weighings import WeighingRow
from tests.rules.worlds import START_NS, network
from tests.service.watch.site import SECOND_NS, Road
from wim.periods import DEFAULT_TIMEZONE
from wim.records import DAY_NS, HOUR_NS, Flag, Grade

NETWORK = network()


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


def exclude(road: Road, number: int, at_ns: int = 1) -> Exclusion:
    """Take the violation of that sequence out."""
    with road.store.writing() as conn:
        (row,) = violations.load(conn, [road.violations()[number].id])
        one = Exclusion(
            exclusions.identity(row.id, len(exclusions.of_violation(conn, row.id))),
            1,
            row.id,
            row.corridor,
            row.site,
            row.lane,
            row.time_ns,
            row.severity,
            "lost_appeal",
            "the court said so",
            at_ns,
            "chen",
            "road",
        )
        exclusions.lock(conn)
        return excluding.exclude(conn, one, row, NETWORK, road.now_ns)


def restore(road: Road, one: Exclusion) -> None:
    """Put it back."""
    with road.store.writing() as conn:
        exclusions.lock(conn)
        gone = one._replace(version=2, restored_ns=2, restored_by="chen", restored_reason="the higher court did not")
        excluding.restore(conn, gone, road.now_ns)


COUNTED = ("passages", "trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne", "bands", "excluded", "net")


def figures(road: Road) -> dict[str, Any]:
    """What of the corridor's figures counts trucks."""
    return {name: road.rates()[name] for name in COUNTED}


def test_an_excluded_truck_is_no_overload_and_not_in_net(road: Road) -> None:
    """It stays a truck, is over nothing, and net says who left it out."""
    road.cross(60_000, 40_000)
    before = figures(road)
    assert (before["over_beyond_tolerance"], before["net"]["over_beyond_tolerance"]) == (1, 1)
    exclude(road, 0)
    after = figures(road)
    assert (after["trucks"], after["over_nominal"], after["over_beyond_tolerance"]) == (2, 0, 0)
    assert after["excluded"] == {"BY_PERSON": 1}
    assert sum(after["bands"].values()) == 0
    assert (after["net"]["trucks"], after["net"]["over_beyond_tolerance"]) == (1, 0)


@pytest.mark.parametrize("seen", [True, False])
def test_restoring_gives_the_very_same_figures(road: Road, seen: bool) -> None:
    """Whether the watch knew the truck by then or not."""
    road.cross(60_000, 61_000, 106_000, 40_000)
    if seen:
        road.turn()
    before = road.rates()
    taken = [exclude(road, number) for number in (0, 2)]
    assert road.rates() != before
    for one in taken:
        restore(road, one)
    assert road.rates() == before


def test_a_reason_that_net_had_before_comes_back(road: Road) -> None:
    """A truck that net left out already is under its own reason again."""
    road.cross(106_000, flags=int(Flag.STOPPED))
    before = figures(road)
    assert before["excluded"] == {"STOPPED": 1}
    taken = exclude(road, 0)
    assert figures(road)["excluded"] == {"BY_PERSON": 1}
    restore(road, taken)
    assert figures(road) == before


@pytest.mark.parametrize("seed", range(6))
def test_no_order_of_exclusions_and_downgrades_leaves_a_trace(road: Road, seed: int) -> None:
    """Exclusions, restores, downgrades and turns of the watch in any order: once all are restored, the figures are
    those of the downgrades alone."""
    chance = random.Random(seed)
    road.cross(*[60_000 + 500 * number for number in range(8)])
    raw = figures(road)
    taken: dict[int, Exclusion] = {}
    from_ns = START_NS + chance.randrange(0, 8) * 10 * SECOND_NS
    steps = ["exclude", "restore", "turn"] * 8 + ["downgrade"]
    chance.shuffle(steps)
    for at_ns, step in enumerate(steps, 1):
        number = chance.randrange(8)
        if step == "exclude" and number not in taken:
            taken[number] = exclude(road, number, at_ns)
        elif step == "restore" and number in taken:
            restore(road, taken.pop(number))
        elif step == "downgrade":
            road.downgrade(from_ns)
        elif step == "turn":
            road.turn()
        now = figures(road)
        assert now["trucks"] == 8
        assert now["trucks"] == now["net"]["trucks"] + sum(now["excluded"].values())
        assert now["over_nominal"] == 8 - len(taken)
        assert now["excluded"].get("BY_PERSON", 0) == len(taken)
    road.turn()
    for one in taken.values():
        restore(road, one)
    doubted = sum(START_NS + number * 10 * SECOND_NS >= from_ns for number in range(8))
    now = figures(road)
    assert {name: now[name] for name in COUNTED[:-2]} == {name: raw[name] for name in COUNTED[:-2]}
    assert now["excluded"] == {"SITE_DOUBTED": doubted}
    assert (now["net"]["trucks"], now["net"]["over_beyond_tolerance"]) == (8 - doubted, 8 - doubted)


def test_a_second_downgrade_takes_a_restored_truck_out_only_once(road: Road) -> None:
    """The watch is told that the truck is out of net already."""
    road.cross(60_000, 61_000)
    road.turn()
    taken = exclude(road, 0)
    road.downgrade(START_NS)
    road.turn()
    restore(road, taken)
    road.downgrade(START_NS, source="drift", grade=Grade.COUNT)
    road.turn()
    assert figures(road)["excluded"] == {"SITE_DOUBTED": 2}
    assert figures(road)["net"]["trucks"] == 0


def history_of(road: Road, plate: str) -> History:
    with road.store.reading() as conn:
        offences = outcomes.history(conn, [plate], 0, START_NS + DAY_NS)[plate]
    return count_trips(offences, Identity(plate), "another", START_NS + DAY_NS, ZoneInfo(DEFAULT_TIMEZONE))


def test_history_and_precision_leave_it_out_and_take_it_back(road: Road) -> None:
    """The crossing, the verdict that rests on it, and what the scale said."""
    road.cross(106_000)
    (intercept,) = road.intercepts()
    with road.store.writing() as conn:
        verdict = rows.verdict_row(intercept, confirmed=True, decided=True)
        outcomes.keep(conn, [verdict._replace(plate="苏A00000")])
        weighings.keep(
            conn, WeighingRow(intercept.id, "G104", "K012", 1, START_NS, 60_000, 59_000, 0.02, 0.99, True, False)
        )
    before = history_of(road, "苏A00000")
    assert (before.decided_1y, before.confirmed_365d) == (1, 1)
    taken = exclude(road, 0)
    assert history_of(road, "苏A00000") == History()
    with road.store.reading() as conn:
        assert weighings.between(conn, 0, START_NS + HOUR_NS) == []
        assert violations.excluded(conn, [taken.violation]) == {taken.violation: taken.id}
    restore(road, taken)
    assert history_of(road, "苏A00000") == before
    with road.store.reading() as conn:
        assert len(weighings.between(conn, 0, START_NS + HOUR_NS)) == 1
        assert violations.excluded(conn, [taken.violation]) == {}


def test_an_excluded_violation_stays_so_when_it_is_judged_anew(road: Road) -> None:
    """A downgrade tells the violation under its next version; it stays out of all figures."""
    road.cross(60_000)
    taken = exclude(road, 0)
    road.downgrade(START_NS)
    assert len(road.turn()) == 1
    with road.store.reading() as conn:
        assert violations.excluded(conn, [taken.violation]) == {taken.violation: taken.id}
    assert figures(road)["excluded"] == {"BY_PERSON": 1}
