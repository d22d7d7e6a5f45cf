"""The estimate on signals whose wheels are known: every influence that physics names enters as its formula says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.wim.strip_signals import CAR, SHAPES, SIX, START_NS, TWO, Scene, box, loads_kg, lopsided, wheels_kg
from wim.frames import FrameError, FrameFlag
from wim.lanes import Calibration
from wim.records import UNKNOWN_COLOUR, UNKNOWN_GAP_MS, Flag, Source, flag_names

#: A wheel is rounded to a kilogram twice: when it is written, and when its axle is shared between the sides.
ROUNDED_KG = 1.0

LOOPS = {"lines_m": (0.0,), "loops_m": (-4.0, 4.0), "ahead_m": 8.0}


def calibrated(**corrections: object) -> tuple[Calibration, ...]:
    """A calibration that was always in force."""
    return (Calibration(7, 0, **corrections),)  # type: ignore[arg-type]


def off_percent(scene: Scene) -> float:
    """The error of the gross weight."""
    return 100.0 * (float(scene.measured()["gross_kg"]) / scene.gross_kg - 1.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("speed_ms", [1.4, 8.0, 27.0])
def test_wheels_are_weighed_whatever_the_shape_of_their_pulse(shape: str, speed_ms: float) -> None:
    """On a level or tilted rest, at any speed, each wheel to the last kilogram or a ten-thousandth."""
    passage = Scene(shape=SHAPES[shape], speed_ms=speed_ms, rest_n=300.0).measured()
    assert flag_names(int(passage["flags"])) == []
    np.testing.assert_allclose(loads_kg(passage), wheels_kg(SIX), rtol=2e-4, atol=ROUNDED_KG)
    assert passage["speed_kmh"] == pytest.approx(3.6 * speed_ms, rel=2e-4)
    np.testing.assert_allclose(passage["spacing_mm"][:5], [1e3 * axle[2] for axle in SIX[:5]], atol=1.5)


@pytest.mark.parametrize("speed_ms", [3.0, 12.0, 25.0])
def test_hum_drops_out_where_there_is_room_for_its_periods(speed_ms: float) -> None:
    """50 Hz of a tenth of a pulse's height: two axles far apart do not feel it."""
    assert abs(off_percent(Scene(axles=TWO, speed_ms=speed_ms, hum_n=300.0))) < 0.1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("tau_s", [1.0, 3.0, 8.0, 20.0])
@pytest.mark.parametrize("speed_ms", [1.4, 6.0])
def test_droop_is_undone(tau_s: float, speed_ms: float, known: bool) -> None:
    """At 5 km/h it takes a third of the weight at a τ of a second; also where nobody knows τ."""
    assert abs(off_percent(Scene(tau_s=tau_s, tau_known=known, speed_ms=speed_ms))) < 0.03


@pytest.mark.parametrize("speed_ms", [1.4, 20.0])
@pytest.mark.parametrize(("undershoot_n", "rest_n"), [(0.0, 2_000.0), (900.0, 0.0), (400.0, -700.0)])
def test_what_was_on_the_amplifier_before_does_not_matter(speed_ms: float, undershoot_n: float, rest_n: float) -> None:
    """A rest that is off, or the undershoot that the vehicle before has left, even under slow wheels."""
    scene = Scene(tau_s=4.0, speed_ms=speed_ms, undershoot_n=undershoot_n, rest_n=rest_n)
    assert abs(off_percent(scene)) < 0.03


@pytest.mark.parametrize("change_ms2", [-2.5, -0.6, 0.7, 2.5])
def test_each_axle_is_weighed_with_its_own_speed(change_ms2: float) -> None:
    """While the vehicle brakes or accelerates, and the passage says by how much."""
    scene = Scene(change_ms2=change_ms2, speed_ms=15.0)
    passage = scene.measured()
    np.testing.assert_allclose(loads_kg(passage), wheels_kg(SIX), rtol=1e-3)
    middle_s = (-15.0 + math.sqrt(225.0 + 2.0 * change_ms2 * 2.0)) / change_ms2
    assert passage["speed_kmh"] == pytest.approx(3.6 * (15.0 + change_ms2 * middle_s), rel=1e-3)
    assert passage["acceleration_ms2"] == pytest.approx(change_ms2, abs=0.05)
    assert bool(passage["flags"] & Flag.ACCELERATING) == (abs(change_ms2) > 1.0)


