"""Pulses of a row, told state by state, and weighed on a line that is fitted to the quiet beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.kernels import pulses as kernels
from wim.kernels.weigh_arrays import MOST_PULSES

Floats = npt.NDArray[np.float64]
Stretch = tuple[int, int]


@dataclass
class Pulse:
    """Blocks [first, end) above the threshold, and [window, window_end) that is integrated."""

    first: int
    end: int
    peak_n: float
    part: float
    window: int = 0
    window_end: int = 0

    @property
    def length(self) -> int:
        """In blocks."""
        return self.end - self.first


def find_pulses(total: Floats, block_s: float, noise_n: float) -> list[Pulse]:
    """total (blocks,): force of a whole row.

    Waiting, the rest level is followed, by no more than a threshold at once; faster for a moment behind a pulse, in
    which no other begins. Inside, it stands still; a foot that is too long for a tyre is none, but a new rest level.
    """
    begins_n = max(kernels.LEAST_N, kernels.NOISES_HIGH * noise_n)
    shut = int(kernels.CATCHING_S / block_s) + 1
    shortest = max(3, int(kernels.SHORTEST_S / block_s))
    found: list[Pulse] = []
    rest, open_at, waited = 0.0, None, shut
    peak, foot = 0.0, 0
    for block, force in enumerate(total):
        above = float(force) - rest
        if open_at is None and above > begins_n and waited >= shut:
            open_at, foot, peak = block, block, above
        elif open_at is None:
            time_s = kernels.CATCH_S if waited < shut else kernels.FOLLOW_S
            rest += min(1.0, block_s / time_s) * float(np.clip(above, -begins_n, begins_n))
            waited += 1
        else:
            peak = max(peak, above)
            foot = block if above >= kernels.PART_FOOT * peak else foot
            longest = kernels.FOOT_TIMES * (foot - open_at) + int(kernels.MAINS_S / block_s)
            if block - foot > longest:
                found.append(_pulse(open_at, foot + (block - foot) // 3, peak, begins_n))
            elif above < max(kernels.PART_THRESHOLD * begins_n, kernels.PART_END * peak):
                found.append(_pulse(open_at, block, peak, begins_n))
            else:
                continue
            if block - open_at < shortest:
                found.pop()
            rest, open_at, waited = rest + above, None, 0
    if open_at is not None and len(total) - open_at >= shortest:
        found.append(_pulse(open_at, len(total), peak, begins_n))
    return drop_splinters(found[:MOST_PULSES])


def _pulse(first: int, end: int, peak: float, begins_n: float) -> Pulse:
    return Pulse(first, end, peak, min(1.0, max(begins_n, kernels.PART_END * peak) / peak))


def drop_splinters(pulses: list[Pulse]) -> list[Pulse]:
    """Without those that are both short beside the longer of their neighbours and hardly above the threshold."""
    lengths = [0, *(pulse.length for pulse in pulses), 0]
    return [
        pulse
        for pulse, before, behind in zip(pulses, lengths, lengths[2:], strict=False)
        if pulse.length >= kernels.SHORT * max(before, behind) or pulse.part * kernels.LOW <= 1.0
    ]


def open_windows(pulses: list[Pulse], blocks: int, block_s: float) -> None:
    """Beyond each pulse by a part of it, never past the middle of a gap, and to whole periods of the mains if two
    fifths of the gaps hold them.
    """
    period = max(1, math.floor(kernels.MAINS_S / block_s + 0.5))
    for index, pulse in enumerate(pulses):
        gap_before = pulse.first - (pulses[index - 1].end if index else -blocks)
        gap_behind = (pulses[index + 1].first if index + 1 < len(pulses) else 2 * blocks) - pulse.end
        reach = pulse.length * (kernels.MARGIN + kernels.MARGIN_PART * pulse.part) + kernels.MARGIN_S / block_s
        margin = int(reach) + 1
        before, behind = min(margin, gap_before // 2), min(margin, gap_behind // 2)
        most_before, most_behind = gap_before * 2 // 5, gap_behind * 2 // 5
        length = pulse.length + before + behind
        whole = math.ceil(length / period) * period
        if whole <= pulse.length + most_before + most_behind and whole <= 2 * length:
            before, behind = _shared(whole - length, before, behind, most_before, most_behind)
        pulse.window = max(0, pulse.first - before)
        pulse.window_end = min(blocks, pulse.end + behind)


def _shared(more: int, before: int, behind: int, most_before: int, most_behind: int) -> tuple[int, int]:
    """Half of it on either side; what has no room on one goes to the other."""
    spare_before, spare_behind = max(0, most_before - before), max(0, most_behind - behind)
    early = min(more // 2, spare_before)
    late = min(more - early, spare_behind)
    return before + min(more - late, spare_before), behind + late


def quiet(pulses: list[Pulse], blocks: int) -> npt.NDArray[np.bool_]:
    """Which blocks no window holds."""
    free = np.ones(blocks, np.bool_)
    for pulse in pulses:
        free[pulse.window : pulse.window_end] = False
    return free


def _runs(free: npt.NDArray[np.bool_]) -> list[Stretch]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free.astype(np.int8), [0]])))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def weigh_pulse(forces: Floats, pulses: list[Pulse], index: int, block_s: float) -> tuple[Floats, float, float]:
    """Area of each strip in N s, the centroid and the spread of all together in s; forces (strips, blocks)."""
    pulse = pulses[index]
    inside = slice(pulse.window, pulse.window_end)
    middles = np.arange(forces.shape[1]) + 0.5
    above = np.array([force - _baseline(force, pulses, index, block_s)(middles) for force in forces])
    areas = above[:, inside].sum(axis=1) * block_s
    reach = pulse.length // 4 + 1
    core = slice(max(pulse.window, pulse.first - reach), min(pulse.window_end, pulse.end + reach))
    weights = above[:, core].sum(axis=0)
    middle, even_s = 0.5 * (pulse.first + pulse.end), areas.sum() / pulse.peak_n
    if weights.sum() <= 0.0:
        return areas, middle * block_s, 0.2 * pulse.length * block_s
    centre = np.average(middles[core], weights=weights)
    square = np.average((middles[core] - centre) ** 2, weights=weights)
    spread_s = math.sqrt(max(0.0, square)) * block_s
    return areas, centre * block_s, min(max(spread_s, kernels.NARROWEST * even_s), kernels.WIDEST * even_s)


def _baseline(force: Floats, pulses: list[Pulse], index: int, block_s: float) -> np.poly1d:
    """The line through the nearest quiet on either side."""
    pulse = pulses[index]
    length = pulse.window_end - pulse.window
    period = max(1, math.floor(kernels.MAINS_S / block_s + 0.5))
    wanted = max(period, (length + period // 2) // period * period)
    least = max(2, int(kernels.QUIET_S / block_s), int(kernels.QUIET_PART * length))
    runs = [run for run in _runs(quiet(pulses, len(force))) if run[1] - run[0] >= least]
    before = [(max(first, end - wanted), end) for first, end in runs if end <= pulse.window][-1:]
    behind = [(first, min(end, first + wanted)) for first, end in runs if first >= pulse.window_end][:1]
    beside = before + behind
    if not beside:
        return np.poly1d([0.0])
    places = [(first + end) / 2 for first, end in beside]
    levels = [force[first:end].mean() for first, end in beside]
    return np.poly1d(np.polyfit(places, levels, len(beside) - 1))


def decay_of(force: Floats, pulses: list[Pulse], block_s: float, noise_n: float) -> tuple[float, float]:
    """Right side and matrix of κ's normal equation from one strip, where nothing is on it: y = a + b t − κ ∫ y dt."""
    step = max(1, len(force) // 2_000)
    integral = (np.cumsum(force) - 0.5 * force) * block_s
    looked = quiet(pulses, len(force)) & (np.arange(len(force)) % step == 0)
    times_s = np.arange(len(force))[looked] * block_s
    if len(times_s) < 8:
        return 0.0, 0.0
    line = np.stack([np.ones(len(times_s)), times_s], axis=1)
    y, h = (_without(line, values[looked]) for values in (force, integral))
    weight = step * block_s / (kernels.INDEPENDENT_S * max(noise_n, 1.0) ** 2)
    return weight * float(h @ y), weight * float(h @ h)


def _without(line: Floats, values: Floats) -> Floats:
    return np.asarray(values - line @ np.linalg.lstsq(line, values, rcond=None)[0])


def decay_from(sums: tuple[float, float]) -> float:
    """What the strips say and what is usual, each by its certainty; an amplifier gains nothing."""
    usual = 1.0 / kernels.DECAY_SPREAD_PER_S**2
    said = -sums[0] / sums[1] if sums[1] else 0.0
    return max(0.0, float(np.average([said, kernels.USUAL_DECAY_PER_S], weights=[sums[1], usual])))
