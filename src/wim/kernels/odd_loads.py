"""Loads of one axle that the other lines contradict beyond any motion: a missed axle, a wheel that stood, half a wheel.

What is found is left out of that axle only; a strip that errs all the time is `line_checks`' matter.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.signals import median
from wim.kernels.validity import AXLE_UNCERTAIN, STOPPED, STRIP_FAULT
from wim.kernels.weigh_arrays import Ints, Lane, Room

#: A tyre that is over a strip for so many times the way of its shortest crossing has stood or turned there: of a
#: vehicle whose speed changed much, and of one that kept it, where lines that spread a load differently are likelier.
LINGERS, SURELY_LINGERS = 1.5, 2.5
#: A pulse of less than this part of the highest of its axle is not looked at for that, nor one whose length says little
#: since it begins high up its own slope.
THERE_PART, CLEAR_PART = 0.25, 0.2
#: A load of so many times what the other wheels' loads over heights say of its height was weighed standing.
TAME = 2.0
#: A line that gives less than this part of the most that any gave has missed the axle: bounces leave seven tenths.
MISSED_PART = 0.4
#: And it must be missing more than so many times what noise may have taken.
MISSED_NOISES = 6.0
#: A line whose left part of an axle differs so much from that of the others has half missed it.
SHARE_APART = 0.2


@kernel
def forget_axle(room: Room, axle: int, line: int) -> None:
    """Set what a line weighed of an axle to NaN."""
    room.wheel_kg[axle, line, 0] = math.nan
    room.wheel_kg[axle, line, 1] = math.nan


@kernel
def lines_left(room: Room, axle: int) -> int:
    """How many lines have weighed an axle at all."""
    left = 0
    for line in range(room.line_s.shape[1]):
        if not (math.isnan(room.wheel_kg[axle, line, 0]) and math.isnan(room.wheel_kg[axle, line, 1])):
            left += 1
    return left


@kernel
def drop_lingering(lane: Lane, room: Room, first: int, axles: int, lingers: float) -> int:
    """Leave out the lines on which a wheel stood; returns STOPPED where there was one.

    first: the vehicle's first axle in `seen`; lingers: LINGERS or SURELY_LINGERS; way_m of the room: how far each went
    while it was on each row.
    """
    flags = 0
    for axle in range(axles):
        highest_n = 0.0
        for row in range(lane.row_m.shape[0]):
            if room.seen[first + axle, row] >= 0:
                highest_n = max(highest_n, room.pulses[row, room.seen[first + axle, row]].peak_n)
        shortest_m = math.inf
        for row in range(lane.row_m.shape[0]):
            pulse = room.seen[first + axle, row]
            # What is hardly there at all was missed, and its length says nothing.
            if pulse < 0 or room.pulses[row, pulse].part >= CLEAR_PART:
                continue
            if room.pulses[row, pulse].peak_n > THERE_PART * highest_n:
                shortest_m = min(shortest_m, room.way_m[axle, row])
        for row in range(lane.row_m.shape[0]):
            if room.seen[first + axle, row] >= 0 and room.way_m[axle, row] > lingers * shortest_m:
                flags |= STOPPED
                if lines_left(room, axle) > 1:
                    forget_axle(room, axle, lane.row_line[row])
    return flags


@kernel
def whole_kg(room: Room, axle: int, line: int) -> float:
    """What a line weighed of an axle, both halves; NaN where it has not weighed what it is made to."""
    left = room.wheel_kg[axle, line, 0]
    right = room.wheel_kg[axle, line, 1]
    if math.isnan(left):
        return right
    return left if math.isnan(right) else left + right


@kernel
def drop_missed(room: Room, axles: int, sided: Ints) -> int:
    """Leave out lines that missed an axle or half of it; returns AXLE_UNCERTAIN and STRIP_FAULT as they were found."""
    flags = 0
    for axle in range(axles):
        most_kg = 0.0
        most = -1
        for line in range(room.line_s.shape[1]):
            kg = whole_kg(room, axle, line)
            if not math.isnan(kg) and kg > most_kg:
                most_kg = kg
                most = line
        for line in range(room.line_s.shape[1]):
            kg = whole_kg(room, axle, line)
            if line == most or math.isnan(kg) or halves(room, axle, line) != halves(room, axle, most):
                continue
            noise_kg = room.noise_kg[axle, line, 0] + room.noise_kg[axle, line, 1]
            if kg < MISSED_PART * most_kg and most_kg - kg > MISSED_NOISES * noise_kg:
                flags |= AXLE_UNCERTAIN
                forget_axle(room, axle, line)
            elif sided[line] and halves(room, axle, line) == 2:
                apart = abs(room.wheel_kg[axle, line, 0] / kg - room.wheel_kg[axle, most, 0] / most_kg)
                if apart > SHARE_APART and apart * kg > MISSED_NOISES * noise_kg:
                    flags |= STRIP_FAULT
                    forget_axle(room, axle, line)
    return flags


@kernel
def halves(room: Room, axle: int, line: int) -> int:
    """How many numbers a line has of an axle."""
    left = 0 if math.isnan(room.wheel_kg[axle, line, 0]) else 1
    return left + (0 if math.isnan(room.wheel_kg[axle, line, 1]) else 1)


@kernel
def tame_stood(lane: Lane, room: Room, first: int, axles: int) -> bool:
    """Give wheels that stood on their only line the load that their height tells; returns whether there was one.

    A pulse's height over its load is that of the tyre's contact, much the same for the wheels of one vehicle, while
    its area grows for as long as the wheel stands. What is told so is no better than tyres are alike.
    """
    there = 0
    for axle in range(axles):
        least = math.inf
        for row in range(lane.row_m.shape[0]):
            pulse = room.seen[first + axle, row]
            kg = whole_kg(room, axle, lane.row_line[row])
            if pulse >= 0 and kg > 0.0:
                least = min(least, kg / room.pulses[row, pulse].peak_n)
        if least < math.inf:
            room.spare[there] = least
            there += 1
    if there == 0:
        return False
    ratio = median(room.spare, there)
    tamed = False
    for axle in range(axles):
        for row in range(lane.row_m.shape[0]):
            pulse = room.seen[first + axle, row]
            line = lane.row_line[row]
            kg = whole_kg(room, axle, line)
            if pulse >= 0 and kg > TAME * ratio * room.pulses[row, pulse].peak_n:
                part = ratio * room.pulses[row, pulse].peak_n / kg
                room.wheel_kg[axle, line, 0] *= part
                room.wheel_kg[axle, line, 1] *= part
                tamed = True
    return tamed
