"""The lines of a chart: few points, every peak, and times that all channels share."""

from __future__ import annotations

import numpy as np
import pytest

from service.signal_series import MOST_POINTS, series
from tests.wim.crossings import OFFSET, RATE_HZ, SCALE_N, SIX, frame, network
from wim.admission import admit
from wim.frames import NO_NOW_NS, decode_frame
from wim.measure import Meter


@pytest.mark.parametrize("points", [20, 200, 2_000])
def test_no_peak_is_lost(points: int) -> None:
    """However few the points: each channel's greatest and least value stand there, at most so many points."""
    one = decode_frame(frame(SIX), NO_NOW_NS)
    lines = series(one, None, points)
    bare = (one.counts - OFFSET) * SCALE_N
    assert lines.values.shape == (4, len(lines.times_ms))
    assert len(lines.times_ms) <= points
    assert np.array_equal(lines.values.max(axis=1), bare.max(axis=1))
    assert np.array_equal(lines.values.min(axis=1), bare.min(axis=1))
    assert np.all(np.diff(lines.times_ms) > 0)


def test_a_short_frame_is_shown_as_it_is() -> None:
    """Sample by sample, nothing thinned."""
    one = decode_frame(frame(SIX), NO_NOW_NS)
    samples = one.counts.shape[1]
    lines = series(one, None, samples)
    assert lines.samples_a_point == 1
    assert np.array_equal(lines.values, (one.counts - OFFSET) * SCALE_N)
    assert lines.times_ms[-1] == pytest.approx((samples - 1) * 1e3 / RATE_HZ)


def test_a_weighed_frame_shows_what_was_integrated() -> None:
    """The force above its baseline, as the trace has it."""
    one = decode_frame(frame(SIX), NO_NOW_NS)
    trace = Meter(*admit(network(), one)).trace(one)
    lines = series(one, trace)
    assert len(lines.times_ms) <= MOST_POINTS
    assert lines.values.max() == trace.force_n.max()
