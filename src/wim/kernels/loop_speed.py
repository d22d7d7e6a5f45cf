"""Speed by two loops, where only one row of strips has felt the vehicle.

Both loops feel the same metal, one later than the other. How much later is what brings the one's rise onto the other's,
and, by itself, the one's fall onto the other's: two speeds at two times, so that braking shows too.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import Floats, Ints

#: How far around the first guess a better lag is looked for, and in how many steps.
AROUND, STEPS = 0.12, 48
#: Places at which two loops are compared.
LOOKS = 300
#: A rise or fall is compared over this much of a lag on either side.
BESIDE = 1.5
#: How well a lag is known, as a part.
LAG_PART = 0.01


@kernel
def motion_by_loops(loops: Floats, alive: Ints, loop_m: Floats, blocks: int, block_s: float, motion: Floats) -> bool:
    """Write t₀, v, a, 0 to motion (4,) from the two living loops farthest apart; returns whether there are two."""
    near = -1
    far = -1
    for loop in range(loop_m.shape[0]):
        if alive[loop]:
            if near < 0 or loop_m[loop] < loop_m[near]:
                near = loop
            if far < 0 or loop_m[loop] > loop_m[far]:
                far = loop
    if near < 0 or near == far or loop_m[far] <= loop_m[near]:
        return False
    way_m = loop_m[far] - loop_m[near]
    rise_a = crossing(loops[near], blocks, True)
    rise_b = crossing(loops[far], blocks, True)
    fall_a = crossing(loops[near], blocks, False)
    fall_b = crossing(loops[far], blocks, False)
    # A frame may begin when a loop is on already, and end when one still is.
    risen = rise_a > 0.0 and rise_b > rise_a
    fallen = fall_b < blocks - 1.0 and fall_b > fall_a
    if not risen and not fallen:
        return False
    first_s = first_ms = last_s = last_ms = 0.0
    if risen:
        lag = best_lag(loops[near], loops[far], blocks, rise_a, rise_b - rise_a)
        first_ms = way_m / (lag * block_s)
        first_s = (rise_a + 0.5 * lag) * block_s
    if fallen:
        lag = best_lag(loops[near], loops[far], blocks, fall_a, fall_b - fall_a)
        last_ms = way_m / (lag * block_s)
        last_s = (fall_a + 0.5 * lag) * block_s
    motion[0] = first_s if risen else last_s
    motion[1] = first_ms if risen else last_ms
    motion[2] = 0.0
    motion[3] = 0.0
    if risen and fallen and last_s > first_s:
        change_ms2 = (last_ms - first_ms) / (last_s - first_s)
        # What the two speeds differ by within their own error is no acceleration.
        sure = LAG_PART * motion[1] * 1.4142 / (last_s - first_s)
        change_ms2 *= change_ms2**2 / (change_ms2**2 + sure**2)
        motion[0] = 0.5 * (first_s + last_s)
        motion[1] = 0.5 * (first_ms + last_ms)
        motion[2] = change_ms2
    return True


@kernel
def crossing(change: Floats, blocks: int, rising: bool) -> float:
    """Where a loop first rises through half of its highest change, or last falls through it, in blocks."""
    most = 0.0
    for block in range(blocks):
        most = max(most, change[block])
    half = 0.4 * most
    # On when the frame begins, or still on when it ends: the frame does not hold that edge.
    if change[0 if rising else blocks - 1] >= half:
        return 0.0 if rising else blocks - 1.0
    if rising:
        for block in range(1, blocks):
            if change[block] >= half > change[block - 1]:
                return block - 1 + (half - change[block - 1]) / (change[block] - change[block - 1])
        return 0.0
    for block in range(blocks - 1, 0, -1):
        if change[block] < half <= change[block - 1]:
            return block - (half - change[block]) / (change[block - 1] - change[block])
    return blocks - 1.0


@kernel
def best_lag(near: Floats, far: Floats, blocks: int, at: float, guess: float) -> float:
    """The lag in blocks at which the far loop repeats best what the near one did around `at`."""
    first = max(0.0, at - BESIDE * guess)
    end = min(blocks - 1.0 - guess * (1.0 + AROUND), at + BESIDE * guess)
    if end <= first:
        return guess
    best = 0
    least = math.inf
    for step in range(STEPS + 1):
        apart = apart_by(near, far, first, end, guess * (1.0 + AROUND * (2.0 * step / STEPS - 1.0)))
        if apart < least:
            least = apart
            best = step
    if best == 0 or best == STEPS:
        return guess
    width = guess * AROUND * 2.0 / STEPS
    middle = guess * (1.0 + AROUND * (2.0 * best / STEPS - 1.0))
    before = apart_by(near, far, first, end, middle - width)
    behind = apart_by(near, far, first, end, middle + width)
    bend = before + behind - 2.0 * least
    return middle + 0.5 * width * (before - behind) / bend if bend > 0.0 else middle


@kernel
def apart_by(near: Floats, far: Floats, first: float, end: float, lag: float) -> float:
    """What is left of the near loop when the far one, `lag` later and as high, is taken from it; as a part."""
    own = cross = other = 0.0
    for look in range(LOOKS):
        at = first + (end - first) * look / (LOOKS - 1)
        a = value_at(near, at)
        b = value_at(far, at + lag)
        own += a * a
        other += b * b
        cross += a * b
    if own <= 0.0 or other <= 0.0:
        return 1.0
    return 1.0 - cross * cross / (own * other)


@kernel
def value_at(values: Floats, at: float) -> float:
    """Between two blocks, linear."""
    block = min(max(0, int(at)), values.shape[0] - 2)
    part = at - block
    return values[block] + part * (values[block + 1] - values[block])