def test_a_gain_multiplies_the_force_of_its_strip() -> None:
    """A strip that feels too little is put right by its own gain and no other."""
    scene = Scene(feels={"1L": 0.8, "2R": 1.25})
    off = loads_kg(scene.measured()) / wheels_kg(SIX)
    assert not np.allclose(off, 1.0, atol=0.02)
    calibrations = calibrated(gain={"1L": 1 / 0.8, "2R": 0.8})
    right = loads_kg(scene.but(calibrations=calibrations).measured())
    np.testing.assert_allclose(right, wheels_kg(SIX), rtol=2e-4, atol=ROUNDED_KG)


@pytest.mark.parametrize("pavement_c", [-10.0, 25.0, 55.0])
def test_the_force_is_divided_by_what_the_temperature_does(pavement_c: float) -> None:
    """1 + per_k (T − reference)."""
    felt = 1.0 + 0.002 * (pavement_c - 25.0)
    scene = Scene(calibrations=calibrated(reference_c=25.0, per_k=0.002), head={"pavement_c": pavement_c})
    assert abs(off_percent(scene.but(feels=dict.fromkeys(("1L", "1R", "2L", "2R"), felt)))) < 0.02
    assert float(scene.measured()["pavement_c"]) == pavement_c


def test_an_unknown_temperature_corrects_nothing_and_is_a_doubt() -> None:
    """NaN stays NaN, the weight is as measured, and its uncertainty holds what 15 K would do."""
    calibrations = calibrated(reference_c=25.0, per_k=0.002)
    known = Scene(calibrations=calibrations, head={"pavement_c": 25.0}).measured()
    unknown = Scene(calibrations=calibrations, head={"pavement_c": math.nan}).measured()
    assert math.isnan(unknown["pavement_c"])
    assert unknown["gross_kg"] == known["gross_kg"]
    assert unknown["gross_sigma"] == pytest.approx(math.hypot(known["gross_sigma"], 0.03), rel=1e-5)


@pytest.mark.parametrize(("speed_ms", "factor"), [(5.0, 0.98), (15.0, 1.01), (25.0, 1.04), (30.0, 1.04)])
def test_the_force_is_divided_by_the_speed_table(speed_ms: float, factor: float) -> None:
    """Linear between its points, constant outside."""
    calibrations = calibrated(speed=((18.0, 0.98), (90.0, 1.04)))
    felt = dict.fromkeys(("1L", "1R", "2L", "2R"), factor)
    assert abs(off_percent(Scene(speed_ms=speed_ms, feels=felt, calibrations=calibrations))) < 0.02


def test_gravity_and_width_are_the_sites_own() -> None:
    """The same force is more kilograms where g is less, and on a narrower strip."""
    scene = Scene()
    counts, gross_kg = scene.counts(), float(scene.measured()["gross_kg"])
    light = float(scene.but(gravity_ms2=scene.gravity_ms2 * 0.99).measured(counts)["gross_kg"])
    narrow = float(scene.but(width_m=scene.width_m / 1.1).measured(counts)["gross_kg"])
    assert light == pytest.approx(gross_kg / 0.99, rel=1e-4)
    assert narrow == pytest.approx(gross_kg * 1.1, rel=1e-4)


def test_a_frame_before_the_first_calibration_is_weighed_with_doubt() -> None:
    """Version 0, STRIP_FAULT, and the maker's 5 % in the uncertainty."""
    late = (Calibration(7, START_NS + 1, gain={"1L": 2.0}),)
    passage, sure = Scene(calibrations=late).measured(), Scene().measured()
    assert (passage["calibration"], sure["calibration"]) == (0, 7)
    assert passage["flags"] == Flag.STRIP_FAULT
    assert passage["gross_kg"] == sure["gross_kg"]
    assert passage["gross_sigma"] == pytest.approx(math.hypot(sure["gross_sigma"], 0.05), rel=1e-5)


def test_the_calibration_of_the_frames_time_is_used() -> None:
    """Not the newest one, and not the one that the frame before had."""
    versions = (Calibration(7, 0, until_ns=START_NS), Calibration(8, START_NS, gain={"1L": 0.5, "1R": 0.5}))
    scene = Scene(lines_m=(0.0,), loops_m=(-4.0, 4.0), ahead_m=8.0, calibrations=versions)
    meter = scene.meter()
    for shift_ns, version, part in ((0, 8, 0.5), (-1, 7, 1.0), (5, 8, 0.5)):
        (passage,) = meter.measure(scene.but(head={"start_ns": START_NS + shift_ns}).frame())
        assert passage["calibration"] == version
        assert passage["gross_kg"] == pytest.approx(part * scene.gross_kg, rel=1e-3)


