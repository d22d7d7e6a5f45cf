"""From areas to wheel loads, and which channels they are believed of.

    load = v / (w g) · area · gain ÷ temperature ÷ factor(v)

with the speed v of that axle at that strip; the gain is in the force already.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.motion import local_speed, speed_at
from wim.kernels.weigh_arrays import CLIPPED, DEAD, FULL, NOISY, RIGHT, Floats, Ints, Lane, Room

#: A strip that gives less than this part of its line, while the same side of other lines gives its share, is dead.
DEAD_PART = 0.06
#: Noise of an integral: the channel's RMS times the window times this, for noise that is not white.
NOISE_PART = 0.35
#: What is not known of a side that was not weighed: how unevenly axles are loaded.
UNEVEN = 0.06
#: Where only one side was weighed at all.
ONE_SIDE = 0.12


@kernel
def factor_at(lane: Lane, speed_kmh: float) -> float:
    """The calibration's factor at a speed: linear between its points, constant outside."""
    last = lane.speed_kmh.shape[0] - 1
    if speed_kmh <= lane.speed_kmh[0]:
        return lane.speed_factor[0]
    for point in range(last):
        if speed_kmh < lane.speed_kmh[point + 1]:
            part = (speed_kmh - lane.speed_kmh[point]) / (lane.speed_kmh[point + 1] - lane.speed_kmh[point])
            return lane.speed_factor[point] + part * (lane.speed_factor[point + 1] - lane.speed_factor[point])
    return lane.speed_factor[last]


@kernel
def load_wheels(
    lane: Lane, room: Room, first: int, axles: int, block_s: float, gravity_ms2: float, warmth: float, smooth: bool
) -> None:
    """Write wheel_kg, noise_kg, way_m and line_s of one vehicle, whose axles are [first, first + axles) of `seen`.

    A wheel that no strip has weighed is NaN. Both halves of a line share a time.
    """
    lines = room.line_s.shape[1]
    for axle in range(axles):
        for line in range(lines):
            room.wheel_kg[axle, line, 0] = math.nan
            room.wheel_kg[axle, line, 1] = math.nan
            room.line_s[axle, line] = 0.0
            times = 0
            for row in range(lane.row_m.shape[0]):
                pulse = room.seen[first + axle, row]
                if lane.row_line[row] == line and pulse >= 0:
                    room.line_s[axle, line] += room.pulses[row, pulse].time_s
                    times += 1
            room.line_s[axle, line] /= max(1, times)
        for strip in range(lane.channel.shape[0]):
            row = lane.row[strip]
            pulse = room.seen[first + axle, row]
            if pulse < 0:
                continue
            time_s = room.pulses[row, pulse].time_s
            if smooth:
                speed_ms = abs(speed_at(room.motion, time_s))
            else:
                speed_ms = local_speed(room.pulses, room.seen, first + axle, row, room.row_m, room.motion)
            scale = speed_ms / (lane.width_m[strip] * gravity_ms2 * warmth * factor_at(lane, speed_ms * 3.6))
            side = 1 if lane.side[strip] == RIGHT else 0
            on_s = (room.pulses[row, pulse].end - room.pulses[row, pulse].first) * block_s
            room.way_m[axle, row] = speed_ms * on_s
            window_s = (room.pulses[row, pulse].window_end - room.pulses[row, pulse].window) * block_s
            room.wheel_kg[axle, lane.line[strip], side] = scale * room.area[strip, pulse]
            room.noise_kg[axle, lane.line[strip], side] = scale * NOISE_PART * room.strips[strip].noise_n * window_s


@kernel
def side_sum(room: Room, axles: int, line: int, side: int) -> float:
    """What one strip has weighed of a vehicle, in kg."""
    total = 0.0
    for axle in range(axles):
        if not math.isnan(room.wheel_kg[axle, line, side]):
            total += max(0.0, room.wheel_kg[axle, line, side])
    return total


@kernel
def forget_bad(lane: Lane, room: Room, axles: int) -> None:
    """Set the loads of strips that are not believed to NaN, after finding the dead among them.

    A strip is dead where its partner is not and other lines have weighed that side; where no other line can tell, a
    side without weight is the driver's doing.
    """
    for strip in range(lane.channel.shape[0]):
        if lane.side[strip] == FULL:
            continue
        line = lane.line[strip]
        side = 1 if lane.side[strip] == RIGHT else 0
        mine = side_sum(room, axles, line, side)
        partner = side_sum(room, axles, line, 1 - side)
        if mine < DEAD_PART * (mine + partner) and weighed_elsewhere(lane, room, axles, line, side):
            room.strips[strip].bad |= DEAD
    for strip in range(lane.channel.shape[0]):
        if room.strips[strip].bad & (CLIPPED | DEAD | NOISY):
            side = 1 if lane.side[strip] == RIGHT else 0
            for axle in range(axles):
                room.wheel_kg[axle, lane.line[strip], side] = math.nan


