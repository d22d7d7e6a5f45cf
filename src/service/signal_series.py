"""A frame as the lines of a chart: few enough points for a phone, and no peak lost.

A stretch of samples becomes two points, its least and its greatest value in the order in which they came, so a chart
of 2 000 points shows the very peaks of a frame of 50 000 samples. All channels share the times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from wim.frames import Frame, Kind
from wim.trace import Trace

#: Points of a line: more than a wide screen has columns.
MOST_POINTS: Final = 2_000

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """times_ms: shape (points,); values: shape (channels, points), newton for a strip, relative inductance for a loop.

    `samples_a_point` is 1 where nothing was thinned.
    """

    times_ms: Floats
    values: Floats
    samples_a_point: float


def series(frame: Frame, trace: Trace | None, most_points: int = MOST_POINTS) -> Series:
    """The lines of a frame: what was integrated of each strip, or its bare force where it was not weighed."""
    samples, to_ms = frame.counts.shape[1], 1e3 / float(frame.head["rate_hz"])
    values = np.stack([_values(frame, trace, channel) for channel in range(len(frame.channels))])
    if samples <= most_points:
        return Series(np.arange(samples) * to_ms, values, 1.0)
    # Two points a stretch, and no more stretches than half the points.
    size = -(-samples // (most_points // 2))
    starts = np.arange(0, samples, size)
    times = np.stack([starts, starts + size / 2], axis=1).ravel() * to_ms
    return Series(times, np.stack([_extremes(line, size) for line in values]), size / 2)


def _values(frame: Frame, trace: Trace | None, channel: int) -> Floats:
    row = frame.channels[channel]
    if trace is not None and row["kind"] != Kind.LOOP:
        force_n: Floats = trace.force_n[channel]
        return force_n
    bare: Floats = (frame.counts[channel] - float(row["offset"])) * float(row["scale"])
    return bare


def _extremes(line: Floats, size: int) -> Floats:
    """The least and the greatest of each stretch, as they came; shape (2 stretches,)."""
    short = -len(line) % size
    stretches = np.pad(line, (0, short), mode="edge").reshape(-1, size)
    first, last = stretches.argmin(axis=1), stretches.argmax(axis=1)
    places = np.stack([np.minimum(first, last), np.maximum(first, last)], axis=1)
    return np.take_along_axis(stretches, places, axis=1).ravel()