@pytest.mark.parametrize("order", [(3, 1, 5, 0, 2, 4), (5, 4, 3, 2, 1, 0)])
def test_the_order_of_channels_does_not_matter(order: tuple[int, ...]) -> None:
    """Strips and loops in any order are the same strips and loops."""
    scene = Scene(loops_m=(-3.0, 6.0), noise_n=20.0)
    meter = scene.meter()
    plain, mixed = meter.measure(scene.frame()), scene.meter().measure(scene.frame(order=order))
    assert abs(int(plain["gross_kg"][0]) - int(mixed["gross_kg"][0])) <= 1
    plain["gross_kg"], plain["gross_sigma"] = mixed["gross_kg"], mixed["gross_sigma"]
    for name in ("left_kg", "right_kg", "spacing_mm"):
        np.testing.assert_allclose(plain[name].astype(float), mixed[name].astype(float), atol=1)
    assert plain["flags"] == mixed["flags"] == 0
    assert abs(int(plain["time_ns"][0]) - int(mixed["time_ns"][0])) <= 1_000


@pytest.mark.parametrize(
    "scene",
    [
        Scene(halves=False),
        Scene(lines_m=(0.0, 1.5, 3.0, 4.5)),
        Scene(lines_m=(0.0, 1.2, 2.4, 3.6, 4.8, 6.0), speed_ms=22.0),
        Scene(axles=CAR, shape=box),
        Scene(axles=TWO, shape=lopsided),
        Scene(rate_hz=1_000, speed_ms=8.0),
        Scene(rate_hz=50_000, speed_ms=25.0, axles=TWO),
    ],
)
def test_any_layout_and_rate_is_weighed(scene: Scene) -> None:
    """Full width or halves, one pair of lines or six, 1 kHz to 50 kHz."""
    passage = scene.measured()
    expected = wheels_kg(scene.axles)
    if not scene.halves:
        expected = np.stack([expected.sum(axis=1), np.zeros(len(expected))], axis=1)
    np.testing.assert_allclose(loads_kg(passage), expected, rtol=1e-3, atol=2.0)
    assert passage["flags"] == (0 if scene.halves else Flag.AXLE_ONLY)


def test_one_row_takes_its_speed_from_two_loops() -> None:
    """And is less sure of it; the motion of the metal is that of the wheels."""
    scene = Scene(**LOOPS)  # type: ignore[arg-type]
    passage, sure = scene.measured(), Scene().measured()
    assert passage["gross_kg"] == pytest.approx(scene.gross_kg, rel=1e-3)
    assert passage["speed_kmh"] == pytest.approx(72.0, rel=1e-3)
    np.testing.assert_allclose(passage["spacing_mm"][:5], [1e3 * axle[2] for axle in SIX[:5]], atol=5)
    assert passage["gross_sigma"] > sure["gross_sigma"]


@pytest.mark.parametrize("loops_m", [(), (4.0,)])
def test_one_row_without_two_loops_has_no_speed_and_so_no_weight(loops_m: tuple[float, ...]) -> None:
    """The refusal names what is missing."""
    scene = Scene(lines_m=(0.0,), loops_m=loops_m, ahead_m=8.0)
    with pytest.raises(FrameError, match=r"^speed: .*loops") as refused:
        scene.meter().measure(scene.frame())
    assert refused.value.reason == "speed"


def test_a_frame_of_strange_strips_is_refused() -> None:
    """None of them is among those that the registry has of the lane."""
    scene = Scene(halves=False)
    with pytest.raises(FrameError, match=r"^channels: ") as refused:
        Scene().meter().measure(scene.frame())
    assert refused.value.reason == "channels"


def test_the_passage_says_whose_frame_it_was() -> None:
    """Identity, plate and dimensions are the frame's; the time is that of the first axle on line 1."""
    told = {"plate": "冀A12345".encode(), "plate_colour": 1, "plate_confidence": 93, "tyres": 0b101010}
    told |= {"length_mm": 17_400, "width_mm": 2_550, "height_mm": 3_980, "direction": 1, "sequence": 2**32 - 1}
    scene = Scene(head=told, shape=box)
    passage = scene.measured()
    for name, value in told.items():
        assert passage[name] == value
    assert (passage["site"], passage["lane"], passage["run"], passage["part"]) == (b"G104-K012", 1, 3, 0)
    assert (passage["source"], passage["calibration"], passage["origin_ns"]) == (Source.FRAME, 7, START_NS)
    assert int(passage["time_ns"]) - START_NS == pytest.approx(-1e9 * scene.times_s()[0], abs=20_000)


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        (FrameFlag(0), Flag.CLOCK_UNLOCKED),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.SIMULATED, Flag.SIMULATED),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.CUT, Flag.STOPPED),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.NEIGHBOUR, Flag.STRADDLING),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.NO_LOOP, Flag(0)),
    ],
)
def test_what_the_unit_says_is_flagged(said: FrameFlag, flag: Flag) -> None:
    """Each bit of a frame's flags by its own flag of the passage."""
    assert Scene(head={"flags": said}).measured()["flags"] == flag


