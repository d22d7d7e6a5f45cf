"""The judging kernel: the same as the naive twin, vehicle by vehicle, and honest at every edge of the law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.doubts import Doubt, left_by, zone_left
from rules.kernels.arrays import VERDICT
from rules.screen import Screen, Zone
from rules.terms import compile_terms
from tests.reference import judge as naive
from tests.rules.worlds import (
    START_NS,
    book,
    network,
    passage,
    random_passages,
    register,
    screen,
    truck,
    world,
)
from wim.records import Flag, Grade, Passages

SCREEN, NEUTRAL = screen(), screen(with_sites=False)
WORLD, NEUTRAL_WORLD = world(), world(with_sites=False)
DAY_NS = 86_400 * 10**9


def verdict(record: Passages, by: Screen = SCREEN) -> np.void:
    return by.judge(record)[0]


def assert_same(found: np.void, expected: dict[str, object], rows: tuple[str, ...]) -> None:
    """The kernel's verdict is the twin's."""
    for name in ("flags", "grade", "zone", "low_kg", "high_kg", "excess_kg", "rate_hundredths", "severity", "band"):
        assert int(found[name]) == expected[name], name
    for name in ("truck", "over", "beyond_tolerance", "hundred_tonne", "permit_exceeded", "evidence", "proposal"):
        assert bool(found[name]) == expected[name], name
    assert found["group_axles"][: found["group_count"]].tolist() == expected["groups"]
    limits = zip(*(found[name][: found["group_count"]].tolist() for name in GROUP_FIELDS), strict=True)
    assert list(limits) == expected["group_limits"]
    assert (rows[found["limit"]] if found["limit"] >= 0 else None) == expected["limit"]
    assert int(found["over_dimensions"]) == expected["over_dimensions"]
    assert (found["permit"] >= 0) == (expected["permit"] is not None)
    assert (found["exemption"] >= 0) == expected["exempt"]
    np.testing.assert_allclose(found["z"], expected["z"], rtol=1e-12)
    np.testing.assert_allclose(found["p_over"], expected["p_over"], atol=1e-12)


GROUP_FIELDS = ("group_kg", "group_low_kg", "group_high_kg")


def row_names(by: Screen) -> tuple[str, ...]:
    rows = book().rows
    return tuple(rows[int(line["row"])].id for line in by.law.limits)


@settings(max_examples=300, deadline=None)
@given(random_passages())
def test_the_kernel_judges_as_the_twin_with_a_registry(passages: Passages) -> None:
    """Any passage at any registered or unknown place, with and without papers."""
    for record, found in zip(passages, SCREEN.judge(passages), strict=True):
        assert_same(found, naive.judge(record, WORLD), row_names(SCREEN))


@settings(max_examples=200, deadline=None)
@given(random_passages())
def test_the_kernel_judges_as_the_twin_at_the_neutral_site(passages: Passages) -> None:
    """Without a registry: one rule set whatever the date, class 5, tolerance 5 %."""
    for record, found in zip(passages, NEUTRAL.judge(passages), strict=True):
        assert_same(found, naive.judge(record, NEUTRAL_WORLD), row_names(NEUTRAL))


@settings(deadline=None)
@given(random_passages(), st.randoms(use_true_random=False))
def test_a_permuted_batch_gives_the_same_verdicts_permuted(passages: Passages, random: object) -> None:
    """No vehicle's verdict depends on its neighbours, nor on what stood in the output before."""
    order = np.arange(len(passages))
    random.shuffle(order)
    spoilt = np.frombuffer(bytes([0xA5]) * (VERDICT.itemsize * len(passages)), VERDICT).copy()
    SCREEN.judge(passages[order], spoilt)
    for found, expected in zip(spoilt, SCREEN.judge(passages)[order], strict=True):
        used = expected["group_count"]
        for name in VERDICT.names or ():
            cut = slice(0, used) if name.startswith("group_") and name != "group_count" else slice(None)
            values = (found[name][cut], expected[name][cut]) if found[name].shape else (found[name], expected[name])
            np.testing.assert_array_equal(*values, err_msg=name)


