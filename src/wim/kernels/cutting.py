"""How many vehicles a frame holds, by its loops, by the laser's length, and by gaps that no vehicle has.

A loop feels the metal above it. While the space between two axles of one vehicle passes over it, the change stays;
between two vehicles it falls nearly to nothing, on every loop at the same place behind the first axle. A loop that lets
go elsewhere, or suddenly, tells nothing: then nobody knows.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.motion import time_at
from wim.kernels.signals import median, sum_blocks
from wim.kernels.validity import STOPPED, TAILGATING
from wim.kernels.weigh_arrays import MOST_VEHICLES, Floats, Ints, Structured

#: Of the change at the axles beside it, what is left over a gap between two vehicles; a chassis leaves more than a
#: third, a gap of 2.5 m under a loop of 2 m a tenth.
LETS_GO = 0.30
#: Two vehicles' nearest axles: rear overhang, a car's length of nothing, front overhang.
LEAST_GAP_M = 2.4
#: No vehicle has its axles farther apart than this; contracts §3 has 15 m, which low loaders reach.
MOST_GAP_M = 15.0
#: Few have them farther apart than this: where neither loop nor laser has seen the vehicle, nobody knows.
LONG_GAP_M = 9.5
#: The laser's error and what juts out.
LENGTH_SLACK_M = 0.35
#: A loop that changes less than so many of its noises is dead.
LIVE_NOISES = 12.0
#: A lowest change of more than this part of the highest is no rest.
NEVER_OFF = 0.3
#: Metal cannot leave a loop within a block, or come over it within two; a detector that lets go can. Changes below this
#: part of the highest are not looked at.
SUDDEN, RISE_BLOCKS, SEEN = 0.5, 3, 0.3

#: What the loops say of the space between two axles: nothing against one vehicle, two, contradictions, metal all along.
ONE, TWO, UNCLEAR, HELD = 0, 1, 2, 3


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
def chatters(change: Floats, blocks: int) -> bool:
    """Whether a loop lets go of metal as metal never leaves it: at once.

    Where the loop itself is a detector that only says on or off, it may do so once for each vehicle.
    """
    most = 0.0
    for block in range(blocks):
        most = max(most, change[block])
    falls = 0
    first = -1
    for block in range(1, blocks):
        if first < 0 and change[block] > 0.5 * most:
            first = block
        if change[block - 1] > SEEN * most and change[block] < SUDDEN * change[block - 1]:
            falls += 1
    analogue = first >= RISE_BLOCKS and change[first - RISE_BLOCKS] > 0.1 * most
    return falls > (0 if analogue else MOST_VEHICLES)


@kernel
def highest_near(change: Floats, blocks: int, at: int, reach: int) -> float:
    """The highest change within `reach` blocks of one."""
    most = 0.0
    for block in range(max(0, at - reach), min(blocks, at + reach + 1)):
        most = max(most, change[block])
    return most


@kernel
def left_over_gap(change: Floats, blocks: int, block_s: float, first_s: float, end_s: float) -> float:
    """The least change between two axles as a part of that at them."""
    first = min(max(0, int(first_s / block_s)), blocks - 1)
    end = min(max(0, int(end_s / block_s)), blocks - 1)
    reach = max(1, (end - first) // 4)
    beside = min(highest_near(change, blocks, first, reach), highest_near(change, blocks, end, reach))
    least = beside
    for block in range(first, end + 1):
        least = min(least, change[block])
    return least / beside if beside > 0.0 else 1.0


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
    """What the loops say of the space behind an axle: ONE vehicle, TWO, UNCLEAR, or HELD."""
    gone = 0
    held = 0
    for loop in range(loop_m.shape[0]):
        if alive[loop] == 0:
            continue
        first_s = time_at(motion, places[axle].place_m + loop_m[loop], motion[0])
        end_s = time_at(motion, places[axle + 1].place_m + loop_m[loop], motion[0])
        if not (first_s >= 0.0 and end_s < blocks * block_s and first_s < end_s):
            continue
        if left_over_gap(loops[loop], blocks, block_s, first_s, end_s) < LETS_GO:
            gone += 1
        else:
            held += 1
    if gone == 0:
        return HELD if held > 0 else ONE
    long = places[axle + 1].place_m - places[axle].place_m >= LEAST_GAP_M
    return TWO if held == 0 and long else UNCLEAR


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
) -> tuple[int, int]:
    """Where the second vehicle's axles begin (count where there is one vehicle), and what is in doubt of that.

    TAILGATING where it is not clear; STOPPED where one vehicle's axles are too far apart by the clock.

    axles: AXLE (≥ count,) with place_m; length_m: of the first vehicle, 0 where nobody measured it.
    """
    living = 0
    for loop in range(loop_m.shape[0]):
        living += alive[loop]
    cut = count
    flags = 0
    for axle in range(count - 1):
        gap_m = axles[axle + 1].place_m - axles[axle].place_m
        said = ONE
        if living > 0:
            said = is_gap(loops, alive, loop_m, blocks, block_s, motion, axles, axle)
        if gap_m > MOST_GAP_M:
            # Under one vehicle that stood meanwhile there is metal all along.
            flags |= STOPPED if said == HELD else 0
            said = ONE if said == HELD else TWO
        elif living == 0 and length_m == 0.0 and gap_m > LONG_GAP_M:
            said = UNCLEAR
        if said == UNCLEAR:
            flags |= TAILGATING
        elif said == TWO:
            # A third vehicle stays with the second, and says so.
            flags |= TAILGATING if cut < count else 0
            cut = min(cut, axle + 1)
    # The first axle that is not within the length that the laser has seen.
    beyond = count
    if length_m > 0.0:
        for axle in range(1, count):
            if axles[axle].place_m - axles[0].place_m > length_m + LENGTH_SLACK_M:
                beyond = axle
                break
    if length_m > 0.0 and cut != beyond:
        if cut > beyond and axles[beyond].place_m - axles[beyond - 1].place_m >= LEAST_GAP_M:
            # The laser saw the vehicle end; the loops missed it.
            flags |= TAILGATING
            cut = beyond
        elif cut < beyond:
            # The laser saw one vehicle where the loops let go.
            flags |= TAILGATING
            cut = beyond
    return cut, flags