def test_the_gap_is_that_to_the_vehicle_before() -> None:
    """From its last axle to this first one on line 1; unknown before the first, and where it is too long."""
    scene = Scene(axles=TWO)
    meter = scene.meter()
    gaps = []
    for second in (0, 10, 200):
        frame = scene.but(head={"start_ns": START_NS + second * 10**9}).frame()
        gaps.append(int(meter.measure(frame)["gap_ms"][0]))
    between_s = TWO[0][2] / scene.speed_ms
    assert gaps[0] == gaps[2] == UNKNOWN_GAP_MS
    assert gaps[1] == pytest.approx(1e3 * (10.0 - between_s), abs=1.1)


@pytest.mark.parametrize("noise_n", [0.0, 40.0])
def test_an_empty_frame_gives_nothing(noise_n: float) -> None:
    """Hum, noise and the undershoot of the vehicle before are no wheels."""
    scene = Scene(axles=(), noise_n=noise_n, hum_n=40.0, tau_s=4.0, undershoot_n=500.0, seconds=1.0)
    meter = scene.meter()
    assert meter.measure(scene.frame()).shape == (0,)
    assert meter.line_kg.shape == (0, 16, 2, 2)


def test_a_frame_is_measured_by_itself() -> None:
    """Twice, after others and by another meter it gives the same bytes, except for the gap."""
    scene = Scene(noise_n=30.0, loops_m=(-3.0, 6.0))
    others = [
        Scene(axles=CAR, noise_n=50.0),
        Scene(noise_n=30.0, speed_ms=3.0, tau_s=2.0),
        Scene(axles=(), seconds=0.5),
    ]
    frame, meter = scene.frame(), scene.meter()
    first = meter.measure(frame)
    for other in others:
        meter.measure(other.frame())
    again, fresh = meter.measure(frame), scene.meter().measure(frame)
    assert first.tobytes() == fresh.tobytes()
    assert first["gap_ms"] == UNKNOWN_GAP_MS
    again["gap_ms"] = UNKNOWN_GAP_MS
    assert first.tobytes() == again.tobytes()


def test_what_was_returned_stays() -> None:
    """The next frame does not write into the passages of the one before."""
    scene = Scene()
    meter = scene.meter()
    first = meter.measure(scene.frame())
    before = first.tobytes()
    meter.measure(scene.but(axles=CAR).frame())
    assert first.tobytes() == before


def test_lines_are_told_before_they_are_combined() -> None:
    """Shape (vehicles, 16, lines, 2): what each strip says by itself, NaN where there is no axle."""
    scene = Scene(feels={"1L": 0.99, "2R": 1.02})
    meter = scene.meter()
    meter.measure(scene.frame())
    assert meter.line_kg.shape == (1, 16, 2, 2)
    wheels = wheels_kg(SIX)
    np.testing.assert_allclose(meter.line_kg[0, :6, 0], wheels * [0.99, 1.0], rtol=3e-4)
    np.testing.assert_allclose(meter.line_kg[0, :6, 1], wheels * [1.0, 1.02], rtol=3e-4)
    assert np.isnan(meter.line_kg[0, 6:]).all()


def test_a_line_of_full_width_tells_whole_axles() -> None:
    """As left, with nothing on the right."""
    scene = Scene(halves=False)
    meter = scene.meter()
    meter.measure(scene.frame())
    np.testing.assert_allclose(meter.line_kg[0, :6, :, 0].T, [wheels_kg(SIX).sum(axis=1)] * 2, rtol=3e-4)
    assert np.isnan(meter.line_kg[0, :, :, 1]).all()


def test_fields_that_nobody_measured_stay_unknown() -> None:
    """No plate, no dimensions."""
    passage = Scene().measured()
    assert (passage["plate"], passage["plate_colour"], passage["plate_confidence"]) == (b"", UNKNOWN_COLOUR, 0)
    assert (passage["length_mm"], passage["width_mm"], passage["height_mm"], passage["tyres"]) == (0, 0, 0, 0)
