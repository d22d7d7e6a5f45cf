"""What the kernel has left in its room, as the trace of a frame: for pictures and for whoever doubts a weight."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wim.frames import Frame, Side
from wim.kernels.signals import block_size
from wim.kernels.weigh_arrays import Lane, Room
from wim.records import Passages
from wim.trace import WINDOW, Trace

Floats = npt.NDArray[np.float64]

_Window = tuple[int, int, int, int, int, int, float, float]


def trace(frame: Frame, channels: Lane, room: Room, passages: Passages, line_kg: npt.NDArray[np.float32]) -> Trace:
    """The trace of the frame that was measured last with `room` asked for weights; see `wim.measure.Meter`."""
    size = block_size(int(frame.head["rate_hz"]))
    windows = [
        window
        for vehicle, passage in enumerate(passages)
        for axle in range(int(passage["axle_count"]))
        for window in _windows(channels, room, line_kg, vehicle, axle, size)
    ]
    force_n = np.zeros(frame.counts.shape)
    for strip, channel in enumerate(channels.channel):
        force_n[channel] = _force(room, int(channels.row[strip]), strip, size, frame.counts.shape[1])
    return Trace(passages, np.array(windows, WINDOW), force_n)


def _windows(
    channels: Lane, room: Room, line_kg: npt.NDArray[np.float32], vehicle: int, axle: int, size: int
) -> Iterator[_Window]:
    """What every strip integrated of one axle."""
    for strip, channel in enumerate(channels.channel):
        row, line = channels.row[strip], channels.line[strip]
        found = room.seen[room.begin[vehicle] + axle, row]
        if found < 0:
            continue
        pulse = room.pulses[row, found]
        load_kg = float(line_kg[vehicle, axle, line, int(channels.side[strip] == Side.RIGHT)])
        share = 0.0 if room.strips[strip]["bad"] else float(room.weight[vehicle, axle, line])
        first, end = int(pulse["window"]) * size, int(pulse["window_end"]) * size
        yield int(channel), vehicle, axle, 0, first, end, load_kg, share


def _force(room: Room, row: int, strip: int, size: int, samples: int) -> Floats:
    """The force on a strip in N above the baseline that its pulses were integrated on, shape (samples,)."""
    blocks = samples // size
    force = room.force[strip, :blocks]
    pulses = room.pulses[row, : room.pulse_count[row]]
    edges = [0, *(edge for pulse in pulses for edge in (int(pulse["window"]), int(pulse["window_end"]))), blocks]
    quiet = [(first, end) for first, end in list(pairwise(edges))[::2] if end > first]
    if quiet:
        middles = [(first + end) / 2 for first, end in quiet]
        levels = [float(force[first:end].mean()) for first, end in quiet]
        force = force - np.interp(np.arange(blocks) + 0.5, middles, levels)
    return np.interp(np.arange(samples), (np.arange(blocks) + 0.5) * size - 0.5, force)
