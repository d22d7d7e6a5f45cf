"""One vehicle of a frame: its motion, its loads by all lines, what is doubtful about it, and its passage."""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.combining import GROUP_M, combine, share_lines
from wim.kernels.jit import Record, kernel
from wim.kernels.line_checks import LINES_Z, SIDES_Z, SIDES_Z_MORE, sides_disagree, worst_line
from wim.kernels.motion import fit_motion, offset_of, speed_at, time_at
from wim.kernels.odd_loads import LINGERS, SURELY_LINGERS, drop_lingering, drop_missed, tame_stood
from wim.kernels.validity import (
    ACCELERATING,
    AXLE_ONLY,
    MOST_ACCELERATION_MS2,
    STOPPED,
    STRADDLING,
    STRIP_FAULT,
    TAILGATING,
)
from wim.kernels.weigh_arrays import Floats, Ints, Lane, Room
from wim.kernels.wheel_loads import forget_bad, halves_of, left_share, line_totals, lines_of, load_wheels, rows_of
from wim.records import MAX_AXLES

#: Places on the rows that no smooth motion explains: to this the speed is smooth, from that on nobody knows the way.
SMOOTH_M, LOST_M = 0.06, 0.30
#: A motion that fits so badly was broken off where some axle took so much longer from row to row than another.
UNSTEADY_M, UNSTEADY = 0.05, 2.2
#: A vehicle whose speeds differ by no more than this factor has not stood.
KEEPS = 1.5
#: A vehicle slower than this stands.
STANDING_MS = 0.7
#: A pulse so near to an end of the frame was cut by it.
EDGE_S = 0.002
#: Where the steering axle has its left part so far from a half, and the whole vehicle so far, tyres ran beside the
#: strips: loads are laid unevenly, but never on the steering axle.
ASIDE, REST_ASIDE = 0.11, 0.05
#: Groups of axles, closer than combining.GROUP_M, of a truck with a full trailer.
MOST_GROUPS = 4
#: More than any axle, and than the field for it has room for.
NONSENSE_KG = 65_536.0
#: What is in doubt of a weight whose wheels were beside the strips, and of one whose vehicle stood, as parts.
BESIDE, STOOD = 0.25, 0.30
#: Lines that differ by more than so many times the variance that is expected of them, over so many degrees of freedom,
#: tell of a rougher road than sites have. One vehicle in twenty differs so much by chance.
ROUGHER, ENOUGH_FREE = 2.0, 4
#: What the estimate cannot know by itself, as parts of the weight: distances between lines and so the speed (law and
#: measurement §4.6), speed by loops, what a calibration leaves, and a motion that is not smooth.
DISTANCE, BY_LOOPS, LEFT_OVER, ROUGH = 0.004, 0.01, 0.002, 0.03