@settings(deadline=None)
@given(random_passages(most=1), st.integers(0, 200_000), st.integers(0, 200_000))
def test_more_weight_is_never_less_overload(record: Passages, one: int, other: int) -> None:
    """Excess, severity, certainty and tolerance are monotone in gross weight."""
    light, heavy = record.copy(), record.copy()
    light["gross_kg"], heavy["gross_kg"] = min(one, other), max(one, other)
    low, high = verdict(light), verdict(heavy)
    for name in ("truck", "over", "beyond_tolerance", "severity"):
        assert low[name] <= high[name], name
    if low["limit"] >= 0:
        assert low["excess_kg"] <= high["excess_kg"]
        assert not low["z"] > high["z"]


def test_the_june_record_is_judged_as_by_the_twin(june_csv: object) -> None:
    """Real vehicles: every 20th of the record, all fields."""
    from wim.formats import open_passages

    [*chunks] = open_passages(june_csv)
    passages = np.concatenate([chunk.passages for chunk in chunks])[::20]
    for record, found in zip(passages, NEUTRAL.judge(passages), strict=True):
        assert_same(found, naive.judge(record, NEUTRAL_WORLD), row_names(NEUTRAL))


def test_the_rate_of_the_published_case() -> None:
    """106.18 t on six axles is 116.69 % over 49 t."""
    found = verdict(truck(106_180), NEUTRAL)
    assert (int(found["high_kg"]), int(found["rate_hundredths"])) == (49_000, 11_669)
    assert found["hundred_tonne"]


@pytest.mark.parametrize(
    ("spacing_mm", "low_kg", "high_kg"),
    [
        ((4500,), 18_000, 18_000),
        ((3500, 1350), 25_000, 26_000),
        ((2300, 4000), 25_000, 26_000),
        ((1800, 1350), 25_000, 26_000),
        ((3500, 6000), 27_000, 27_000),
        ((1900, 4000, 1350), 31_000, 32_000),
        ((3500, 1300, 1300), 31_000, 32_000),
        ((3500, 6000, 1799), 36_000, 36_000),
        ((3500, 6000, 1800), 36_000, 37_000),
        ((3500, 1350, 6000), 35_000, 36_000),
        ((3500, 6000, 4500), 31_000, 36_000),
        ((1200, 1200, 1200), 31_000, 36_000),
        ((3500, 6000, 1300, 1300), 42_000, 43_000),
        ((3500, 1350, 6000, 1350), 43_000, 43_000),
        ((1900, 3000, 5000, 1300, 1300), 46_000, 46_000),
        ((3700, 1300, 6860, 1280, 1280), 46_000, 49_000),
        ((3700, 1300, 4000, 1280, 4000, 1280), 46_000, 49_000),
    ],
)
def test_every_row_of_the_table(spacing_mm: tuple[int, ...], low_kg: int, high_kg: int) -> None:
    """The interval of each configuration in decision §3."""
    found = verdict(truck(30_000, spacing_mm), NEUTRAL)
    assert (int(found["low_kg"]), int(found["high_kg"])) == (low_kg, high_kg)


def test_a_single_axle_has_no_limit() -> None:
    """It is not over, whatever it weighs, and its zone is silent."""
    found = verdict(passage((30_000, 30_500)), NEUTRAL)
    assert (found["limit"], found["over"], found["severity"], found["zone"]) == (-1, 0, 0, Zone.SILENT)
    assert found["flags"] & Flag.AXLE_COUNT
    assert found["grade"] == Grade.REJECT


