"""Who can catch a truck, who is asked, and why nobody else was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.arrivals import Truck
from dispatch.network import Squad, SquadSection, StopPoint
from dispatch.reach import Alert, Choice, Ground, Reach, SquadNow, Tier, Verdict, choose
from dispatch.roads import Place, Roads
from wim.records import HOUR_NS, Direction
from wim.sites import Junction, JunctionPoint

SECOND_NS = 10**9
NOW_NS = 1_780_000_000 * SECOND_NS
ROADS = Roads(
    {"G104": 60.0, "S340": 25.0, "island": None},
    (Junction("G104-S340", (JunctionPoint("G104", 40.0), JunctionPoint("S340", 3.0))),),
)
POINTS = {
    "yard": StopPoint("yard", "G104", 21.0, Direction.UP, static_scale=True, capacity=2),
    "lay-by": StopPoint("lay-by", "G104", 30.0, Direction.UP),
    "spur": StopPoint("spur", "S340", 5.0, Direction.UP),
    "island": StopPoint("island", "island", 1.0, Direction.UP),
}
GROUND = Ground(ROADS, POINTS)
TRUCK = Truck(Place("G104", 12.0), Direction.UP, NOW_NS, 60.0, 0.99)


def squad(name: str = "one", agency: str = "road", corridor: str = "G104", base: str = "yard", **more: int) -> Squad:
    """A squad that serves one corridor whole."""
    return Squad(name, agency, (SquadSection(corridor, 0.0, 60.0),), base, "Asia/Shanghai", **more)


def verdicts(choice: Choice) -> dict[tuple[str, str | None], Verdict]:
    """What was said of each squad and stop point."""
    return {(found.squad, found.stop_point): found.verdict for found in choice.considered}


def test_a_squad_at_its_yard_is_worked_out_by_hand() -> None:
    """Truck 9 km away: 540 s ± 81 s. Squad there: ready after 120 s, 5.19 σ before it."""
    found = choose(TRUCK, [SquadNow(squad())], GROUND, NOW_NS)
    assert (found.squad, found.tier, found.stop_point) == ("one", Tier.OWN_CORRIDOR, "yard")
    assert (found.truck_eta_ns, found.squad_eta_ns) == (NOW_NS + 540 * SECOND_NS, NOW_NS + 120 * SECOND_NS)
    assert found.p_catch == pytest.approx(0.99999989, abs=1e-8)


def test_a_squad_on_the_road_needs_its_drive_too() -> None:
    """6 km behind the lay-by: 6 min at 60 km/h, ready after 480 s; the truck comes after 1 080 s ± 162 s."""
    away = SquadNow(squad(), place=Place("G104", 36.0))
    choice = choose(TRUCK, [away], replace(GROUND, stop_points={**POINTS, "yard": POINTS["island"]}), NOW_NS)
    assert (choice.stop_point, choice.squad_eta_ns) == ("lay-by", NOW_NS + 480 * SECOND_NS)
    assert choice.p_catch == pytest.approx(0.99989, abs=1e-5)


def test_a_squad_hears_of_a_truck_later_than_it_was_seen() -> None:
    """Seven minutes after the sighting the truck is two from the yard, as is the squad: a coin's toss."""
    choice = choose(TRUCK, [SquadNow(squad())], GROUND, NOW_NS + 420 * SECOND_NS)
    assert (choice.stop_point, choice.p_catch) == ("yard", 0.5)
    assert choice.squad_eta_ns == choice.truck_eta_ns


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (SquadNow(squad(), on_duty=False), Verdict.OFF_DUTY),
        (SquadNow(squad(), passed=True), Verdict.PASSED),
        (SquadNow(squad(), busy=True), Verdict.BUSY),
        (SquadNow(squad(stops_per_hour=1), alerts=(Alert(NOW_NS - 60, 1.0),)), Verdict.BUDGET),
        (SquadNow(squad(), alerts=(Alert(NOW_NS - 60, 0.8),)), Verdict.PRECISION),
        (SquadNow(squad(corridor="S340", base="spur"), on_duty=True, until_ns=NOW_NS + 1), Verdict.SHIFT_ENDS),
        (SquadNow(squad(corridor="island", base="island")), Verdict.NOT_ITS_SECTION),
        (SquadNow(squad(base="island")), Verdict.NO_ROAD),
        (SquadNow(squad(), place=Place("S340", 25.0)), Verdict.TOO_LATE),
        (SquadNow(squad(), until_ns=NOW_NS + 540 * SECOND_NS), Verdict.SHIFT_ENDS),
    ],
)
def test_what_keeps_a_squad_is_said(now: SquadNow, expected: Verdict) -> None:
    """The one squad there is does not get the truck, the reason is given, and the case is evidence."""
    ground = replace(GROUND, stop_points={name: POINTS[name] for name in ("yard", "spur", "island")})
    choice = choose(TRUCK, [now], ground, NOW_NS)
    assert (choice.squad, choice.tier, choice.p_catch) == (None, Tier.EVIDENCE_ONLY, 0.0)
    assert {found.verdict for found in choice.considered} == {expected}