@kernel
def write_vehicle(
    lane: Lane,
    room: Room,
    first: int,
    axles: int,
    flags: int,
    sided: Ints,
    blocks: int,
    block_s: float,
    before_s: float,
    gravity_ms2: float,
    warmth: float,
    doubt_part: float,
    passage: Record,
    line_kg: npt.NDArray[np.float32],
    weight: Floats,
) -> bool:
    """Weigh the vehicle whose axles are [first, first + axles) and write its passage; False where it has no weight.

    weight (axles, lines): what each line counts, where the room is asked for it;
    before_s: half a sample, by which the middle of a block lies behind the middle of its samples.
    """
    if axles > MAX_AXLES:
        # What is beyond is not one vehicle, and has no room in a record.
        flags |= TAILGATING
        axles = MAX_AXLES
    misfit_m = fit_motion(room.pulses, room.seen, first, first + axles, room.row_m, room.motion, room.system)
    # With one row there is nothing to fit: the motion is that of the loops.
    by_loops = math.isnan(misfit_m)
    smooth = by_loops or misfit_m < SMOOTH_M
    flags |= motion_doubts(lane, room, first, axles, misfit_m, blocks, block_s)
    load_wheels(lane, room, first, axles, block_s, gravity_ms2, warmth, smooth)
    lines = room.line_s.shape[1]
    for axle in range(axles):
        for line in range(lines):
            for side in range(2):
                line_kg[axle, line, side] = room.wheel_kg[axle, line, side]
    forget_bad(lane, room, axles)
    lingers = SURELY_LINGERS if smooth and keeps_speed(room, first, axles) else LINGERS
    flags |= drop_lingering(lane, room, first, axles, lingers)
    stood = flags & STOPPED and tame_stood(lane, room, first, axles)
    flags |= drop_missed(room, axles, sided)
    if line_totals(lane, room, axles, sided, room.load_kg, room.load_noise_kg):
        flags |= STRADDLING
    for axle in range(axles):
        if lines_of(room, axle) == 0:
            return False
        room.place_m[axle] = offset_of(room.pulses, room.seen, first + axle, room.row_m, room.motion)
        for line in range(lines):
            room.spread_s[axle, line] = spread_of(lane, room, first + axle, line)
    sigma_kg = together(room, axles)
    dropped, doubt = agreement(room, axles, sided)
    if doubt > 0.0:
        flags |= STRIP_FAULT
        doubt_part = math.hypot(doubt_part, doubt)
    if dropped >= 0:
        for axle in range(axles):
            if lines_of(room, axle) > 1:
                room.load_kg[axle, dropped] = math.nan
        sigma_kg = together(room, axles)
    for strip in range(lane.channel.shape[0]):
        if room.strips[strip].bad:
            flags |= STRIP_FAULT
    if room.asked[0]:
        share_lines(room.index, rows_of(room, axles), axles, room.matrix, room.root, room.system, weight)
    if halves_of(sided) and leans(room, axles, sided):
        flags |= STRADDLING
        doubt_part = math.hypot(doubt_part, BESIDE)
    if many_groups(room, axles):
        flags |= TAILGATING
    if stood or (flags & STOPPED and not smooth):
        doubt_part = math.hypot(doubt_part, STOOD)
    for axle in range(axles):
        # A scale beyond all reason overflows; what is no number is no weight.
        if not room.axle_kg[axle] < NONSENSE_KG or not sigma_kg < NONSENSE_KG:
            return False
    write_passage(lane, room, first, axles, flags, sided, sigma_kg, smooth, by_loops, before_s, doubt_part, passage)
    return True


@kernel
def many_groups(room: Room, axles: int) -> bool:
    """Whether the axles make more groups than any one vehicle has.

    A truck has two, a semi-trailer makes three, a full trailer four, of which the last is no tridem behind one axle.
    """
    groups = 1
    size = before = 1
    for axle in range(1, axles):
        if room.place_m[axle] - room.place_m[axle - 1] > GROUP_M:
            groups += 1
            before = size
            size = 0
        size += 1
    return groups > MOST_GROUPS or (groups == MOST_GROUPS and before == 1 and size > 2)


@kernel
def together(room: Room, axles: int) -> float:
    """Combine the lines into axle_kg; returns the standard deviation of the gross weight in kg."""
    sigma_kg, misfit, free = combine(
        room.load_kg,
        room.load_noise_kg,
        room.line_s,
        room.spread_s,
        room.place_m,
        axles,
        room.index,
        room.matrix,
        room.root,
        room.system,
        room.axle_kg,
    )
    if free >= ENOUGH_FREE and misfit > ROUGHER:
        sigma_kg *= math.sqrt(misfit / ROUGHER)
    return sigma_kg


@kernel
def spread_of(lane: Lane, room: Room, axle: int, line: int) -> float:
    """How wide an axle's pulse is on a line, as a standard deviation in s."""
    for row in range(lane.row_m.shape[0]):
        pulse = room.seen[axle, row]
        if lane.row_line[row] == line and pulse >= 0:
            return room.pulses[row, pulse].spread_s
    return 0.0


