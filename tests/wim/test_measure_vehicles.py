"""How many vehicles a frame holds: cut by loops, by the laser's length, by gaps that no vehicle has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wim.strip_signals import START_NS, TWO, Axles, Floats, Scene, loads_kg, wheels_kg
from wim.records import UNKNOWN_COLOUR, Flag

#: Two axles, and two more behind so many metres.
FIRST, SECOND = TWO, ((1_900.0, 2_000.0, 3.6), (3_000.0, 2_900.0, 0.0))
LOOPS_M = (-3.0, 6.0)


def behind(gap_m: float) -> Axles:
    """Both vehicles as one train of axles."""
    left, right, _ = FIRST[-1]
    return (*FIRST[:-1], (left, right, gap_m), *SECOND)


def train(gap_m: float, apart: bool = True, **changes: object) -> Scene:
    """Both, with a gap between their nearest axles; over loops there is metal between them or not."""
    length_m = TWO[0][2]
    end_m = length_m + gap_m + SECOND[0][2] + 1.4
    bodies = ((-1.2, length_m + 1.3), (length_m + gap_m - 1.2, end_m)) if apart else ((-1.2, end_m),)
    return Scene(axles=behind(gap_m), bodies=bodies, ahead_m=5.0, noise_n=15.0, speed_ms=15.0).but(**changes)


@pytest.mark.parametrize("gap_m", [6.0, 9.0, 14.0])
def test_loops_cut_two_vehicles(gap_m: float) -> None:
    """Where both let go behind the same axle; each vehicle has its own wheels, spacing and time."""
    passages = train(gap_m, loops_m=LOOPS_M).meter().measure(train(gap_m, loops_m=LOOPS_M).frame())
    assert passages["part"].tolist() == [0, 1]
    for passage, axles in zip(passages, (FIRST, SECOND), strict=True):
        np.testing.assert_allclose(loads_kg(passage), wheels_kg(axles), rtol=5e-3, atol=10.0)
        assert passage["spacing_mm"][0] == pytest.approx(1e3 * axles[0][2], abs=10)
        assert passage["flags"] == 0
    between_ns = int(passages["time_ns"][1]) - int(passages["time_ns"][0])
    assert between_ns == pytest.approx(1e9 * (TWO[0][2] + gap_m) / 15.0, rel=2e-3)
    assert passages["gap_ms"][1] == pytest.approx(1e3 * gap_m / 15.0, abs=2)
    assert (passages["origin_ns"] == START_NS).all()


@pytest.mark.parametrize("gap_m", [6.0, 9.0, 14.0])
def test_loops_hold_one_vehicle_together(gap_m: float) -> None:
    """The same axles with a chassis between them are one truck."""
    scene = train(gap_m, apart=False, loops_m=LOOPS_M)
    (passage,) = scene.meter().measure(scene.frame())
    assert (passage["axle_count"], passage["flags"]) == (4, 0)
    assert passage["spacing_mm"][1] == pytest.approx(1e3 * gap_m, abs=10)


@pytest.mark.parametrize(("gap_m", "vehicles"), [(14.5, 1), (15.6, 2), (22.0, 2)])
def test_without_loops_a_gap_that_no_vehicle_has_cuts(gap_m: float, vehicles: int) -> None:
    """15 m between two axles."""
    scene = train(gap_m)
    passages = scene.meter().measure(scene.frame())
    assert passages["axle_count"].tolist() == ([4] if vehicles == 1 else [2, 2])


def test_without_loops_the_lasers_length_cuts() -> None:
    """An axle beyond the first vehicle's end is the next one's, and the passages say that it was not clear."""
    scene = train(8.0, head={"length_mm": 6_700})
    passages = scene.meter().measure(scene.frame())
    assert passages["axle_count"].tolist() == [2, 2]
    assert (passages["flags"] & Flag.TAILGATING).all()
    one = train(8.0, head={"length_mm": 19_000})
    assert one.meter().measure(one.frame())["axle_count"].tolist() == [4]


def test_a_loop_that_contradicts_another_is_tailgating() -> None:
    """One lets go between the axles and the other does not: nobody knows."""
    scene = train(9.0, loops_m=LOOPS_M)
    counts = scene.counts()
    counts[-1] = train(9.0, apart=False, loops_m=LOOPS_M).counts()[-1]
    passages = scene.meter().measure(scene.frame(counts))
    assert (passages["flags"] & Flag.TAILGATING).all()


def test_the_order_of_loops_does_not_matter() -> None:
    """Not even of one that is far behind the strips."""
    scene = train(9.0, loops_m=(-3.0, 2.0, 6.0))
    meter = scene.meter()
    first = meter.measure(scene.frame())
    again = scene.meter().measure(scene.frame(order=(0, 1, 2, 3, 6, 4, 5)))
    assert first.tobytes() == again.tobytes()
    assert len(first) == 2


def test_only_the_first_vehicle_has_what_camera_and_laser_saw() -> None:
    """A second one has no plate, no dimensions and no tyres; the rest is the frame's for both."""
    told = {"plate": b"A12345", "plate_colour": 2, "plate_confidence": 88, "tyres": 0b1010, "length_mm": 6_700}
    scene = train(22.0, head={**told, "width_mm": 2_500, "height_mm": 3_900})
    first, second = scene.meter().measure(scene.frame())
    for name, value in told.items():
        assert first[name] == value
    assert (second["plate"], second["plate_colour"], second["plate_confidence"]) == (b"", UNKNOWN_COLOUR, 0)
    assert [second[name] for name in ("length_mm", "width_mm", "height_mm", "tyres")] == [0] * 4
    for name in ("site", "lane", "direction", "run", "sequence", "source", "calibration", "origin_ns", "pavement_c"):
        assert first[name] == second[name]


def test_both_vehicles_are_told_line_by_line() -> None:
    """Shape (2, 16, lines, 2), each with its own axles from the first on."""
    scene = train(22.0)
    meter = scene.meter()
    meter.measure(scene.frame())
    assert meter.line_kg.shape == (2, 16, 2, 2)
    for vehicle, axles in enumerate((FIRST, SECOND)):
        for line in range(2):
            np.testing.assert_allclose(meter.line_kg[vehicle, :2, line], wheels_kg(axles), rtol=1e-2, atol=15.0)
        assert np.isnan(meter.line_kg[vehicle, 2:]).all()


def test_more_axles_than_a_record_has_room_for_are_tailgating() -> None:
    """Seventeen axles are no vehicle: the first sixteen are told, and the flag."""
    axles = tuple((2_000.0, 2_000.0, 1.4) for _ in range(17))
    scene = Scene(axles=axles, speed_ms=10.0)
    (passage,) = scene.meter().measure(scene.frame())
    assert passage["axle_count"] == 16
    assert passage["flags"] & Flag.TAILGATING


def test_a_truck_that_stood_with_its_long_gap_over_the_lines_is_one() -> None:
    """By the clock its groups are 28 m apart, but its loops felt metal all along: never two halves."""

    def way(times_s: Floats) -> Floats:
        return 5.0 * np.where(times_s < 2.0, times_s, np.maximum(2.0, times_s - 4.0))

    scene = Scene(way=way, seconds=10.0, speed_ms=5.0, loops_m=LOOPS_M, noise_n=15.0)
    (passage,) = scene.meter().measure(scene.frame())
    assert passage["flags"] & Flag.STOPPED
    assert passage["gross_kg"] == pytest.approx(scene.gross_kg, rel=2e-3)
