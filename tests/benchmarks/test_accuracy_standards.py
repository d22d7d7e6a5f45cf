"""The standards of benchmarks/accuracy count as the standards do: known vectors of each."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.accuracy.crossings import CROSSING, Crossings
from benchmarks.accuracy.standards import cost323, e1318, jjg907, r134
from benchmarks.accuracy.standards.loads import Loads, loads_of
from benchmarks.accuracy.standards.student import quantile, upper_tail

#: 3.7 m to a tandem, 6.9 m to a tridem.
SPACING_MM = (3_700, 1_300, 6_900, 1_300, 1_300)


def crossings(factor: npt.NDArray[np.float64], wheel_kg: float = 4_000) -> Crossings:
    """1-2-3 trucks of equal wheels, measured as `factor` of each axle, shape (passes, 6)."""
    rows = np.zeros(len(factor), CROSSING)
    rows["measured"], rows["axles"], rows["true_axles"] = True, 6, 6
    rows["true_wheel_kg"][:, :6] = wheel_kg
    rows["wheel_kg"][:, :6] = wheel_kg * factor[:, :, None]
    rows["true_kg"], rows["kg"] = 12 * wheel_kg, 2 * wheel_kg * factor.sum(axis=1)
    rows["true_kmh"] = rows["kmh"] = 80
    rows["true_spacing_mm"][:, :5] = rows["spacing_mm"][:, :5] = SPACING_MM
    return rows


def loads(factor: npt.NDArray[np.float64], wheel_kg: float = 4_000) -> Loads:
    """The same as a standard sees it."""
    return loads_of(crossings(factor, wheel_kg), wheels=True)


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (4, 2.7764), (9, 2.2622), (29, 2.0452), (120, 1.9799), (10**6, 1.95997)]
)
def test_students_quantiles_are_those_of_the_table(freedom: int, expected: float) -> None:
    """t(0.975) to the digits that tables print, and the tail beyond it is 2.5 %."""
    assert quantile(0.975, freedom) == pytest.approx(expected, abs=6e-5)
    assert upper_tail(expected, freedom) == pytest.approx(0.025, abs=1e-5)
    assert upper_tail(-expected, freedom) == pytest.approx(0.975, abs=1e-5)


def test_cost_323_has_the_tolerances_of_its_classes() -> None:
    """δ of gross, group, single axle and axle of a group for A(5), B+(7), B(10), C(15), D+(20), D(25)."""
    criteria = ("gross", "group", "single", "in_group")
    found = [[round(cost323.delta_percent(name, k)) for name in criteria] for _, k in cost323.CLASSES]
    assert found == [
        [5, 7, 8, 10],
        [7, 10, 11, 14],
        [10, 13, 15, 20],
        [15, 18, 20, 25],
        [20, 23, 25, 30],
        [25, 28, 30, 35],
    ]
    with pytest.raises(ValueError, match="no criterion 'tyre'"):
        cost323.delta_percent("tyre", 5)


@pytest.mark.parametrize(
    ("alike", "climate", "expected"),
    [
        ("r1", "I", (95.0, 97.2, 97.9, 98.4, 98.7)),
        ("r1", "III", (91.4, 95.0, 96.0, 97.0, 97.6)),
        ("r2", "I", (90.0, 94.1, 95.3, 96.4, 97.1)),
        ("R1", "I", (85.0, 90.8, 92.5, 94.2, 95.2)),
        ("R2", "II", (76.6, 84.9, 87.4, 90.0, 91.5)),
    ],
)
def test_cost_323_asks_for_the_confidence_of_its_table(alike: str, climate: str, expected: tuple[float, ...]) -> None:
    """π₀ for 10, 20, 30, 60 and 120 passes, as the specification prints it."""
    found = [cost323.required_percent(count, alike, climate) for count in (10, 20, 30, 60, 120)]
    assert found == pytest.approx(expected, abs=0.11)


def test_cost_323_accepts_by_mean_and_scatter() -> None:
    """With many passes and no bias π is that of a normal distribution; bias and scatter each cost a class."""
    assert cost323.achieved_percent(5, 0, 5 / 1.96, 10**6) == pytest.approx(95.0, abs=0.05)
    assert cost323.achieved_percent(5, 5, 1, 10**6) == pytest.approx(50, abs=0.2)
    errors = np.tile([-0.015, 0.015], 1_000)
    assert cost323.class_of(errors, "gross", "r1", "I") == "A(5)"
    assert cost323.class_of(errors, "gross", "r1", "I", initial=True) == "B+(7)"
    assert cost323.class_of(errors + 0.02, "gross", "r1", "I") == "B+(7)"
    assert cost323.class_of(10 * errors, "gross", "r1", "I") == "E"
    assert cost323.class_of(errors[:1], "gross", "r1", "I") == ""


def test_a_run_has_the_class_of_its_worst_criterion() -> None:
    """Gross weights may be in A(5) while single axles are not."""
    # Steering axles ± 8 %, compensated by the tridem: the gross weight does not see it.
    swing = np.tile([-0.08, 0.08], 500)[:, None]
    factor = 1 + np.hstack([swing, np.zeros((1_000, 2)), np.tile(-swing / 3, (1, 3))])
    factor += 1e-4 * np.random.default_rng(1).standard_normal(factor.shape)
    found = cost323.classes(loads(factor), "r1")
    assert (found["gross"], found["single"], found["all"]) == ("A(5)", "D+(20)", "D+(20)")


@pytest.mark.parametrize(
    ("worst", "service", "initial"), [(0.002, "0.2", "0.5"), (0.0201, "5", "5"), (0.051, "10", "–")]
)
def test_jjg_907_asks_every_pass(worst: float, service: str, initial: str) -> None:
    """One pass of a thousand decides the class; an initial verification allows half."""
    gross = np.append(np.zeros(999), worst)
    assert jjg907.class_of(gross) == service
    assert jjg907.class_of(gross, initial=True) == initial
    assert jjg907.class_of(gross[:0]) == "–"


def test_a_verification_of_117_passes_is_a_matter_of_luck() -> None:
    """If one pass in 117 is outside, about one verification in e is passed."""
    gross = np.append(np.zeros(116), 0.06)
    assert jjg907.passed_percent(gross, 5) == pytest.approx(100 / math.e, abs=0.5)
    assert jjg907.passed_percent(gross, 10) == 100


def test_oiml_r_134_takes_axles_from_their_corrected_mean() -> None:
    """An axle that is always 10 % too heavy costs no letter; one that varies by 3.5 % is a D."""
    always = np.ones((117, 6))
    always[:, 0], always[:, 1:] = 1.10, 0.98
    assert r134.written(loads(always)) == "0.2(A)"
    varying = always.copy()
    varying[::2, 0], varying[1::2, 0] = 1.10 * 1.035, 1.10 * 0.965
    assert r134.letter(loads(varying)) == "D"
    assert r134.letter(loads(varying), initial=True) == "E"
    # Every run must comply.
    varying[0, 0] = 2.0
    assert r134.written(loads(varying)).endswith("(–)")


def test_astm_e1318_counts_every_value_by_itself() -> None:
    """Type III allows 6 % of gross: with 4 % of the vehicles beyond it stands, with 6 % the type is I."""
    factor = np.full((100, 6), 1.025)
    factor[:4] = 1.08
    assert e1318.type_of(loads(factor)) == "III"
    factor[:6] = 1.08
    assert e1318.type_of(loads(factor)) == "I"
    assert e1318.shares(loads(factor), "III")["gross"] == pytest.approx(0.94)
    factor[:6] = 1.4
    assert e1318.type_of(loads(factor)) == "–"


def test_astm_e1318_type_iv_is_in_pounds() -> None:
    """2 500 lb on a truck of 105 800 lb are 2.36 %: 2 % are inside, 2.5 % are not; light vehicles are not asked."""
    assert e1318.type_of(loads(np.full((100, 6), 1.02))) == "IV"
    assert e1318.type_of(loads(np.full((100, 6), 1.025))) == "III"
    light = e1318.shares(loads(np.full((100, 6), 1.2), wheel_kg=1_000), "IV")
    assert math.isnan(light["gross"])
    assert math.isnan(light["wheel"])


def test_a_lane_without_sides_is_judged_without_wheels() -> None:
    """Types that ask for wheel loads get a star there; axles, groups and gross are counted as ever."""
    rows = crossings(np.full((100, 6), 1.05))
    assert e1318.type_of(loads_of(rows, wheels=False)) == "III*"


def test_loads_are_of_vehicles_whose_axles_were_counted_right() -> None:
    """A missed axle belongs to the axle count, not to the loads; groups are found by the true spacings."""
    rows = crossings(np.ones((3, 6)))
    rows["axles"][0] = 5
    found = loads_of(rows, wheels=True)
    assert (len(found.gross), len(found.group), len(found.single), len(found.in_group)) == (2, 4, 2, 10)
    assert sorted(set(found.group_kg.round())) == [16_000, 24_000]
    assert len(found.wheel) == 24
