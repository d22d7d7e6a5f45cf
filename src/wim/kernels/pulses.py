"""Finds the pulses of a row, and what each strip of the row felt of them.

A pulse is looked for where the force of the whole row leaves its rest by more than noise explains. It is integrated
over a window that reaches beyond that, on a baseline drawn through the quiet on either side; windows and quiet
stretches are whole periods of the mains where there is room, so that hum drops out of both.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import MOST_PULSES, Floats, Ints, Structured

#: A pulse is this many times higher than the noise, and at least this high: a wheel of 60 kg on a soft pavement.
NOISES_HIGH = 6.0
LEAST_N = 120.0
#: It ends where it has fallen to this part of its height, or to this part of what it began at.
PART_END, PART_THRESHOLD = 0.02, 0.7
#: Below this part of its height a pulse is at its foot, which is no longer than so many times the rest and a period.
PART_FOOT, FOOT_TIMES = 0.15, 0.6
#: How fast the rest level is followed: within the quiet, and behind a pulse until the next one may come.
FOLLOW_S, CATCH_S, CATCHING_S = 0.060, 0.004, 0.006
#: No tyre is over a strip for a shorter time: 0.12 m at 130 km/h.
SHORTEST_S = 0.0030
#: A period of the mains.
MAINS_S = 0.020
#: Of a pulse's length, what its window reaches beyond on each side, and what more where it was seen late.
MARGIN, MARGIN_PART = 0.22, 1.3
MARGIN_S = 0.0008
#: Quiet that is worth a baseline: so long, and this part of the window.
QUIET_S, QUIET_PART = 0.003, 0.15
#: The spread of any pulse as a part of its area ÷ peak: a box has 0.29, a parabola 0.34, a triangle 0.41.
NARROWEST, WIDEST = 0.28, 0.43
#: Noise on a slow rise makes pulses of its own: so much shorter than the one beside, and no higher than so many times
#: what begins a pulse.
SHORT, LOW = 0.3, 6.0


@kernel
def find_pulses(
    force: Floats, row_of: Ints, row: int, blocks: int, block_s: float, noise_n: float, pulses: Structured
) -> int:
    """Write the pulses of one row, PULSE (MOST_PULSES,): first, end, peak_n, part. Returns how many there are.

    force (c, blocks): of all strips; row_of (c,): the row of each.
    """
    threshold = max(LEAST_N, NOISES_HIGH * noise_n)
    follow = min(1.0, block_s / FOLLOW_S)
    catch = min(1.0, block_s / CATCH_S)
    catching = int(CATCHING_S / block_s) + 1
    shortest = max(3, int(SHORTEST_S / block_s))
    count = 0
    rest = 0.0
    peak = 0.0
    first = -1
    foot = 0
    foot_blocks = int(MAINS_S / block_s)
    since = catching
    for block in range(blocks):
        total = 0.0
        for strip in range(row_of.shape[0]):
            if row_of[strip] == row:
                total += force[strip, block]
        above = total - rest
        if first < 0:
            if above > threshold and since >= catching:
                first = block
                foot = block
                peak = above
            else:
                rest += (catch if since < catching else follow) * min(max(above, -threshold), threshold)
                since += 1
        else:
            peak = max(peak, above)
            if above >= PART_FOOT * peak:
                foot = block
            # A level that stays behind the pulse is no tyre: the amplifier decays otherwise than was thought.
            stays = block - foot > FOOT_TIMES * (foot - first) + foot_blocks
            if stays or above < max(PART_THRESHOLD * threshold, PART_END * peak):
                if block - first >= shortest and count < MOST_PULSES:
                    pulse = pulses[count]
                    pulse.first = first
                    pulse.end = foot + (block - foot) // 3 if stays else block
                    pulse.peak_n = peak
                    pulse.part = min(1.0, max(threshold, PART_END * peak) / peak)
                    count += 1
                first = -1
                since = 0
                rest += above
    if first >= 0 and blocks - first >= shortest and count < MOST_PULSES:
        pulse = pulses[count]
        pulse.first = first
        pulse.end = blocks
        pulse.peak_n = peak
        pulse.part = min(1.0, max(threshold, PART_END * peak) / peak)
        count += 1
    return drop_splinters(pulses, count)


@kernel
def drop_splinters(pulses: Structured, count: int) -> int:
    """Leave out what is too short and too low beside its neighbour to be a wheel; returns how many pulses are left."""
    kept = 0
    for index in range(count):
        length = pulses[index].end - pulses[index].first
        beside = 0
        if index > 0:
            beside = pulses[index - 1].end - pulses[index - 1].first
        if index + 1 < count:
            beside = max(beside, pulses[index + 1].end - pulses[index + 1].first)
        if length < SHORT * beside and pulses[index].part * LOW > 1.0:
            continue
        if kept != index:
            pulses[kept].first = pulses[index].first
            pulses[kept].end = pulses[index].end
            pulses[kept].peak_n = pulses[index].peak_n
            pulses[kept].part = pulses[index].part
        kept += 1
    return kept


@kernel
def open_windows(pulses: Structured, count: int, blocks: int, block_s: float) -> None:
    """Write window and window_end of PULSE (count,)."""
    period = max(1, int(MAINS_S / block_s + 0.5))
    for index in range(count):
        pulse = pulses[index]
        before = pulses[index - 1].end if index > 0 else -blocks
        behind = pulses[index + 1].first if index + 1 < count else 2 * blocks
        length = pulse.end - pulse.first
        margin = int(length * (MARGIN + MARGIN_PART * pulse.part) + MARGIN_S / block_s) + 1
        first = max(pulse.first - margin, pulse.first - (pulse.first - before) // 2)
        end = min(pulse.end + margin, pulse.end + (behind - pulse.end) // 2)
        # Whole periods of the mains, where a third of the gaps stays quiet.
        room = (pulse.first - before) * 2 // 5 + (behind - pulse.end) * 2 // 5 + length
        whole = (end - first + period - 1) // period * period
        if whole <= room and whole <= 2 * (end - first):
            more = whole - (end - first)
            spare_before = max(0, first - (pulse.first - (pulse.first - before) * 2 // 5))
            spare_behind = max(0, pulse.end + (behind - pulse.end) * 2 // 5 - end)
            early = min(more // 2, spare_before)
            late = min(more - early, spare_behind)
            early = min(more - late, spare_before)
            first -= early
            end += late
        pulse.window = max(0, first)
        pulse.window_end = min(blocks, end)


@kernel
def quiet_before(pulses: Structured, index: int, wanted: int, least: int) -> tuple[int, int]:
    """The nearest quiet stretch [first, end) ahead of a pulse's window; an empty one where there is none."""
    for place in range(index, -1, -1):
        end = pulses[place].window
        first = max(pulses[place - 1].window_end if place > 0 else 0, end - wanted)
        if end - first >= least:
            return first, end
    return 0, 0