@kernel
def weighed_elsewhere(lane: Lane, room: Room, axles: int, line: int, side: int) -> bool:
    """Whether another line has weighed a fair part of its vehicle on that side."""
    for strip in range(lane.channel.shape[0]):
        other = lane.line[strip]
        if other == line or (1 if lane.side[strip] == RIGHT else 0) != side or lane.side[strip] == FULL:
            continue
        mine = side_sum(room, axles, other, side)
        if mine > 3.0 * DEAD_PART * (mine + side_sum(room, axles, other, 1 - side)):
            return True
    return False


@kernel
def side_share(lane: Lane, room: Room, axle: int, sided: Ints) -> float:
    """The left part of an axle by the lines that have weighed both of its sides; NaN where none has."""
    left = 0.0
    both = 0.0
    for line in range(room.line_s.shape[1]):
        if sided[line]:
            one = room.wheel_kg[axle, line, 0]
            other = room.wheel_kg[axle, line, 1]
            if not math.isnan(one) and not math.isnan(other):
                left += max(0.0, one)
                both += max(0.0, one) + max(0.0, other)
    return left / both if both > 0.0 else math.nan


@kernel
def line_totals(lane: Lane, room: Room, axles: int, sided: Ints, load_kg: Floats, noise_kg: Floats) -> bool:
    """Write what each line says of whole axles, NaN where it says nothing; returns whether a side was never weighed.

    A line that has lost a half is completed by the share that the others have found; where no line has both halves, but
    some have each, all of them together are one.
    """
    one_sided = False
    lines = room.line_s.shape[1]
    for axle in range(axles):
        share = side_share(lane, room, axle, sided)
        left_kg, right_kg = half_means(room, axle, sided)
        if math.isnan(share) and left_kg > 0.0 and right_kg > 0.0:
            share = left_kg / (left_kg + right_kg)
        for line in range(lines):
            left = room.wheel_kg[axle, line, 0]
            right = room.wheel_kg[axle, line, 1]
            load_kg[axle, line] = math.nan
            noise = 0.0
            if not math.isnan(left):
                noise += room.noise_kg[axle, line, 0] ** 2
            if not math.isnan(right):
                noise += room.noise_kg[axle, line, 1] ** 2
            if not sided[line]:
                load_kg[axle, line] = left
            elif not math.isnan(left) and not math.isnan(right):
                load_kg[axle, line] = left + right
            elif not math.isnan(left) or not math.isnan(right):
                known = left if not math.isnan(left) else right
                part = share if not math.isnan(left) else 1.0 - share
                unknown = UNEVEN
                if math.isnan(share) or part < 0.1:
                    part = 0.5
                    unknown = ONE_SIDE
                    one_sided = True
                load_kg[axle, line] = known / part
                noise = noise / part**2 + (unknown * known / part) ** 2
            noise_kg[axle, line] = math.sqrt(noise)
    return one_sided


@kernel
def half_means(room: Room, axle: int, sided: Ints) -> tuple[float, float]:
    """The mean of the left and of the right halves of an axle; 0 where no line has one."""
    left = right = 0.0
    lefts = rights = 0
    for line in range(room.line_s.shape[1]):
        if sided[line]:
            if not math.isnan(room.wheel_kg[axle, line, 0]):
                left += room.wheel_kg[axle, line, 0]
                lefts += 1
            if not math.isnan(room.wheel_kg[axle, line, 1]):
                right += room.wheel_kg[axle, line, 1]
                rights += 1
    return left / max(1, lefts), right / max(1, rights)


@kernel
def left_share(room: Room, axle: int, sided: Ints) -> float:
    """The left part of an axle: by the lines that weighed both sides, else by the means of halves."""
    left = right = 0.0
    lefts = rights = 0
    for line in range(sided.shape[0]):
        if sided[line]:
            one = room.wheel_kg[axle, line, 0]
            other = room.wheel_kg[axle, line, 1]
            if not math.isnan(one) and not math.isnan(other):
                left += max(0.0, one)
                right += max(0.0, other)
                lefts += 1
    if left + right > 0.0:
        return left / (left + right)
    for line in range(sided.shape[0]):
        if sided[line]:
            if not math.isnan(room.wheel_kg[axle, line, 0]):
                left += max(0.0, room.wheel_kg[axle, line, 0])
                lefts += 1
            if not math.isnan(room.wheel_kg[axle, line, 1]):
                right += max(0.0, room.wheel_kg[axle, line, 1])
                rights += 1
    left /= max(1, lefts)
    right /= max(1, rights)
    return left / (left + right) if left + right > 0.0 else 0.5


@kernel
def halves_of(sided: Ints) -> int:
    """How many lines have halves."""
    halves = 0
    for line in range(sided.shape[0]):
        halves += sided[line]
    return halves


@kernel
def lines_of(room: Room, axle: int) -> int:
    """How many lines say what an axle weighs."""
    lines = 0
    for line in range(room.load_kg.shape[1]):
        lines += 0 if math.isnan(room.load_kg[axle, line]) else 1
    return lines


@kernel
def rows_of(room: Room, axles: int) -> int:
    """How many loads of lines there are."""
    count = 0
    for axle in range(axles):
        for line in range(room.load_kg.shape[1]):
            count += 0 if math.isnan(room.load_kg[axle, line]) else 1
    return count
