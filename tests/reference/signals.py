"""Counts to force, as one would write it on paper: reshaped, sorted, and the amplifier as a matrix."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wim.kernels import signals as kernels

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]


def block_size(rate_hz: int) -> int:
    """Samples in half a millisecond, at least one."""
    return max(1, math.floor(kernels.BLOCK_S * rate_hz + 0.5))


def sum_blocks(row: Counts, size: int) -> Floats:
    """Shape (blocks,); what does not fill a block is left out."""
    return np.asarray(row[: len(row) // size * size].astype(np.float64).reshape(-1, size).sum(axis=1))


def range_of(row: Counts) -> tuple[int, int]:
    """Lowest and highest."""
    return int(row.min()), int(row.max())


def largest_jump(row: Counts) -> int:
    """Between neighbours."""
    return int(np.abs(np.diff(row.astype(np.int64))).max())


def trembling(row: Counts, samples: int) -> float:
    """White noise of deviation s has neighbours 2 s/√π apart in the mean."""
    return float(np.abs(np.diff(row[:samples].astype(np.float64))).mean() * math.sqrt(math.pi) / 2.0)


def mend_spikes(row: Counts, limit: float, longest: int) -> tuple[Floats, int]:
    """The row with every spark replaced by the line between what was before and what came after, and their samples."""
    values = row.astype(np.float64)
    mended = values.copy()
    place = count = 0
    while place < len(row) - 1:
        back = _back_at(values, place, limit, longest)
        if back is None:
            place += 1
            continue
        mended[place : back + 1] = np.linspace(values[place], values[back], back - place + 1)
        count += back - place - 1
        place = back
    return mended, count


def _back_at(values: Floats, place: int, limit: float, longest: int) -> int | None:
    """Where a jump behind `place` has jumped back to it, all at once."""
    if abs(values[place + 1] - values[place]) <= limit:
        return None
    for back in range(place + 2, min(place + 2 + longest, len(values))):
        if abs(values[back] - values[place]) < limit and abs(values[back] - values[back - 1]) > limit / 2:
            return back
    return None


def at_end(row: Counts, noise_counts: float) -> int:
    """Samples at an end of the converter's range; or of a flat top that no tyre has."""
    top = int((row == row.max()).sum())
    flat = row.max() == kernels.HIGHEST or (noise_counts > 1.0 and top >= kernels.FLAT_SAMPLES)
    cut = top * bool(flat) + int((row == kernels.LOWEST).sum())
    return cut if cut > kernels.MOST_AT_END else 0


def read_channel(row: Counts, rate_hz: int, newton: float) -> tuple[Floats, int, int]:
    """Force in blocks above the rest of the first 40 ms, clipped samples, mended samples."""
    size = block_size(rate_hz)
    quiet = row[: max(2, int(kernels.REST_S * rate_hz))].astype(np.float64)
    noise_counts = trembling(row, len(quiet))
    reach = np.abs(row - quiet.mean()).max()
    limit = reach * min(0.6, kernels.STEEPEST_PER_S / rate_hz) + 12.0 * noise_counts + 2.0
    mended, spikes = mend_spikes(row, limit, max(2, int(kernels.SPIKE_S * rate_hz)))
    blocks = mended[: len(row) // size * size].reshape(-1, size).mean(axis=1)
    return newton * (blocks - quiet.mean()), at_end(row, noise_counts), spikes


def undroop(force: Floats, block_s: float, decay_per_s: float) -> Floats:
    """y + κ ∫ y dt up to the middle of each block."""
    return _leak(len(force), decay_per_s * block_s) @ force


def droop(force: Floats, block_s: float, decay_per_s: float) -> Floats:
    """What that came from."""
    return np.asarray(np.linalg.solve(_leak(len(force), decay_per_s * block_s), force), np.float64)


def _leak(blocks: int, step: float) -> Floats:
    """1 + κ times the integral: whole blocks before, half of one's own."""
    return np.asarray(np.eye(blocks) * (1.0 + step / 2.0) + step * np.tri(blocks, k=-1))


def high_pass(force: Floats, step_s: float, decay_per_s: float) -> Floats:
    """What an amplifier makes of a force, by its answer to a knock: δ(t) − κ e^(−κt)."""
    knock = np.exp(-decay_per_s * step_s * np.arange(len(force)))
    # Of the step in which the knock itself falls, half is over.
    knock[0] = 0.5
    return force - decay_per_s * step_s * np.convolve(knock, force)[: len(force)]


def median(values: Floats) -> float:
    """The middle one, of an even number the upper."""
    return float(np.sort(values)[len(values) // 2])


def noise_of(force: Floats, block_s: float) -> float:
    """From what a channel changes within ten milliseconds, where it is quiet."""
    lag = max(1, math.floor(kernels.LAG_S / block_s + 0.5))
    changes = np.abs(force[lag:] - force[:-lag])
    if len(changes) < 4:
        return 0.0
    looks = min(kernels.LOOKS, len(changes))
    # Half of all normal values lie within 0.6745 deviations; a difference of two has √2 of one's.
    return median(changes[np.arange(looks) * len(changes) // looks]) / 0.9539
