"""Speed by two loops, where only one row of strips has felt the vehicle.

Both loops feel the same metal, the far one later. How much later is what lays the one's course over the other's: over
the whole vehicle first, then over its front and its rear by themselves, so that braking shows too. A frame may begin
when the near loop is on already, and end when the far one still is; only what both have seen is compared.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import Floats, Ints

#: Speeds that are looked for, m/s, and in how many steps, each 2 % of the one before.
SLOWEST_MS, FASTEST_MS, STEP = 1.0, 50.0, 1.02
#: Places at which two loops are compared, and what part of its highest a loop shows where metal is over it.
LOOKS, OVER = 300, 0.08
#: Front and rear may be so much faster or slower than the whole.
AROUND = 0.10
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
    if near < 0 or loop_m[far] <= loop_m[near]:
        return False
    way_m = loop_m[far] - loop_m[near]
    high_near = highest(loops[near], blocks)
    high_far = highest(loops[far], blocks)
    lag = best_lag(
        loops[near], loops[far], high_near, high_far, 0.0, float(blocks), blocks,
        way_m / FASTEST_MS / block_s, way_m / SLOWEST_MS / block_s,
    )  # fmt: skip
    if math.isnan(lag):
        return False
    first, end = stretch(loops[near], high_near, blocks)
    end = min(end, blocks - lag)
    middle = 0.5 * (first + end)
    motion[0] = (middle + 0.5 * lag) * block_s
    motion[1] = way_m / (lag * block_s)
    motion[2] = 0.0
    motion[3] = 0.0
    low = lag * (1.0 - AROUND)
    high = lag * (1.0 + AROUND)
    after = float(blocks)
    front = best_lag(loops[near], loops[far], high_near, high_far, 0.0, middle, blocks, low, high)
    rear = best_lag(loops[near], loops[far], high_near, high_far, middle, after, blocks, low, high)
    if not math.isnan(front) and not math.isnan(rear) and end > first:
        apart_s = 0.5 * (end - first) * block_s
        change_ms2 = way_m / block_s * (1.0 / rear - 1.0 / front) / apart_s
        # What the two differ by within their own error is no acceleration.
        sure_ms2 = LAG_PART * motion[1] * math.sqrt(2.0) / apart_s
        motion[2] = change_ms2 * change_ms2**2 / (change_ms2**2 + sure_ms2**2)
    return True


@kernel
def highest(change: Floats, blocks: int) -> float:
    """The highest change of a loop."""
    most = 0.0
    for block in range(blocks):
        most = max(most, change[block])
    return most


@kernel
def stretch(change: Floats, high: float, blocks: int) -> tuple[float, float]:
    """From when to when metal is over a loop, in blocks."""
    first = blocks
    end = 0
    for block in range(blocks):
        if change[block] > OVER * high:
            first = min(first, block)
            end = block + 1
    return float(first), float(end)


@kernel
def best_lag(
    near: Floats,
    far: Floats,
    high_near: float,
    high_far: float,
    first: float,
    end: float,
    blocks: int,
    least_lag: float,
    most_lag: float,
) -> float:
    """The lag in blocks at which the far loop repeats best what the near one shows in [first, end); NaN for none.

    high_near, high_far: what each is measured against.
    """
    best = math.nan
    least = math.inf
    lag = max(1.0, least_lag)
    while lag <= most_lag:
        apart = apart_by(near, far, high_near, high_far, first, end, blocks, lag)
        if apart < least:
            least = apart
            best = lag
        lag *= STEP
    if math.isnan(best) or best <= least_lag * STEP or best * STEP >= most_lag:
        return math.nan
    width = best * (STEP - 1.0)
    for _ in range(3):
        before = apart_by(near, far, high_near, high_far, first, end, blocks, best - width)
        behind = apart_by(near, far, high_near, high_far, first, end, blocks, best + width)
        here = apart_by(near, far, high_near, high_far, first, end, blocks, best)
        bend = before + behind - 2.0 * here
        if not bend > 0.0 or math.isinf(bend):
            break
        best += min(max(0.5 * width * (before - behind) / bend, -width), width)
        width *= 0.4
    return best


@kernel
def apart_by(
    near: Floats,
    far: Floats,
    high_near: float,
    high_far: float,
    first: float,
    end: float,
    blocks: int,
    lag: float,
) -> float:
    """The mean square of what is left where either has metal over it, the far loop taken as high as fits best.

    Infinite where they share too little, or where one would have to be thrice as sensitive as their heights say. What
    the far loop shows before the near one's beginning, and the near one after the far one's end, nobody can tell.
    """
    last = min(end, blocks - 1.0 - lag)
    own = other = cross = 0.0
    over = 0
    looks = 0
    for look in range(LOOKS):
        at = first + (end - first) * (look + 0.5) / LOOKS
        a = value_at(near, at) / high_near if at < blocks - 1.0 else 0.0
        over += 1 if a > OVER else 0
        if at > last:
            continue
        b = value_at(far, at + lag) / high_far
        if a > OVER or b > OVER:
            own += a * a
            other += b * b
            cross += a * b
            looks += 1
    if 3 * looks <= over or looks <= LOOKS // 50 or not 3.0 * cross > other > cross / 3.0:
        return math.inf
    return (own - cross * cross / other) / looks


@kernel
def value_at(values: Floats, at: float) -> float:
    """Between two blocks, linear."""
    block = min(max(0, int(at)), values.shape[0] - 2)
    part = at - block
    return values[block] + part * (values[block + 1] - values[block])
