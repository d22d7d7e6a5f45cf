"""How many vehicles a frame holds, by its loops, by the laser's length, and by gaps that no vehicle has.

A loop feels the metal above it. While the space between two axles of one vehicle passes over it, the change stays;
between two vehicles it falls nearly to nothing, on every loop at the same place behind the first axle. A loop that lets
go elsewhere, or suddenly, tells nothing: then nobody knows.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.motion import time_at
from wim.kernels.signals import median, sum_blocks
from wim.kernels.weigh_arrays import Floats, Ints, Structured

#: Of the change at the axles beside it, what is left over a gap between two vehicles; a chassis leaves more than a
#: third, a gap of 2.5 m under a loop of 2 m a tenth.
LETS_GO = 0.30
#: Two vehicles' nearest axles: rear overhang, a car's length of nothing, front overhang.
LEAST_GAP_M = 2.4
#: No vehicle has its axles farther apart than this; contracts §3 has 15 m, which low loaders reach.
MOST_GAP_M = 15.0
#: The laser's error and what juts out.
LENGTH_SLACK_M = 0.35
#: A loop that changes less than so many of its noises is dead.
LIVE_NOISES = 12.0
#: A lowest change of more than this part of the highest is no rest.
NEVER_OFF = 0.3
#: Metal cannot leave a loop within a block; a detector that lets go can.
SUDDEN = 0.5

#: What the loops say of a vehicle.
ONE, TWO, UNCLEAR = 0, 1, 2


@kernel
def read_loop(counts: Ints, size: int, blocks: int, rest: float, scale: float, change: Floats, spare: Floats) -> bool:
    """Write the change of a loop, without its sign and above its least; returns whether it lives."""
    sum_blocks(counts, size, blocks, change)
    least = math.inf
    most = 0.0
    for block in range(blocks):
        change[block] = abs((change[block] / size - rest) * scale)
        least = min(least, change[block])
        most = max(most, change[block])
    # The quietest twentieth, not the very least, which is noise.
    looks = min(400, blocks)
    for look in range(looks):
        spare[look] = change[look * blocks // looks]
    rest_level = lowest_part(spare, looks)
    # A loop that never lets go within the frame shows no rest; what the unit calls rest must do.
    if rest_level > NEVER_OFF * most:
        rest_level = 0.0
    for block in range(blocks):
        change[block] = max(0.0, change[block] - rest_level)
    looks = min(200, blocks - 1)
    for look in range(looks):
        block = look * (blocks - 1) // looks
        spare[look] = abs(change[block + 1] - change[block])
    return most - rest_level > LIVE_NOISES * median(spare, looks) and most > rest_level


@kernel
def lowest_part(values: Floats, count: int) -> float:
    """About the value below which a twentieth lies: the median of the lower half, three times over."""
    left = count
    for _ in range(4):
        middle = median(values, left)
        kept = 0
        for index in range(left):
            if values[index] <= middle:
                values[kept] = values[index]
                kept += 1
        left = max(1, kept)
        if left < 8:
            break
    return median(values, left)


@kernel
def gap_over_loop(change: Floats, blocks: int, block_s: float, first_s: float, end_s: float) -> tuple[float, float]:
    """The least change between two axles as a part of that at them, and the largest jump there, likewise."""
    first = min(max(0, int(first_s / block_s)), blocks - 1)
    end = min(max(0, int(end_s / block_s)), blocks - 1)
    beside = min(change[first], change[end])
    least = beside
    jump = 0.0
    for block in range(first, end + 1):
        least = min(least, change[block])
        if block > 0:
            jump = max(jump, abs(change[block] - change[block - 1]))
    if beside <= 0.0:
        return 0.0, 1.0
    return least / beside, jump / beside


@kernel
def is_gap(
    loops: Floats,
    alive: Ints,
    loop_m: Floats,
    blocks: int,
    block_s: float,
    motion: Floats,
    places: Structured,
    axle: int,
) -> int:
    """What the loops say of the space behind an axle: ONE vehicle, TWO, or UNCLEAR."""
    gone = 0
    held = 0
    sudden = 0
    for loop in range(loop_m.shape[0]):
        if alive[loop] == 0:
            continue
        first_s = time_at(motion, places[axle].place_m + loop_m[loop], motion[0])
        end_s = time_at(motion, places[axle + 1].place_m + loop_m[loop], motion[0])
        if not (first_s >= 0.0 and end_s < blocks * block_s and first_s < end_s):
            continue
        left, jump = gap_over_loop(loops[loop], blocks, block_s, first_s, end_s)
        if left < LETS_GO:
            gone += 1
            sudden += 1 if jump > SUDDEN else 0
        else:
            held += 1
    if gone == 0:
        return ONE
    long = places[axle + 1].place_m - places[axle].place_m >= LEAST_GAP_M
    return TWO if held == 0 and long and sudden == 0 else UNCLEAR


@kernel
def cut_train(
    loops: Floats,
    alive: Ints,
    loop_m: Floats,
    blocks: int,
    block_s: float,
    motion: Floats,
    axles: Structured,
    count: int,
    length_m: float,
) -> tuple[int, bool]:
    """Where the second vehicle's axles begin (count where there is one vehicle), and whether that is in doubt.

    axles: AXLE (≥ count,) with place_m; length_m: of the first vehicle, 0 where nobody measured it.
    """
    living = 0
    for loop in range(loop_m.shape[0]):
        living += alive[loop]
    cut = count
    unclear = False
    for axle in range(count - 1):
        gap_m = axles[axle + 1].place_m - axles[axle].place_m
        said = ONE
        if living > 0:
            said = is_gap(loops, alive, loop_m, blocks, block_s, motion, axles, axle)
        if gap_m > MOST_GAP_M:
            said = TWO
        if said == UNCLEAR:
            unclear = True
        elif said == TWO:
            # A third vehicle stays with the second, and says so.
            unclear = unclear or cut < count
            cut = min(cut, axle + 1)
    beyond = count
    if length_m > 0.0:
        for axle in range(1, count):
            if axles[axle].place_m - axles[0].place_m > length_m + LENGTH_SLACK_M:
                beyond = axle
                break
    if beyond < count and cut != beyond:
        unclear = True
        if cut == count and axles[beyond].place_m - axles[beyond - 1].place_m >= LEAST_GAP_M:
            cut = beyond
    return cut, unclear