@kernel
def motion_doubts(lane: Lane, room: Room, first: int, axles: int, misfit_m: float, blocks: int, block_s: float) -> int:
    """STOPPED and ACCELERATING, as far as the way over the rows tells them."""
    flags = 0
    if misfit_m >= LOST_M or (misfit_m >= UNSTEADY_M and unsteady(room, first, axles)):
        flags |= STOPPED
    begin_s = math.inf
    end_s = 0.0
    for axle in range(first, first + axles):
        for row in range(lane.row_m.shape[0]):
            pulse = room.seen[axle, row]
            if pulse >= 0:
                begin_s = min(begin_s, room.pulses[row, pulse].time_s)
                end_s = max(end_s, room.pulses[row, pulse].time_s)
                at_edge = room.pulses[row, pulse].first * block_s < EDGE_S
                if at_edge or room.pulses[row, pulse].end >= blocks - EDGE_S / block_s:
                    flags |= STOPPED
    begin_ms = speed_at(room.motion, begin_s)
    end_ms = speed_at(room.motion, end_s)
    slowest_ms = min(begin_ms, end_ms)
    if room.motion[3] > 0.0:
        turn_s = room.motion[0] - room.motion[2] / room.motion[3]
        if begin_s < turn_s < end_s:
            slowest_ms = speed_at(room.motion, turn_s)
    if slowest_ms < STANDING_MS:
        flags |= STOPPED
    begin_ms2 = room.motion[2] + room.motion[3] * (begin_s - room.motion[0])
    end_ms2 = room.motion[2] + room.motion[3] * (end_s - room.motion[0])
    if min(abs(begin_ms2), abs(end_ms2)) > MOST_ACCELERATION_MS2:
        flags |= ACCELERATING
    return flags


@kernel
def keeps_speed(room: Room, first: int, axles: int) -> bool:
    """Whether a vehicle's speed by its motion was much the same at all of its axles' times."""
    slowest = math.inf
    fastest = 0.0
    for axle in range(first, first + axles):
        for row in range(room.row_m.shape[0]):
            if room.seen[axle, row] >= 0:
                speed = speed_at(room.motion, room.pulses[row, room.seen[axle, row]].time_s)
                slowest = min(slowest, speed)
                fastest = max(fastest, speed)
    return slowest * KEEPS > fastest


@kernel
def unsteady(room: Room, first: int, axles: int) -> bool:
    """Whether the speeds of the axles between neighbouring rows differ as only a stop lets them."""
    slowest = math.inf
    fastest = 0.0
    for axle in range(first, first + axles):
        for row in range(1, room.row_m.shape[0]):
            if room.seen[axle, row] >= 0 and room.seen[axle, row - 1] >= 0:
                before_s = room.pulses[row - 1, room.seen[axle, row - 1]].time_s
                passed = abs(room.pulses[row, room.seen[axle, row]].time_s - before_s)
                speed = abs(room.row_m[row] - room.row_m[row - 1]) / max(passed, 1e-9)
                slowest = min(slowest, speed)
                fastest = max(fastest, speed)
    return fastest > UNSTEADY * slowest


@kernel
def leans(room: Room, axles: int, sided: Ints) -> bool:
    """Whether the vehicle lies on one side of the strips by more than a load can be laid.

    Every axle does, or the steering axle, which no load moves, and the rest the same way.
    """
    one_way = 0
    left_kg = gross_kg = 0.0
    for axle in range(axles):
        share = left_share(room, axle, sided)
        one_way += 1 if share - 0.5 > ASIDE else -1 if share - 0.5 < -ASIDE else 0
        left_kg += share * room.axle_kg[axle]
        gross_kg += room.axle_kg[axle]
    steer = left_share(room, 0, sided) - 0.5
    whole = left_kg / max(gross_kg, 1.0) - 0.5
    return abs(one_way) == axles or (abs(steer) > ASIDE and whole * steer > 0.0 and abs(whole) > REST_ASIDE)


