"""From counts to force: blocks of half a millisecond, without spikes, without what the amplifier has made of it.

A charge amplifier is a high-pass of first order. With κ = 1/τ its output y of a force F obeys F = y + κ ∫ y dt, so the
force comes back by one running sum. What the vehicle before left in the amplifier, −u exp(−κt), becomes the constant
−u by the same sum, and a rest level that is off by b becomes the line b + κ b t: both are baseline, and fall out where
the baseline of a pulse is drawn from the quiet on either side of it.
"""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import CLIPPED, Floats, Structured

Counts = npt.NDArray[np.int16]

#: A block is so long: a twentieth of the shortest pulse, which a small tyre makes at 120 km/h.
BLOCK_S = 0.0005
#: The rest of a channel is taken from so long; contracts §1 promises 50 ms before the first tyre.
REST_S = 0.040
#: Range of the converter.
LOWEST, HIGHEST = -32_768, 32_767
#: So many samples at the end of the range are no accident of noise.
MOST_AT_END = 2
#: A channel that stays at its own highest count for so long, though its noise is more than a count, is clipped by its
#: amplifier: a tyre's flat top trembles.
FLAT_SAMPLES = 8
#: No tyre lifts a strip from rest to its peak faster than it rolls over half its width: 25 mm at 130 km/h.
STEEPEST_PER_S = 1_440.0
#: A spark lasts no longer.
SPIKE_S = 0.0012


@kernel
def block_size(rate_hz: int) -> int:
    """Samples of a block."""
    return max(1, int(rate_hz * BLOCK_S + 0.5))


@kernel
def sum_blocks(row: Counts, size: int, blocks: int, sums: Floats) -> None:
    """Write the sum of each block of one channel."""
    place = 0
    for block in range(blocks):
        total = 0
        for _ in range(size):
            total += np.int64(row[place])
            place += 1
        sums[block] = total


@kernel
def range_of(row: Counts) -> tuple[int, int]:
    """The lowest and the highest count of a channel."""
    low = np.int32(row[0])
    high = np.int32(row[0])
    for sample in range(row.shape[0]):
        value = np.int32(row[sample])
        low = min(low, value)
        high = max(high, value)
    return low, high


@kernel
def largest_jump(row: Counts) -> int:
    """The largest change from one sample to the next."""
    most = np.int32(0)
    for sample in range(1, row.shape[0]):
        most = max(most, abs(np.int32(row[sample]) - np.int32(row[sample - 1])))
    return most


@kernel
def trembling(row: Counts, samples: int) -> float:
    """RMS of the white noise in counts, from the changes between neighbours among the first samples."""
    total = 0.0
    for sample in range(1, samples):
        total += abs(np.float64(row[sample]) - np.float64(row[sample - 1]))
    # The mean of |a − b| of two normal values is 2/√π of their deviation.
    return total / max(1, samples - 1) / 1.1284


@kernel
def mend_spikes(row: Counts, limit: float, longest: int, size: int, blocks: int, sums: Floats) -> int:
    """Replace what jumps away and back again within `longest` samples by a line, in the sums; returns how many.

    A jump that does not come back within that is no spark, and stays.
    """
    mended = 0
    sample = 1
    while sample < row.shape[0]:
        before = np.float64(row[sample - 1])
        if abs(np.float64(row[sample]) - before) > limit:
            end = back_at(row, sample, limit, longest)
            if end > 0:
                after = np.float64(row[end]) if end < row.shape[0] else before
                for place in range(sample, end):
                    share = (place - sample + 1) / (end - sample + 1)
                    block = place // size
                    if block < blocks:
                        sums[block] += before + share * (after - before) - np.float64(row[place])
                mended += end - sample
                sample = end
        sample += 1
    return mended