def test_a_full_stop_point_takes_no_further_truck() -> None:
    """Two trucks in a yard for two send the third to the lay-by."""
    assert choose(TRUCK, [SquadNow(squad())], replace(GROUND, held={"yard": 1}), NOW_NS).stop_point == "yard"
    choice = choose(TRUCK, [SquadNow(squad())], replace(GROUND, held={"yard": 2}), NOW_NS)
    assert choice.stop_point == "lay-by"
    assert verdicts(choice)["one", "yard"] is Verdict.CAPACITY


def test_nothing_ahead_is_another_reason_than_nobody_there() -> None:
    """A truck behind the last stop point is nobody's fault."""
    beyond = replace(TRUCK, place=Place("S340", 6.0))
    choice = choose(beyond, [SquadNow(squad())], GROUND, NOW_NS)
    assert verdicts(choice) == {("one", None): Verdict.NO_STOP_POINT_AHEAD}


def test_a_place_where_the_truck_hardly_comes_is_not_waited_at() -> None:
    """Three ways at the junction: a third is enough, unless policy asks for more."""
    near = SquadNow(squad(corridor="S340", base="spur"))
    assert choose(TRUCK, [near], GROUND, NOW_NS).p_catch == pytest.approx(1 / 3, abs=1e-3)
    choice = choose(TRUCK, [near], GROUND, NOW_NS, Reach(catch_floor=0.4))
    assert verdicts(choice) == {("one", "spur"): Verdict.UNLIKELY}


def test_the_tiers_are_asked_in_order() -> None:
    """Own road, next road, police, nobody: each only when all before it are out of reach."""
    own, over = SquadNow(squad("own")), SquadNow(squad("over", corridor="S340", base="spur"))
    police = SquadNow(squad("police", agency="police"))
    asked = []
    standing = [police, over, own]
    while standing:
        choice = choose(TRUCK, standing, GROUND, NOW_NS)
        asked.append((choice.squad, choice.tier))
        standing = [now for now in standing if now.squad.id != choice.squad]
    assert asked == [("own", Tier.OWN_CORRIDOR), ("over", Tier.NEXT_CORRIDOR), ("police", Tier.POLICE)]
    first = choose(TRUCK, [police, over, own], GROUND, NOW_NS)
    assert verdicts(first) == {
        ("own", "lay-by"): Verdict.LESS_LIKELY,
        ("own", "yard"): Verdict.CHOSEN,
        ("over", "spur"): Verdict.LATER_TIER,
        ("police", "lay-by"): Verdict.LATER_TIER,
        ("police", "yard"): Verdict.LATER_TIER,
    }


