"""What the simulated scales say is as wrong as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.scenario import Scenario
from tests.sensors.simulator.runs import Played, play, recorded
from wim.records import HOUR_NS, Flag


def test_the_error_of_gross_weight_is_the_stated_one(day: Played) -> None:
    """Over all vehicles error ÷ gross_sigma is standard normal, whatever the site and the speed."""
    passages, truth = recorded(day)
    whole = (passages["flags"] & Flag.STRADDLING) == 0
    true_kg = truth["gross_kg"][whole].astype(float)
    z = (passages["gross_kg"][whole] - true_kg) / true_kg / passages["gross_sigma"][whole]
    # Lane biases are a draw of nineteen: they move the mean by a tenth of sigma.
    assert np.mean(z) == pytest.approx(0, abs=0.15)
    assert np.std(z) == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.015)


def test_more_lines_and_more_speed_weigh_better(day: Played) -> None:
    """The four lines of G25-K071 and a fast vehicle have the smaller uncertainty."""
    four = day.passages["site"] == b"G25-K071"
    fast = day.passages["speed_kmh"] > 80
    sigma = day.passages["gross_sigma"]
    assert sigma[four & ~fast].max() < sigma[~four & ~fast].min()
    assert sigma[~four & fast].max() < sigma[~four & (day.passages["speed_kmh"] < 55)].min()


@pytest.mark.parametrize("sigma", [0.01, 0.04])
def test_gross_sigma_follows_the_scenario(sigma: float) -> None:
    """Fast vehicles over two lines are weighed with the error that the scenario gives, beside the lane's bias."""
    passages, truth = recorded(play(Scenario(rate_per_s=20.0, gross_sigma=sigma, straddling_share=0), HOUR_NS // 4))
    fast = (passages["speed_kmh"] > 83) & (passages["site"] != b"G25-K071")
    assert passages["gross_sigma"][fast] == pytest.approx(np.hypot(sigma, 0.004), rel=0.001)
    scatter = np.std(passages["gross_kg"][fast] / truth["gross_kg"][fast])
    assert scatter == pytest.approx(np.hypot(sigma, 0.004), rel=5 / np.sqrt(2 * fast.sum()) + 0.1)


def test_axles_scatter_more_than_their_sum(day: Played) -> None:
    """Suspensions move load between axles, so that an axle is less certain than the vehicle."""
    passages, truth = recorded(day)
    six = (passages["axle_count"] == 6) & ((passages["flags"] & Flag.STRADDLING) == 0)
    measured = (passages["left_kg"].astype(float) + passages["right_kg"])[six, 1]
    true = (truth["left_kg"].astype(float) + truth["right_kg"])[six, 1]
    whole = passages["gross_kg"][six] / truth["gross_kg"][six]
    assert np.std(measured / true) > 1.5 * np.std(whole)


def test_sides_differ_and_stay_within_reason(day: Played) -> None:
    """No lane looks copied: left and right differ as loads on a crowned road do."""
    sides = (day.passages["flags"] & (Flag.AXLE_ONLY | Flag.STRADDLING)) == 0
    trucks = day.passages[sides & (day.passages["gross_kg"] >= 4_500)]
    left, right = trucks["left_kg"].sum(axis=1, dtype=float), trucks["right_kg"].sum(axis=1, dtype=float)
    assert np.mean(np.all(trucks["left_kg"] == trucks["right_kg"], axis=1)) < 0.001
    assert np.abs((left - right) / trucks["gross_kg"]).max() < 0.3
    assert 0.01 < np.std((left - right) / trucks["gross_kg"]) < 0.1


def test_a_site_that_weighs_whole_axles_says_so(day: Played) -> None:
    """AXLE_ONLY stands exactly where the registry has full-width strips, with the axle in the left field."""
    flagged = (day.passages["flags"] & Flag.AXLE_ONLY) != 0
    assert np.array_equal(flagged, day.passages["site"] == b"S340-K026")
    assert not day.passages["right_kg"][flagged].any()


def test_straddlers_are_flagged_and_weigh_too_little() -> None:
    """A wheel beside the strip is load that the scale does not see."""
    passages, truth = recorded(play(Scenario(rate_per_s=20.0, straddling_share=0.2), HOUR_NS // 4))
    straddling = (passages["flags"] & Flag.STRADDLING) != 0
    ratio = passages["gross_kg"] / truth["gross_kg"]
    assert straddling.mean() == pytest.approx(0.2, abs=0.02)
    assert np.median(ratio[straddling]) < 0.85
    assert np.median(ratio[~straddling]) == pytest.approx(1, abs=0.01)


def test_the_pavement_is_warmest_in_the_afternoon(day: Played) -> None:
    """Temperature follows the hour."""
    hour = (day.passages["time_ns"] - day.traffic.scenario.start_ns) // HOUR_NS
    by_hour = np.array([day.passages["pavement_c"][hour == at].mean() for at in range(24)])
    assert by_hour.argmax() in (14, 15)
    assert by_hour.argmin() in (2, 3)


def test_tyres_are_reported_where_there_is_a_sensor() -> None:
    """The six-axle truck has one single-tyred axle, in front; without the sensor nothing is said."""
    scenario = Scenario(rate_per_s=20.0)
    passages = play(scenario, HOUR_NS // 12).passages
    # 0b10_10_10_10_10_01: single, then five times dual.
    assert {0b101010101001} <= set(passages["tyres"][passages["axle_count"] == 6].tolist())
    assert set(play(replace(scenario, tyre_sensor=False), HOUR_NS // 12).passages["tyres"]) == {0}
