"""What benchmarks/accuracy compares with: the plain mean on the same frames, and the best linear one by computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.best_linear import expected
from benchmarks.accuracy.plain import plain_means
from sensors.simulator.signals.layouts import LAYOUTS, reference_network
from sensors.simulator.signals.reference import reference_frames
from sensors.simulator.signals.surroundings import Errors
from sensors.simulator.signals.suspension import Roughness
from wim.frames import NO_NOW_NS, decode_frame


@pytest.mark.parametrize(
    ("lines", "spacing_m", "speed_kmh", "plain", "best"),
    [
        (2, 4.0, 60, 2.17, 1.98),
        (2, 4.0, 80, 1.80, 1.74),
        (4, 1.5, 60, 1.39, 1.25),
        (4, 1.5, 80, 1.76, 1.44),
        (6, 1.2, 80, 1.25, 0.96),
    ],
)
def test_theory_gives_the_figures_of_the_design(
    lines: int, spacing_m: float, speed_kmh: float, plain: float, best: float
) -> None:
    """Plain mean and best linear estimate of the recipe, as the table of the measurement design has them."""
    found = expected(lines, spacing_m, speed_kmh)
    assert found.plain_percent == pytest.approx(plain, abs=0.06)
    assert found.best_percent == pytest.approx(best, abs=0.02)


def test_one_line_leaves_nothing_to_weigh() -> None:
    """With one line the best linear estimate is the plain mean."""
    found = expected(1, 0.0, 80)
    assert found.best_percent == pytest.approx(found.plain_percent)


@pytest.mark.parametrize("layout", ["1", "2x4.0", "4x1.5-full"])
@pytest.mark.parametrize("speed_kmh", [5, 80])
def test_the_plain_mean_is_right_where_nothing_moves(layout: str, speed_kmh: float) -> None:
    """Without motion and strip errors it is within 0.5 % of every truck: gains, temperature, speed are corrected."""
    site = reference_network().sites[LAYOUTS[layout].site]
    still = {"roughness": Roughness(0, 0), "errors": Errors(0, 0, 0)}
    for message, truth in reference_frames(layout, speed_kmh, 3, seed=5, **still):
        (found,) = plain_means(decode_frame(message, NO_NOW_NS), truth, site, site.lanes[1])
        assert found.kg == pytest.approx(truth.vehicles[0].gross_kg, rel=5e-3)


def test_the_plain_mean_scatters_as_computed() -> None:
    """Its scatter on simulated frames is that of the theory: 1.76 % for four lines at 80 km/h, within three errors."""
    site, errors = reference_network().sites[LAYOUTS["4x1.5"].site], []
    for message, truth in reference_frames("4x1.5", 80, 150, seed=6):
        (found,) = plain_means(decode_frame(message, NO_NOW_NS), truth, site, site.lanes[1])
        errors.append(100 * (found.kg / truth.vehicles[0].gross_kg - 1))
    assert np.std(errors) == pytest.approx(1.76, abs=3 * 1.76 / np.sqrt(2 * len(errors)))


def test_droop_left_in_makes_a_crawling_truck_light() -> None:
    """What earlier axles left in the amplifier costs per cents at 5 km/h, and only the uncorrected figure has it."""
    site = reference_network().sites[LAYOUTS["2x4.0"].site]
    still = {"roughness": Roughness(0, 0), "errors": Errors(0, 0, 0)}
    for message, truth in reference_frames("2x4.0", 5, 2, seed=7, **still):
        (found,) = plain_means(decode_frame(message, NO_NOW_NS), truth, site, site.lanes[1])
        assert found.raw_kg < 0.95 * truth.vehicles[0].gross_kg


def test_a_pulse_outside_of_the_frame_is_no_figure() -> None:
    """A vehicle that the frame does not hold has no plain mean, rather than a wrong one."""
    site = reference_network().sites[LAYOUTS["2x4.0"].site]
    ((message, truth),) = reference_frames("2x4.0", 80, 1, seed=8)
    frame = decode_frame(message, NO_NOW_NS)
    late = replace(truth.vehicles[0], time_ns=truth.vehicles[0].time_ns + 10**10)
    assert np.isnan(plain_means(frame, replace(truth, vehicles=(late,)), site, site.lanes[1])[0].kg)
    assert plain_means(frame, replace(truth, vehicles=()), site, site.lanes[1]) == []