def test_of_alike_chances_the_place_with_a_scale_is_taken() -> None:
    """A lay-by that is surer by a tenth of a percent cannot weigh; without any scale the earlier place is taken."""
    between = SquadNow(squad(), place=Place("G104", 24.0))
    choice = choose(TRUCK, [between], GROUND, NOW_NS)
    chances = {found.stop_point: found.p_catch or 0.0 for found in choice.considered}
    assert chances["yard"] + 0.001 < chances["lay-by"]
    assert choice.stop_point == "yard"
    plain = {**POINTS, "yard": replace(POINTS["yard"], static_scale=False)}
    assert choose(TRUCK, [between], replace(GROUND, stop_points=plain), NOW_NS).stop_point == "yard"
    later = {**POINTS, "lay-by": replace(POINTS["lay-by"], static_scale=True), "yard": plain["yard"]}
    assert choose(TRUCK, [between], replace(GROUND, stop_points=later), NOW_NS).stop_point == "lay-by"


def test_an_hour_ago_is_another_hour() -> None:
    """Alerts older than an hour weigh neither on the budget nor on the precision."""
    old = Alert(NOW_NS - HOUR_NS, 0.0)
    assert choose(TRUCK, [SquadNow(squad(stops_per_hour=1), alerts=(old,))], GROUND, NOW_NS).squad == "one"


@pytest.mark.parametrize(("p_over", "asked"), [(0.85, "one"), (0.79, None)])
def test_a_doubtful_truck_is_carried_by_sure_ones(p_over: float, asked: str | None) -> None:
    """The mean of the hour's alerts with this one stays at the floor: (0.95 + 0.85) / 2 = 0.9."""
    now = SquadNow(squad(), alerts=(Alert(NOW_NS - SECOND_NS, 0.95),))
    assert choose(replace(TRUCK, p_over=p_over), [now], GROUND, NOW_NS).squad == asked


squads_now = st.builds(
    SquadNow,
    st.builds(
        squad,
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["road", "police"]),
        st.sampled_from(["G104", "S340"]),
        st.sampled_from(["yard", "spur", "lay-by"]),
    ),
    on_duty=st.booleans(),
    place=st.none() | st.builds(Place, st.sampled_from(["G104", "S340"]), st.floats(0, 60)),
    busy=st.booleans(),
    alerts=st.lists(st.builds(Alert, st.just(NOW_NS), st.floats(0.5, 1)), max_size=5).map(tuple),
)
trucks = st.builds(
    Truck,
    st.builds(Place, st.sampled_from(["G104", "S340"]), st.floats(0, 60)),
    st.sampled_from(Direction),
    st.integers(NOW_NS - 900 * SECOND_NS, NOW_NS),
    st.none() | st.floats(0, 120),
    st.floats(0.95, 1),
)


@given(
    trucks,
    st.lists(squads_now, unique_by=lambda now: now.squad.id).flatmap(
        lambda found: st.tuples(st.just(found), st.permutations(found))
    ),
)
def test_the_choice_does_not_depend_on_the_order_of_squads(
    truck: Truck, orders: tuple[list[SquadNow], list[SquadNow]]
) -> None:
    """The same facts give the same answer, each squad is accounted for, and a chance is between 0 and 1."""
    one, other = (choose(truck, order, GROUND, NOW_NS) for order in orders)
    assert one == other
    assert {found.squad for found in one.considered} == {now.squad.id for now in orders[0]}
    assert all(0 <= found.p_catch <= 1 for found in one.considered if found.p_catch is not None)
    assert (one.squad is None) == (one.tier is Tier.EVIDENCE_ONLY)
    assert sum(found.verdict is Verdict.CHOSEN for found in one.considered) == (one.squad is not None)


@given(trucks, st.floats(0, 20), st.floats(0, 20))
def test_a_squad_that_is_nearer_is_never_worse(truck: Truck, one_km: float, other_km: float) -> None:
    """Its chance at a place does not fall with a shorter drive there."""
    near, far = sorted((one_km, other_km))
    chances = [
        {
            found.stop_point: found.p_catch
            for found in choose(truck, [SquadNow(squad(), place=Place("G104", 30.0 + km))], GROUND, NOW_NS).considered
        }
        for km in (near, far)
    ]
    for stop_point, p_catch in chances[1].items():
        assert (p_catch or 0.0) <= (chances[0][stop_point] or 0.0)
