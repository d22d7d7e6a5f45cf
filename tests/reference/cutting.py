"""How many vehicles there are, by the definition: gap by gap, and each loop by its lowest change in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wim.kernels import cutting as kernels
from wim.records import Flag

Floats = npt.NDArray[np.float64]


def read_loop(counts: npt.NDArray[np.int16], size: int, rest: float, scale: float) -> tuple[Floats, bool]:
    """Its change above the quietest twentieth, and whether it changes by more than its noise."""
    blocks = len(counts) // size
    change = np.abs((counts[: blocks * size].astype(np.float64).reshape(-1, size).mean(axis=1) - rest) * scale)
    looks = min(400, blocks)
    quiet = _lowest(change[np.arange(looks) * blocks // looks])
    quiet = 0.0 if quiet > kernels.NEVER_OFF * change.max() else quiet
    above = np.maximum(0.0, change - quiet)
    looks = min(200, blocks - 1)
    steps = np.sort(np.abs(np.diff(above))[np.arange(looks) * (blocks - 1) // looks])
    return above, bool(change.max() - quiet > kernels.LIVE_NOISES * steps[looks // 2] and change.max() > quiet)


def _lowest(values: Floats) -> float:
    """The median of what is not above the median, again and again, down to a sixteenth."""
    left = np.sort(values)
    for _ in range(4):
        left = left[left <= left[len(left) // 2]]
        if len(left) < 8:
            break
    return float(left[len(left) // 2])


def chatters(change: Floats) -> bool:
    """Whether it halves at once from where metal is, oftener than a mere switch would for two vehicles."""
    most = change.max()
    falls = int(((change[:-1] > kernels.SEEN * most) & (change[1:] < kernels.SUDDEN * change[:-1])).sum())
    risen = np.flatnonzero(change[1:] > 0.5 * most) + 1
    before = int(risen[0]) - kernels.RISE_BLOCKS if len(risen) else -1
    analogue = before >= 0 and change[before] > 0.1 * most
    return falls > (0 if analogue else 2)


def left_over_gap(change: Floats, first: int, end: int) -> float:
    """The lowest between two axles, as a part of the lower of the highest that are near them."""
    reach = max(1, (end - first) // 4)
    beside = min(change[max(0, at - reach) : at + reach + 1].max() for at in (first, end))
    return min(1.0, change[first : end + 1].min() / beside) if beside > 0.0 else 1.0


def said_of(loops: list[tuple[float, Floats]], block_s: float, front_s: float, back_s: float, gap_m: float) -> int:
    """What loops, each with its place in s of way, say of the space between two axles that pass place 0 then."""
    told = []
    for later_s, change in loops:
        first_s, end_s = front_s + later_s, back_s + later_s
        if 0.0 <= first_s < end_s < len(change) * block_s:
            told.append(left_over_gap(change, int(first_s / block_s), int(end_s / block_s)) < kernels.LETS_GO)
    if not any(told):
        return kernels.HELD if told else kernels.ONE
    return kernels.TWO if all(told) and gap_m >= kernels.LEAST_GAP_M else kernels.UNCLEAR


def cut_train(
    loops: list[tuple[float, Floats]],
    block_s: float,
    speed_ms: float,
    middle_s: float,
    places_m: Floats,
    length_m: float,
) -> tuple[int, Flag]:
    """The first axle of the second vehicle, and doubts of that; loops: place in m and change of the living.

    A vehicle at constant speed, whose place 0 passes place 0 of the road at `middle_s`.
    """
    in_time = [(loop_m / speed_ms, change) for loop_m, change in loops]
    times_s = middle_s + places_m / speed_ms
    cuts, flags = [], Flag(0)
    for axle, gap_m in enumerate(np.diff(places_m)):
        said = said_of(in_time, block_s, times_s[axle], times_s[axle + 1], gap_m) if loops else kernels.ONE
        if gap_m > kernels.MOST_GAP_M:
            flags |= Flag.STOPPED if said == kernels.HELD else Flag(0)
            said = kernels.ONE if said == kernels.HELD else kernels.TWO
        elif not loops and length_m == 0.0 and gap_m > kernels.LONG_GAP_M:
            said = kernels.UNCLEAR
        flags |= Flag.TAILGATING if said == kernels.UNCLEAR else Flag(0)
        cuts += [axle + 1] if said == kernels.TWO else []
    cut = cuts[0] if cuts else len(places_m)
    flags |= Flag.TAILGATING if len(cuts) > 1 else Flag(0)
    if length_m == 0.0:
        return cut, flags
    inside = int((places_m - places_m[0] <= length_m + kernels.LENGTH_SLACK_M).sum())
    if cut < inside:
        return inside, flags | Flag.TAILGATING
    if inside < cut and places_m[inside] - places_m[inside - 1] >= kernels.LEAST_GAP_M:
        return inside, flags | Flag.TAILGATING
    return cut, flags