@kernel
def agreement(room: Room, axles: int, sided: Ints) -> tuple[int, float]:
    """The line that the others outvote (-1: none), and what their disagreement leaves in doubt of the gross weight.

    The doubt is 0 where they agree as far as the motion lets them. Of two lines nobody knows which is right.
    """
    count = rows_of(room, axles)
    lines = 0
    for line in range(room.load_kg.shape[1]):
        there = 0
        for axle in range(axles):
            there += 0 if math.isnan(room.load_kg[axle, line]) else 1
        lines += 1 if there == axles else 0
    line, score, apart = sides_disagree(room, axles, sided)
    if score > SIDES_Z + SIDES_Z_MORE * (sided.shape[0] - 2):
        # One half of one line is off by so much: half of that in the line, and a line's part of it in the mean.
        return (line, LEFT_OVER) if lines > 2 else (-1, apart / (2.0 * max(1, lines)))
    line, score, apart_kg = worst_line(room.load_kg, room.matrix, room.index, count, room.contrast)
    if score > LINES_Z:
        gross_kg = 0.0
        for axle in range(axles):
            gross_kg += room.axle_kg[axle]
        return (line, LEFT_OVER) if lines > 2 else (-1, apart_kg / max(gross_kg, 1.0) / max(1, lines))
    return -1, 0.0


@kernel
def write_passage(
    lane: Lane,
    room: Room,
    first: int,
    axles: int,
    flags: int,
    sided: Ints,
    sigma_kg: float,
    smooth: bool,
    by_loops: bool,
    before_s: float,
    doubt_part: float,
    passage: Record,
) -> None:
    """Write loads, spacings, speed, time and uncertainty of one vehicle."""
    gross_kg = 0.0
    halves = halves_of(sided)
    total = 0
    for axle in range(axles):
        # Less than nothing is no load: an axle of 0 kg rejects its passage.
        load_kg = min(max(room.axle_kg[axle], 0.0), 65_535.0)
        share = left_share(room, axle, sided) if halves else 1.0
        left_kg = np.int64(load_kg * share + 0.5)
        right_kg = np.int64(load_kg + 0.5) - left_kg
        passage.left_kg[axle] = left_kg
        passage.right_kg[axle] = right_kg
        total += left_kg + right_kg
        gross_kg += load_kg
        if axle > 0:
            spacing_mm = (room.place_m[axle] - room.place_m[axle - 1]) * 1_000.0
            passage.spacing_mm[axle - 1] = np.int64(min(max(spacing_mm, 0.0), 65_535.0) + 0.5)
    passage.axle_count = axles
    passage.gross_kg = total
    if not halves:
        flags |= AXLE_ONLY
    middle_m = 0.5 * (room.row_m[0] + room.row_m[room.row_m.shape[0] - 1])
    at_middle_s = time_at(room.motion, room.place_m[0] + middle_m, room.motion[0])
    passage.speed_kmh = abs(speed_at(room.motion, at_middle_s)) * 3.6
    passage.acceleration_ms2 = room.motion[2] + room.motion[3] * (at_middle_s - room.motion[0])
    passage.time_ns = np.int64((time_on_line_1(lane, room, first) - before_s) * 1e9)
    distance = BY_LOOPS if by_loops else DISTANCE
    relative = (sigma_kg / max(gross_kg, 1.0)) ** 2 + distance**2 + LEFT_OVER**2 + doubt_part**2
    if not smooth:
        relative += ROUGH**2
    passage.gross_sigma = math.sqrt(relative)
    passage.flags = flags


@kernel
def time_on_line_1(lane: Lane, room: Room, axle: int) -> float:
    """When an axle was on line 1: as the rows there saw it, else by the motion."""
    total = 0.0
    count = 0
    line_m = 0.0
    rows = 0
    for row in range(lane.row_m.shape[0]):
        if lane.row_line[row] == 0:
            line_m += room.row_m[row]
            rows += 1
            if room.seen[axle, row] >= 0:
                total += room.pulses[row, room.seen[axle, row]].time_s
                count += 1
    if count == rows and rows > 0:
        return total / count
    place_m = offset_of(room.pulses, room.seen, axle, room.row_m, room.motion)
    return time_at(room.motion, place_m + line_m / max(1, rows), room.motion[0])