@kernel
def quiet_behind(pulses: Structured, count: int, index: int, wanted: int, least: int, blocks: int) -> tuple[int, int]:
    """The nearest quiet stretch [first, end) behind a pulse's window; an empty one where there is none."""
    for place in range(index, count):
        first = pulses[place].window_end
        end = min(pulses[place + 1].window if place + 1 < count else blocks, first + wanted)
        if end - first >= least:
            return first, end
    return 0, 0


@kernel
def mean_of(values: Floats, first: int, end: int) -> float:
    """The mean of values[first:end]."""
    total = 0.0
    for block in range(first, end):
        total += values[block]
    return total / (end - first)


@kernel
def weigh_pulse(
    force: Floats,
    row_of: Ints,
    row: int,
    pulses: Structured,
    count: int,
    index: int,
    blocks: int,
    block_s: float,
    area: Floats,
) -> None:
    """Write area[strip, index] in N s of each strip of the row, and the pulse's area_ns, time_s and spread_s.

    The centroid is of both halves together, over the pulse and a little more: far from it noise has a long lever.
    """
    pulse = pulses[index]
    period = max(1, int(MAINS_S / block_s + 0.5))
    length = pulse.window_end - pulse.window
    wanted = max(period, (length + period // 2) // period * period)
    least = max(2, int(QUIET_S / block_s), int(QUIET_PART * length))
    first_a, end_a = quiet_before(pulses, index, wanted, least)
    first_b, end_b = quiet_behind(pulses, count, index, wanted, least, blocks)
    core = (pulse.end - pulse.first) // 4 + 1
    core_first = max(pulse.window, pulse.first - core)
    core_end = min(pulse.window_end, pulse.end + core)
    total = 0.0
    core_total = 0.0
    moment = 0.0
    square = 0.0
    middle = 0.5 * (pulse.first + pulse.end)
    for strip in range(row_of.shape[0]):
        if row_of[strip] != row:
            continue
        values = force[strip]
        level, slope = baseline(values, first_a, end_a, first_b, end_b)
        felt = 0.0
        for block in range(pulse.window, pulse.window_end):
            felt += values[block]
        felt -= length * (level + slope * 0.5 * (pulse.window + pulse.window_end))
        area[strip, index] = felt * block_s
        total += felt * block_s
        for block in range(core_first, core_end):
            above = values[block] - level - slope * (block + 0.5)
            lever = block + 0.5 - middle
            core_total += above
            moment += above * lever
            square += above * lever * lever
    pulse.area_ns = total
    pulse.time_s = middle * block_s
    pulse.spread_s = 0.2 * (pulse.end - pulse.first) * block_s
    if core_total > 0.0:
        moment /= core_total
        pulse.time_s += moment * block_s
        even_s = total / pulse.peak_n
        spread_s = math.sqrt(max(0.0, square / core_total - moment * moment)) * block_s
        pulse.spread_s = min(max(spread_s, NARROWEST * even_s), WIDEST * even_s)


@kernel
def baseline(values: Floats, first_a: int, end_a: int, first_b: int, end_b: int) -> tuple[float, float]:
    """The line through two quiet stretches, as its value at block edge 0 and its slope a block.

    With one stretch it is level, with none it is 0.
    """
    if end_a > first_a and end_b > first_b:
        mean_a = mean_of(values, first_a, end_a)
        mean_b = mean_of(values, first_b, end_b)
        middle_a = 0.5 * (first_a + end_a)
        middle_b = 0.5 * (first_b + end_b)
        slope = (mean_b - mean_a) / (middle_b - middle_a)
        return mean_a - slope * middle_a, slope
    if end_a > first_a:
        return mean_of(values, first_a, end_a), 0.0
    if end_b > first_b:
        return mean_of(values, first_b, end_b), 0.0
    return 0.0, 0.0


@kernel
def decay_of(
    force: Floats,
    blocks: int,
    block_s: float,
    pulses: Structured,
    count: int,
    noise_n: float,
    sums: Floats,
) -> None:
    """Add to `sums` what one strip's quiet parts tell of its amplifier's decay (normal equation of κ): Y'y, Y'Y.

    force: as the amplifier gave it; where nothing is on the strip it obeys y = a + b t − κ ∫ y dt, so a and b are
    taken out first.
    """
    step = max(1, blocks // 2_000)
    n = 0.0
    st = stt = sy = sty = sh = sth = shy = shh = 0.0
    held = 0.0
    index = 0
    for block in range(blocks):
        value = force[block]
        inside = False
        while index < count and block >= pulses[index].window_end:
            index += 1
        if index < count and block >= pulses[index].window:
            inside = True
        if not inside and block % step == 0:
            t = block * block_s
            integral = held + 0.5 * value * block_s
            n += 1.0
            st += t
            stt += t * t
            sy += value
            sty += t * value
            sh += integral
            sth += t * integral
            shy += integral * value
            shh += integral * integral
        held += value * block_s
    if n < 8.0:
        return
    det = n * stt - st * st
    if det <= 0.0:
        return
    # Residual products after a and b are taken out of both.
    ay = (stt * sy - st * sty) / det
    by = (n * sty - st * sy) / det
    shy -= ay * sh + by * sth
    ah = (stt * sh - st * sth) / det
    bh = (n * sth - st * sh) / det
    shh -= ah * sh + bh * sth
    weight = step * block_s / (INDEPENDENT_S * max(noise_n, 1.0) ** 2)
    sums[0] += weight * shy
    sums[1] += weight * shh


#: Samples of the noise that lie closer than this tell the same.
INDEPENDENT_S = 0.02
#: What an amplifier is like of which nothing is known: τ = 5 s, most of them between 2 and 20 s.
USUAL_DECAY_PER_S, DECAY_SPREAD_PER_S = 0.2, 0.2


@kernel
def decay_from(sums: Floats) -> float:
    """κ in 1/s from the sums of all strips, drawn to the usual where they tell little."""
    prior = 1.0 / DECAY_SPREAD_PER_S**2
    return max(0.0, (USUAL_DECAY_PER_S * prior - sums[0]) / (prior + sums[1]))
