"""What the registry corrects, the road errs by: a calibrated lane is right, and one that is not corrected is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.signals.layouts import reference_network
from sensors.simulator.signals.reference import START_NS, Recipe, installed


def test_strips_feel_the_inverse_of_their_gain_and_more_when_warm() -> None:
    """felt = force ÷ gain · (1 + per_k (T − reference)), by strip."""
    installation = installed(Recipe("4x1.5"))
    calibration = installation.lane.calibration_at(START_NS)
    assert calibration is not None
    gains = [calibration.gain[strip.key] for strip in installation.lane.strips]
    assert installation.sensitivity(START_NS, 20.0) * gains == pytest.approx(1.0)
    assert installation.sensitivity(START_NS, 50.0) * gains == pytest.approx(1 + 30 * calibration.per_k)


def test_strips_feel_more_or_less_by_speed_as_the_table_says() -> None:
    """Between the table's speeds on a straight line, beyond them as at its ends."""
    installation = installed(Recipe("4x1.5"))
    calibration = installation.lane.calibration_at(START_NS)
    assert calibration is not None
    (low, slow), _, (high, fast) = calibration.speed
    factors = installation.speed_factor(START_NS)(np.array([low - 10, 60.0, high, high + 30]))
    assert factors == pytest.approx([slow, 1.0, fast, fast])


def test_without_a_calibration_nothing_is_corrected() -> None:
    """Before the first one a strip feels what lies on it."""
    installation = installed(Recipe("2x4.0"))
    assert installation.sensitivity(1, 50.0) == pytest.approx(1.0)
    assert installation.speed_factor(1)(np.array([5.0, 90.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("tau_s", [3.0, None])
def test_the_amplifier_is_there_whether_or_not_the_registry_tells(tau_s: float | None) -> None:
    """A time constant that is not told is in the road all the same."""
    installation = installed(Recipe("2x4.0", tau_s=3.0, told=tau_s is not None))
    assert (installation.tau_s, installation.lane.tau_s) == (3.0, tau_s)


def test_the_tables_of_reference_sites_are_far_from_one() -> None:
    """Whoever forgets to correct is seen to be wrong by more than any noise."""
    for site in reference_network().sites.values():
        calibration = site.lanes[1].calibration_at(START_NS)
        assert calibration is not None
        assert max(abs(gain - 1) for gain in calibration.gain.values()) > 0.005
        assert calibration.per_k > 0
