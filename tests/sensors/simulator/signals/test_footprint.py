"""What a strip feels of a wheel, whatever tyre and pavement are like."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sensors.simulator.signals.footprint import Pavement, Spreading, footprints
from sensors.simulator.signals.tyres import Profile, Tyres, pressure

#: Every profile on every pavement.
SHAPES = list(itertools.product(Profile, Spreading))


def tyres(profile: Profile, contact_m: float, skew: float) -> Tyres:
    """One axle of two like tyres."""
    one = np.ones((1, 2))
    return Tyres(contact_m * one, 0.3 * one, np.full((1, 2), profile), skew * one)


def felt(profile: Profile, spreading: Spreading, strip_m: float, contact_m: float, skew: float = 0.1) -> np.ndarray:
    """The share of a wheel's load that a strip feels while the wheel rolls over it, every tenth of a millimetre."""
    ahead_m = np.arange(-0.5, 0.5, 1e-4)
    prints = footprints(tyres(profile, contact_m, skew), Pavement(spreading, 0.04))
    return prints.felt(np.zeros(len(ahead_m), np.intp), ahead_m, np.full(len(ahead_m), strip_m))


@pytest.mark.parametrize(("profile", "spreading"), SHAPES)
@pytest.mark.parametrize(("strip_m", "contact_m"), [(0.055, 0.07), (0.055, 0.22), (0.12, 0.36)])
def test_the_area_of_a_pulse_is_the_width_of_the_strip(
    profile: Profile, spreading: Spreading, strip_m: float, contact_m: float
) -> None:
    """∫ force ÷ load over the way = width, for every pressure profile and pavement: the one promise of physics."""
    assert felt(profile, spreading, strip_m, contact_m).sum() * 1e-4 == pytest.approx(strip_m, rel=1e-4)


@pytest.mark.parametrize(("profile", "spreading"), SHAPES)
def test_nothing_is_felt_beyond_the_reach(profile: Profile, spreading: Spreading) -> None:
    """A wheel farther away than half its contact, the pavement's reach and half the strip does not touch it."""
    pavement = Pavement(spreading, 0.04)
    prints = footprints(tyres(profile, 0.2, 0.1), pavement)
    away_m = prints.half_m[0] + 0.055 / 2
    assert away_m == pytest.approx(0.1 + pavement.reach_m + 0.0275)
    beyond = prints.felt(np.zeros(2, np.intp), np.array([-away_m, away_m]), np.full(2, 0.055))
    assert np.abs(beyond).max() < 1e-6


@pytest.mark.parametrize("spreading", Spreading)
def test_shapes_differ_from_one_profile_to_the_next(spreading: Spreading) -> None:
    """Equal areas, but no pulse is another's: an estimator that expects one shape is seen to be wrong."""
    pulses = [felt(profile, spreading, 0.055, 0.22) for profile in Profile]
    for one, other in itertools.combinations(pulses, 2):
        assert np.abs(one - other).max() > 0.05 * one.max()


@pytest.mark.parametrize("profile", Profile)
def test_a_rolling_tyre_presses_harder_where_it_is_skewed_to(profile: Profile) -> None:
    """A positive skew moves the centre of pressure forwards, none leaves it in the middle, and none is negative."""
    along_m = np.arange(-0.15, 0.15, 1e-4)
    for skew in (-0.1, 0.0, 0.1):
        pressed = pressure(tyres(profile, 0.2, skew), along_m)[0, 0]
        centre_m = float((pressed * along_m).sum() / pressed.sum())
        assert pressed.min() >= 0
        assert np.sign(round(centre_m, 5)) == np.sign(skew)
