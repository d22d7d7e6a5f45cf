"""The axles of a frame: the rows' pulses in the order in which the rows lie, and what is no axle left out."""

from wim.kernels.jit import kernel
from wim.kernels.motion import fit_motion
from wim.kernels.trains import (
    drop_axle,
    find_train,
    heap_pulses,
    heaviest_ns,
    least_part,
    same_everywhere,
    steady,
    take_in_order,
    votes_of,
)
from wim.kernels.validity import AXLE_UNCERTAIN, STOPPED
from wim.kernels.vehicle import LOST_M
from wim.kernels.weigh_arrays import Floats, Ints, Lane, Room

#: Wheels on several rows that no vehicle explains.
NO_TRAIN = -2

#: An axle that only some rows have seen counts from this part of the heaviest on, and lighter ones are ghosts.
GHOST_PART = 0.02
#: So many axles that not all rows have seen are no slip of a threshold.
RETURNS = 2
#: Fewer make no vehicle.
LEAST_AXLES = 2
#: A pulse that not all rows have felt is a wheel where it is twice as high as what begins one.
SURE_PART = 0.5


@kernel
def gather(lane: Lane, room: Room) -> tuple[int, int]:
    """Make axles of the rows' pulses, in `seen`, by a first motion; returns their number and flags."""
    counts = room.pulse_count
    if counts.shape[0] > 1 and same_everywhere(room.pulses, counts, room.row_m):
        axles = take_in_order(counts, room.seen)
        misfit_m = fit_motion(room.pulses, room.seen, 0, axles, room.row_m, room.motion, room.system)
        if misfit_m < LOST_M or steady(room.pulses, room.seen, axles, room.row_m):
            return axles, 0
    if counts.shape[0] < 2:
        return 0, 0
    base, _ = find_train(room.pulses, counts, room.row_m, room.seen, room.motion, room.system)
    if base < 0:
        return 0, 0
    axles = heap_pulses(room.pulses, counts, room.row_m, room.motion, room.seen, room.spare)
    axles, flags = doubt(room, axles)
    if flags & STOPPED and not as_many(counts):
        axles = drop_disputed(room, axles)
    return axles, flags


@kernel
def lone_row(room: Room) -> int:
    """Make axles of the pulses of the one row that has felt wheels; returns their number.

    0 where there is nothing but noise, NO_TRAIN where several rows have felt wheels.
    """
    best = -1
    felt = 0
    rows = room.pulse_count.shape[0]
    for row in range(rows):
        sure = 0
        for index in range(room.pulse_count[row]):
            sure += 1 if room.pulses[row, index].part < SURE_PART else 0
        if sure > 0:
            felt += 1
            best = row
    if felt != 1:
        return NO_TRAIN if felt > 1 else 0
    for axle in range(room.pulse_count[best]):
        for row in range(rows):
            room.seen[axle, row] = axle if row == best else -1
    return room.pulse_count[best]


@kernel
def doubt(room: Room, axles: int) -> tuple[int, int]:
    """Drop what is no axle from `seen`; returns how many are left, and AXLE_UNCERTAIN where rows disagree."""
    working = 0
    for row in range(room.pulse_count.shape[0]):
        working += 1 if room.pulse_count[row] > 0 else 0
    most = 0.0
    for axle in range(axles):
        if 2 * votes_of(room.seen, axle) > working:
            most = max(most, heaviest_ns(room.pulses, room.seen, axle))
    flags = 0
    axle = 0
    disputed = 0
    while axle < axles:
        votes = votes_of(room.seen, axle)
        area_ns = heaviest_ns(room.pulses, room.seen, axle)
        sure = area_ns > GHOST_PART * most and least_part(room.pulses, room.seen, axle) < SURE_PART
        if votes < working and sure:
            flags |= AXLE_UNCERTAIN
            disputed += 1
        if 2 * votes < working or (2 * votes == working and not sure):
            axles = drop_axle(room.seen, axle, axles)
        else:
            axle += 1
    # One axle is missed or invented; more of them came back, or never went on.
    return axles, flags | STOPPED if disputed >= RETURNS else flags


@kernel
def as_many(counts: Ints) -> bool:
    """Whether every row has felt as many pulses."""
    for row in range(1, counts.shape[0]):
        if counts[row] != counts[0]:
            return False
    return True


@kernel
def drop_disputed(room: Room, axles: int) -> int:
    """Of a vehicle that came back, leave the axles that every row has seen, where there are two; returns how many."""
    working = 0
    for row in range(room.pulse_count.shape[0]):
        working += 1 if room.pulse_count[row] > 0 else 0
    sure = 0
    for axle in range(axles):
        sure += 1 if votes_of(room.seen, axle) == working else 0
    axle = 0
    while sure >= LEAST_AXLES and axle < axles:
        if votes_of(room.seen, axle) < working:
            axles = drop_axle(room.seen, axle, axles)
        else:
            axle += 1
    return axles


@kernel
def put_in_order(room: Room) -> bool:
    """Give rows that fired in another order than they lie the places of that order; returns whether any did.

    Cables in each other's sockets: every row has seen every axle, and an axle was never first on the row ahead.
    """
    rows = room.pulse_count.shape[0]
    swapped = False
    for row in range(rows):
        if room.pulse_count[row] != room.pulse_count[0] or room.pulse_count[0] == 0:
            return False
    for row in range(rows):
        ahead = 0
        for other in range(rows):
            early = 0
            for index in range(room.pulse_count[0]):
                early += 1 if room.pulses[other, index].time_s < room.pulses[row, index].time_s else 0
            if 0 < early < room.pulse_count[0]:
                # The vehicle itself went back and forth, or rows saw different things.
                return False
            ahead += 1 if early > 0 else 0
        swapped = swapped or ahead != row
        room.contrast[row] = ahead
    if swapped:
        for row in range(rows):
            room.spare[row] = room.row_m[row]
        for row in range(rows):
            room.row_m[row] = room.spare[int(room.contrast[row])]
    return swapped


@kernel
def reversed_rows(room: Room, axles: int, row_m: Floats) -> bool:
    """Whether any row fired before the one that lies ahead of it."""
    for row in range(1, row_m.shape[0]):
        early = 0
        both = 0
        for axle in range(axles):
            if room.seen[axle, row] >= 0 and room.seen[axle, row - 1] >= 0:
                both += 1
                first_s = room.pulses[row - 1, room.seen[axle, row - 1]].time_s
                early += 1 if room.pulses[row, room.seen[axle, row]].time_s < first_s else 0
        if 2 * early > both:
            return True
    return False