@kernel
def back_at(row: Counts, first: int, limit: float, longest: int) -> int:
    """Where a channel that jumped at `first` has jumped back; 0 where it does not in time."""
    before = np.float64(row[first - 1])
    for place in range(first + 1, min(first + longest, row.shape[0] - 1) + 1):
        if abs(np.float64(row[place]) - before) < limit and (
            abs(np.float64(row[place]) - np.float64(row[place - 1])) > 0.5 * limit
        ):
            return place
    return 0


@kernel
def at_end(row: Counts, low: int, high: int, noise_counts: float) -> int:
    """Samples that the converter or the amplifier has cut off."""
    cut = 0
    flat = 0
    for sample in range(row.shape[0]):
        if row[sample] == high:
            flat += 1
    if high == HIGHEST or (noise_counts > 1.0 and flat >= FLAT_SAMPLES):
        cut += flat
    if low == LOWEST:
        for sample in range(row.shape[0]):
            if row[sample] == LOWEST:
                cut += 1
    return cut if cut > MOST_AT_END else 0


@kernel
def read_channel(
    row: Counts, rate_hz: int, newton: float, size: int, blocks: int, force: Floats, strip: Structured
) -> None:
    """Write the force of one channel, in N above rest and with the amplifier's droop, and what is wrong with it.

    strip: CHANNEL (1,).
    """
    sum_blocks(row, size, blocks, force)
    quiet = min(row.shape[0], max(2, int(REST_S * rate_hz)))
    rest = 0.0
    for sample in range(quiet):
        rest += row[sample]
    rest /= quiet
    low, high = range_of(row)
    noise_counts = trembling(row, quiet)
    strip[0].clipped = at_end(row, low, high, noise_counts)
    strip[0].bad = CLIPPED if strip[0].clipped else 0
    reach = max(high - rest, rest - low)
    limit = reach * min(0.6, STEEPEST_PER_S / rate_hz) + 12.0 * noise_counts + 2.0
    longest = max(2, int(SPIKE_S * rate_hz))
    strip[0].spikes = mend_spikes(row, limit, longest, size, blocks, force) if largest_jump(row) > limit else 0
    for block in range(blocks):
        force[block] = newton * (force[block] / size - rest)


@kernel
def undroop(force: Floats, blocks: int, block_s: float, decay_per_s: float) -> None:
    """Give back what the amplifier has let go, in place."""
    held = 0.0
    step = decay_per_s * block_s
    for block in range(blocks):
        value = force[block]
        force[block] = value + step * (held + 0.5 * value)
        held += value


@kernel
def droop(force: Floats, blocks: int, block_s: float, decay_per_s: float) -> None:
    """The way back, for another decay: undoes `undroop` in place."""
    held = 0.0
    step = decay_per_s * block_s
    for block in range(blocks):
        value = (force[block] - step * held) / (1.0 + 0.5 * step)
        force[block] = value
        held += value


@kernel
def median(values: Floats, count: int) -> float:
    """The middle one of the first `count` values, which lose their order (quickselect)."""
    low = 0
    high = count - 1
    middle = count // 2
    while low < high:
        pivot = values[(low + high) // 2]
        left = low
        right = high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if middle <= right:
            high = right
        elif middle >= left:
            low = left
        else:
            return values[middle]
    return values[middle]


#: Noise is told from force by how much a channel changes within this time: the length of a pulse at 80 km/h.
LAG_S = 0.010
#: Places at which that is looked at.
LOOKS = 200


@kernel
def noise_of(force: Floats, blocks: int, block_s: float, spare: Floats) -> float:
    """RMS of a channel where it is quiet: robust while pulses fill less than half of the frame."""
    lag = max(1, int(LAG_S / block_s + 0.5))
    room = blocks - lag
    if room < 4:
        return 0.0
    looks = min(LOOKS, room)
    for look in range(looks):
        block = look * room // looks
        spare[look] = abs(force[block + lag] - force[block])
    # The median of |difference| of two normal values is 0.6745 √2 of their deviation.
    return median(spare, looks) / 0.9539
