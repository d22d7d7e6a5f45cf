"""Vehicles of one lane keep their order and a gap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulator.headway import LEAST_GAP_NS, Lanes
from sensors.simulator.road import CROSSING, Crossings
from tests.sensors.simulator.runs import Played
from wim.records import UNKNOWN_GAP_MS

LANES = 3
SECOND_NS = 10**9
STEP_NS = 60 * SECOND_NS
START_NS = 1_780_000_000 * SECOND_NS
#: At 72 km/h a vehicle is 20 m/s fast: a wheelbase in mm passes in as many 50 µs.
SPEED_KMH = 72.0

arrivals = st.lists(
    st.tuples(st.integers(0, STEP_NS - 1), st.integers(0, LANES - 1), st.integers(2_500, 20_000)), max_size=60
)


def crossings(rows: list[tuple[int, int, int]]) -> tuple[Crossings, np.ndarray]:
    table = np.zeros(len(rows), CROSSING)
    table["time_ns"] = [START_NS + time_ns for time_ns, _, _ in rows]
    table["lane"] = [lane for _, lane, _ in rows]
    table["place"] = np.arange(len(rows))
    table["speed_kmh"] = SPEED_KMH
    return table, np.array([wheelbase for _, _, wheelbase in rows], np.float64)


def passing_ns(wheelbase_mm: float) -> int:
    return int(wheelbase_mm * 50_000)


@given(arrivals)
def test_nobody_enters_the_gap_behind_another(rows: list[tuple[int, int, int]]) -> None:
    """First axle after last axle of the vehicle before: never sooner than the least gap, and said in gap_ms."""
    table, wheelbase = crossings(rows)
    following, _ = Lanes(LANES, passages_per_s=0.1).follow(table, wheelbase, START_NS + STEP_NS)
    for lane in range(LANES):
        here = following.crossings[following.crossings["lane"] == lane]
        gaps_ms = following.gap_ms[following.crossings["lane"] == lane]
        for one, other, gap_ms in zip(here[:-1], here[1:], gaps_ms[1:], strict=True):
            gap_ns = other["time_ns"] - one["time_ns"] - passing_ns(wheelbase[one["place"]])
            assert gap_ns >= LEAST_GAP_NS - 1
            assert abs(min(gap_ns // 1_000_000, UNKNOWN_GAP_MS) - int(gap_ms)) <= 1
        assert set(gaps_ms[:1].tolist()) <= {UNKNOWN_GAP_MS}


@given(arrivals)
def test_waiting_only_delays_and_keeps_everybody(rows: list[tuple[int, int, int]]) -> None:
    """Nobody comes early, overtakes in the lane or gets lost; who waits past the step comes back with his own time."""
    table, wheelbase = crossings(rows)
    planned = table["time_ns"].copy()
    following, postponed = Lanes(LANES, passages_per_s=0.1).follow(table, wheelbase, START_NS + STEP_NS)
    done = following.crossings
    assert sorted([*done["place"].tolist(), *postponed["place"].tolist()]) == list(range(len(rows)))
    assert np.all(done["time_ns"] >= planned[done["place"]])
    assert np.all(done["time_ns"] < START_NS + STEP_NS)
    assert np.array_equal(postponed["time_ns"], planned[postponed["place"]])


@given(arrivals, st.integers(1, 59))
def test_two_steps_space_like_one(rows: list[tuple[int, int, int]], cut_s: int) -> None:
    """A lane remembers its last vehicle from step to step: where the step ends changes no time and no gap."""
    table, wheelbase = crossings(rows)
    end_ns = START_NS + 2 * STEP_NS
    whole, _ = Lanes(LANES, passages_per_s=0.1).follow(table.copy(), wheelbase, end_ns)
    lanes, cut_ns = Lanes(LANES, passages_per_s=0.1), START_NS + cut_s * SECOND_NS
    early = table["time_ns"] < cut_ns
    first, postponed = lanes.follow(table[early], wheelbase[early], cut_ns)
    rest = np.concatenate([postponed, table[~early]])
    second, _ = lanes.follow(rest, wheelbase[rest["place"]], end_ns)
    assert _by_place(whole.crossings, whole.gap_ms) == {
        **_by_place(first.crossings, first.gap_ms),
        **_by_place(second.crossings, second.gap_ms),
    }


def test_the_gap_of_the_record_is_that_of_the_lane(day: Played) -> None:
    """gap_ms in the records agrees with times, wheelbases and speeds of the neighbours in the lane."""
    lane = day.passages[(day.passages["site"] == b"G104-K012") & (day.passages["lane"] == 2)]
    lane = np.unique(lane)
    passing_s = lane["spacing_mm"].sum(axis=1) / lane["speed_kmh"] * 0.0036
    gap_ms = (np.diff(lane["time_ns"]) / SECOND_NS - passing_s[:-1]) * 1_000
    near = gap_ms < 20_000
    assert near.sum() > 1_000
    # Measured speed and spacing are a little wrong, the gap is not.
    assert np.abs(lane["gap_ms"][1:][near] - gap_ms[near]).max() < 60


def _by_place(table: Crossings, gap_ms: np.ndarray) -> dict[int, tuple[int, int]]:
    rows = zip(table["place"].tolist(), table["time_ns"].tolist(), gap_ms.tolist(), strict=True)
    return {place: (time_ns, gap) for place, time_ns, gap in rows}
