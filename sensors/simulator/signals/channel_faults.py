"""Faults behind the converter: cables, loops, tables. Each changes the parts of a frame that is already taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.electronics import HIGHEST, LOWEST
from sensors.simulator.signals.raw import Raw
from sensors.simulator.signals.scene import Fault, Scene
from wim.frames import Kind

Index = npt.NDArray[np.intp]

#: How far off a strip is that was laid elsewhere than the registry says; contracts §1 draws the line at 10 mm.
_DISPLACED_M = (0.03, 0.20)
_SPIKES, _SPIKE_COUNTS = (1, 6), (4_000, 25_000)
#: How often a chattering loop lets go of a vehicle, and for how long.
_CHATTERS_PER_S, _CHATTER_S = 6.0, (0.02, 0.12)
_DISTURBANCE_COUNTS = (500, 3_000)


def spoilt(scene: Scene, raw: Raw) -> Raw:
    """A frame with those faults of its scene that belong here."""
    for fault in scene.faults:
        if fault.kind in CHANNEL_FAULTS:
            rng = fault.generator(scene.seed)
            raw = CHANNEL_FAULTS[fault.kind](raw, strip_row(scene, fault, rng), fault, rng)
    return raw


def strip_row(scene: Scene, fault: Fault, rng: np.random.Generator) -> int:
    """The place of the strip that a fault names, or of one at random.

    Raises:
        ValueError: the lane has no such strip.
    """
    keys = [strip.key for strip in scene.installation.lane.strips]
    if fault.strip:
        if fault.strip not in keys:
            raise ValueError(f"the lane has no strip {fault.strip!r}; it has {', '.join(keys)}")
        return keys.index(fault.strip)
    return int(rng.integers(0, len(keys)))


def _spike(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """Impulses of a sample or a few, of either sign, as a spark or a loose plug makes them."""
    counts = raw.counts.copy()
    for begin in rng.integers(0, counts.shape[1], rng.integers(*_SPIKES)):
        high = fault.size if np.isfinite(fault.size) else rng.uniform(*_SPIKE_COUNTS)
        high = high if rng.random() < 0.5 else -high
        some = counts[row, begin : begin + rng.integers(1, 5)]
        some[:] = np.clip(some + high, LOWEST, HIGHEST)
    return raw._replace(counts=counts)


def _swapped_lines(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """The cables of two neighbouring lines in each other's sockets."""
    line, strips = raw.channels["line"], raw.channels["kind"] == Kind.STRIP
    one = min(int(line[row]), int(line[strips].max()) - 1)
    order = np.arange(len(line))
    for side in np.unique(raw.channels["side"][strips]):
        here = strips & (raw.channels["side"] == side)
        first, second = np.flatnonzero(here & (line == one)), np.flatnonzero(here & (line == one + 1))
        order[first], order[second] = second, first
    return raw._replace(counts=raw.counts[order])


def _missing_channel(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """The unit does not send a strip at all."""
    return Raw(raw.head, np.delete(raw.channels, row), np.delete(raw.counts, row, axis=0))


def _displaced_strip(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """The unit's table has another place for a strip than the registry."""
    channels = raw.channels.copy()
    by_m = fault.size if np.isfinite(fault.size) else rng.choice([-1, 1]) * rng.uniform(*_DISPLACED_M)
    channels["position_m"][row] += by_m
    return raw._replace(channels=channels)


def _chattering_loop(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """The loops let go of a vehicle again and again, all of them at once: their detector does it."""
    loops = np.flatnonzero(raw.channels["kind"] == Kind.LOOP)
    samples, rate_hz = raw.counts.shape[1], int(raw.head["rate_hz"][0])
    held = np.ones(samples, np.bool_)
    for begin in rng.integers(0, samples, 1 + rng.poisson(_CHATTERS_PER_S * samples / rate_hz)):
        held[begin : begin + int(rng.uniform(*_CHATTER_S) * rate_hz)] = False
    counts = raw.counts.copy()
    counts[loops] *= held
    return raw._replace(counts=counts)


def _loop_disturbed(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """Something magnetic on the road or under the vehicle: the loops wander as if more vehicles came and went."""
    loops = np.flatnonzero(raw.channels["kind"] == Kind.LOOP)
    samples, rate_hz = raw.counts.shape[1], int(raw.head["rate_hz"][0])
    knots = np.arange(0, samples + rate_hz, max(1, rate_hz // 8))
    counts = raw.counts.astype(np.float64)
    for loop in loops:
        high = rng.uniform(*_DISTURBANCE_COUNTS)
        counts[loop] += np.interp(np.arange(samples), knots, high * rng.uniform(-0.5, 1.5, len(knots)))
    return raw._replace(counts=np.clip(np.rint(counts), LOWEST, HIGHEST).astype(np.int16))


def _dead_loop(raw: Raw, row: int, fault: Fault, rng: np.random.Generator) -> Raw:
    """The loops say nothing, though the table has them."""
    counts = raw.counts.copy()
    counts[raw.channels["kind"] == Kind.LOOP] = 0
    return raw._replace(counts=counts)


CHANNEL_FAULTS: Final[Mapping[str, Callable[[Raw, int, Fault, np.random.Generator], Raw]]] = {
    "spike": _spike,
    "swapped_lines": _swapped_lines,
    "missing_channel": _missing_channel,
    "displaced_strip": _displaced_strip,
    "chattering_loop": _chattering_loop,
    "loop_disturbed": _loop_disturbed,
    "dead_loop": _dead_loop,
}