def test_single_tyres_behind_the_drive_group_take_three_tonnes_each() -> None:
    """Steering and drive group stay as they are."""
    assert int(verdict(truck(30_000, tyres=0b010101_0000_01), NEUTRAL)["high_kg"]) == 49_000 - 9_000
    assert int(verdict(truck(30_000, tyres=0b111010_0101_01), NEUTRAL)["high_kg"]) == 49_000


@pytest.mark.parametrize(("gross_kg", "beyond"), [(51_450, False), (51_451, True)])
def test_the_tolerance_is_compared_in_integers(gross_kg: int, beyond: bool) -> None:
    """5 % of 49 000 is 51 450: that is still within, one kilogram more is not."""
    assert bool(verdict(truck(gross_kg), NEUTRAL)["beyond_tolerance"]) is beyond


#: (what starts or ends, field that shows it, before, after), each at START_NS.
@pytest.mark.parametrize(
    ("record", "field", "before", "after"),
    [
        (truck(50_000), "high_kg", 49_000, 47_000),
        (truck(30_000), "thousandths", 5_000, 3_125),
        (truck(30_000, plate="苏A12345".encode()), "permit_exceeded", 1, 0),
        (truck(60_000, plate="苏A0T003".encode()), "zone", Zone.INTERCEPT, Zone.SILENT),
        (truck(30_000), "certificate", 0, 1),
    ],
    ids=["rule set", "tolerance", "permit", "exemption", "certificate"],
)
@pytest.mark.parametrize("step_ns", [1, 10**9])
def test_what_begins_at_midnight_holds_at_midnight_and_not_before(
    record: Passages, field: str, before: int, after: int, step_ns: int
) -> None:
    """One second, and one nanosecond, either side of the start; the start itself is inside."""
    crossings = np.concatenate([record] * 3)
    crossings["time_ns"] = START_NS + np.array([-step_ns, 0, step_ns])
    assert SCREEN.judge(crossings)[field].tolist() == [before, after, after]


def test_a_date_without_a_rule_set_is_counted_and_not_judged() -> None:
    """Before 2016-09-21 nothing is in force."""
    found = verdict(truck(120_000, time_ns=START_NS - 4000 * DAY_NS))
    assert (found["rule_set"], found["truck"], found["over"], found["zone"]) == (-1, 1, 0, Zone.SILENT)


def test_a_permit_covers_its_weight_on_its_road_in_its_time() -> None:
    """A covered load of 100 t is no 百噸王; beyond the permit the ordinary limit holds again."""
    plate = {"plate": "苏A12345".encode(), "time_ns": START_NS + DAY_NS}
    covered = verdict(truck(101_062, **plate))
    assert (covered["permit"] >= 0, covered["hundred_tonne"], covered["zone"]) == (True, 0, Zone.SILENT)
    exceeded = verdict(truck(101_063, **plate))
    assert (exceeded["permit_exceeded"], exceeded["hundred_tonne"], exceeded["zone"]) == (1, 1, Zone.INTERCEPT)
    assert int(exceeded["excess_kg"]) == 101_063 - 47_000


def test_an_uncertain_plate_brings_no_papers() -> None:
    """At confidence 79 the permit is not this vehicle's; where the unit says nothing it is."""
    plate = {"plate": "苏A12345".encode(), "time_ns": START_NS}
    assert verdict(truck(60_000, plate_confidence=79, **plate))["permit"] < 0
    assert verdict(truck(60_000, plate_confidence=80, **plate))["permit"] >= 0
    assert verdict(truck(60_000, plate_confidence=0, **plate))["permit"] >= 0


def test_registration_collapses_the_interval() -> None:
    """Drive axles, suspension and licensed mass narrow what the road cannot see."""
    plate = {"plate": "苏A0T001".encode(), "plate_colour": 1, "time_ns": START_NS - DAY_NS}
    one_drive_axle = verdict(truck(30_000, **plate))
    assert (int(one_drive_axle["low_kg"]), int(one_drive_axle["high_kg"])) == (46_000, 46_000)
    other_colour = verdict(truck(10_000, (4500,), **(plate | {"plate_colour": 0})))
    assert (int(other_colour["low_kg"]), int(other_colour["high_kg"])) == (12_000, 12_000)


