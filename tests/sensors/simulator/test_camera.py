"""The camera reads, doubts, misreads and fails as often as it is told to, worse by night."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.camera import CERTAIN_CONFIDENCE, CameraShares, Reading, Sightings, look
from sensors.simulator.plates import invented
from tests.sensors.simulator.runs import MIDNIGHT_NS, Played, recorded
from wim.records import HOUR_NS, UNKNOWN_COLOUR

COUNT = 40_000
SHARES = CameraShares(unread=(0.02, 0.08), misread=(0.01, 0.03), doubtful=(0.05, 0.15))


def looked(daylight: float) -> Sightings:
    colour = np.ones(COUNT, np.uint8)
    none = np.zeros(COUNT, np.bool_)
    return look(
        invented(np.arange(COUNT), colour),
        colour,
        covered=none,
        dark=none,
        daylight=np.full(COUNT, daylight),
        shares=SHARES,
        rng=np.random.default_rng(3),
    )


@pytest.mark.parametrize("daylight", [0.0, 0.5, 1.0])
def test_shares_go_from_night_to_day(daylight: float) -> None:
    """Each outcome has the share of the light, mixed in twilight."""
    reading = looked(daylight).reading
    for outcome, (by_day, by_night) in {
        Reading.UNREAD: SHARES.unread,
        Reading.MISREAD: SHARES.misread,
        Reading.DOUBTFUL: SHARES.doubtful,
    }.items():
        share = by_day * daylight + by_night * (1 - daylight)
        assert np.mean(reading == outcome) == pytest.approx(share, abs=5 * np.sqrt(share / COUNT))


def test_confidence_tells_good_readings_from_doubtful_ones() -> None:
    """A good reading is certain, a doubtful one is not, and some misreadings look good: that is their danger."""
    seen = looked(0.0)
    certain = seen.confidence >= CERTAIN_CONFIDENCE
    assert certain[seen.reading == Reading.READ].all()
    assert not certain[seen.reading == Reading.DOUBTFUL].any()
    assert 0.1 < certain[seen.reading == Reading.MISREAD].mean() < 0.3
    assert seen.confidence.max() <= 100


def test_nothing_read_is_nothing_said() -> None:
    """Without a reading the plate is empty, its colour unknown and the confidence 0."""
    seen = looked(0.0)
    nothing = seen.reading == Reading.UNREAD
    assert set(seen.plate[nothing].tolist()) == {b""}
    assert set(seen.colour[nothing]) == {UNKNOWN_COLOUR}
    assert set(seen.confidence[nothing]) == {0}
    assert np.all(seen.confidence[~nothing] > 0)


def test_the_true_plate_is_kept_beside_what_was_read(day: Played) -> None:
    """Records of read and doubtful plates show the truth, misread ones something else, the others nothing."""
    passages, truth = recorded(day)
    reading = truth["reading"]
    right = (reading == Reading.READ) | (reading == Reading.DOUBTFUL)
    assert np.array_equal(passages["plate"] == truth["plate"], right)
    assert np.array_equal(passages["plate"] == b"", reading >= Reading.UNREAD)
    assert (reading == Reading.MISREAD).any()


def test_more_plates_are_missed_by_night(day: Played) -> None:
    """The read rate of a simulated day has the gap that day and night figures are kept apart for."""
    hour = (day.passages["time_ns"] - MIDNIGHT_NS) // HOUR_NS
    unread = day.passages["plate"] == b""
    assert unread[hour < 5].mean() > 2 * unread[(hour >= 8) & (hour < 17)].mean()