def test_evidence_needs_everything() -> None:
    """Certificate, approval, tolerance, a certain plate, 99 %: each missing one takes the proposal away."""
    whole = truck(60_000, plate="苏A0T009".encode(), plate_confidence=95, gross_sigma=0.018)
    assert verdict(whole)["evidence"]
    for name, value in [("time_ns", START_NS - 1), ("plate_confidence", 60), ("source", 4), ("speed_kmh", 90.0)]:
        spoilt = whole.copy()
        spoilt[name] = value
        assert not verdict(spoilt)["evidence"], name
        assert bool(verdict(spoilt)["proposal"]) == (name == "source"), "a simulated passage is one but for its mark"


def test_a_doubt_leaves_what_it_says_from_its_first_moment_to_before_its_last() -> None:
    """A lane that still stops trucks but proves nothing, a site that only counts; other lanes and times are as ever."""
    begin = START_NS + 59 * DAY_NS
    found = {at: verdict(truck(60_000, time_ns=at)) for at in (begin - 1, begin, begin + 2 * DAY_NS - 1)}
    doubted = {at - begin: bool(one["flags"] & Flag.SITE_DOUBTED) for at, one in found.items()}
    assert doubted == {-1: False, 0: True, 2 * DAY_NS - 1: True}
    assert (found[begin]["grade"], found[begin]["zone"]) == (Grade.INTERCEPT, Zone.INTERCEPT)
    assert not verdict(truck(60_000, time_ns=begin, lane=2))["flags"] & Flag.SITE_DOUBTED
    counting = verdict(truck(60_000, time_ns=START_NS + 200 * DAY_NS, lane=2))
    assert (counting["grade"], counting["zone"]) == (Grade.COUNT, Zone.WATCH)


@pytest.mark.parametrize("hundred_tonne", [False, True])
@pytest.mark.parametrize("grade", [Grade.COUNT, Grade.INTERCEPT])
def test_a_violation_that_is_doubted_later_gets_the_zone_that_it_would_have_had(
    grade: Grade, hundred_tonne: bool
) -> None:
    """What is said of a verdict afterwards is what judging it under the doubt says."""
    mass, at = 100_000 if hundred_tonne else 60_000, START_NS + 250 * DAY_NS
    doubt = Doubt("K012", 1, at, at + 1, grade)
    under = Screen(book().law, compile_terms(network(), doubts=[doubt]), SCREEN.plates)
    before, after = verdict(truck(mass, time_ns=at - 1), under), verdict(truck(mass, time_ns=at), under)
    assert (int(after["grade"]), left_by([doubt], "K012", 1, at)) == (grade, grade)
    assert zone_left(int(before["zone"]), grade, bool(before["hundred_tonne"])) == after["zone"]


def test_a_hundred_tonne_truck_of_grade_count_still_goes_out() -> None:
    """Copied sides cannot be evidence, but a person must look."""
    found = verdict(passage(*[(8_500, 8_500)] * 6, spacing_mm=(3700, 1300, 6860, 1280, 1280)), NEUTRAL)
    assert (found["grade"], found["hundred_tonne"], found["zone"]) == (Grade.COUNT, 1, Zone.INTERCEPT)


def test_an_open_case_is_followed_by_its_plate() -> None:
    """A light crossing of a plate whose trip is followed is known to be one."""
    net = network()
    from rules.plates import compile_plates

    plates = compile_plates(register(), {"G104": 0, "S340": 1}, open_cases={"苏A0T008"})
    by = Screen(book().law, compile_terms(net), plates)
    assert by.judge(truck(20_000, plate="苏A0T008".encode()))[0]["open_case"] == 1
    assert by.judge(truck(20_000, plate="苏A0T007".encode()))[0]["open_case"] == 0
