"""From one frame's counts to its vehicles: the whole way, in the order in which it goes.

counts → force (`signals`) → pulses (`pulses`) → axles (`trains`) → motion (`motion`) → vehicles (`cutting`), and for
each of these (`vehicle`) → wheel loads (`wheel_loads`) → what they are worth together (`combining`, `line_checks`).
"""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.cutting import cut_train, read_loop
from wim.kernels.jit import kernel
from wim.kernels.loop_speed import motion_by_loops
from wim.kernels.motion import fit_motion, misfit, offset_of
from wim.kernels.pulses import decay_from, decay_of, find_pulses, open_windows, weigh_pulse
from wim.kernels.signals import block_size, noise_of, read_channel, undroop
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
from wim.kernels.validity import AXLE_UNCERTAIN, STOPPED, STRIP_FAULT, TAILGATING
from wim.kernels.vehicle import LOST_M, time_on_line_1, unsteady, write_vehicle
from wim.kernels.weigh_arrays import MOST_VEHICLES, NOISY, Floats, Ints, Lane, Room

#: No speed: one row that no loop helps. No train: wheels on several rows that no vehicle explains. No weight: what came
#: out is no load of an axle.
NO_SPEED, NO_TRAIN, NO_WEIGHT = -1, -2, -3

#: A channel so much louder than the quietest, and at least so loud, is not weighed with.
NOISY_TIMES, NOISY_N = 12.0, 300.0
#: An axle that only some rows have seen counts from this part of the heaviest on, and lighter ones are ghosts.
GHOST_PART = 0.02
#: So many axles that not all rows have seen are no slip of a threshold.
RETURNS = 2
#: A pulse that not all rows have felt is a wheel where it is twice as high as what begins one.
SURE_PART = 0.5


@kernel
def listen(
    counts: npt.NDArray[np.int16], rate_hz: int, lane: Lane, room: Room, size: int, blocks: int, decay_per_s: float
) -> float:
    """Write force, noise and faults of every strip, and pulse_count of every row; returns the decay that was used."""
    block_s = size / rate_hz
    for strip in range(lane.channel.shape[0]):
        read_channel(
            counts[lane.channel[strip]],
            rate_hz,
            lane.newton[strip],
            size,
            blocks,
            room.force[strip],
            room.strips[strip : strip + 1],
        )
    if math.isnan(decay_per_s):
        decay_per_s = heard_decay(lane, room, blocks, block_s)
    least = math.inf
    for strip in range(lane.channel.shape[0]):
        undroop(room.force[strip], blocks, block_s, decay_per_s)
        room.strips[strip].noise_n = noise_of(room.force[strip], blocks, block_s, room.spare)
        least = min(least, room.strips[strip].noise_n)
    for strip in range(lane.channel.shape[0]):
        room.row[strip] = lane.row[strip]
        if room.strips[strip].noise_n > max(NOISY_N, NOISY_TIMES * least):
            room.strips[strip].bad |= NOISY
            room.row[strip] = -1
    return decay_per_s


@kernel
def heard_decay(lane: Lane, room: Room, blocks: int, block_s: float) -> float:
    """The amplifiers' decay as the quiet behind pulses tells it, from the forces as they were given."""
    room.spare[1000] = 0.0
    room.spare[1001] = 0.0
    for row in range(lane.row_m.shape[0]):
        for strip in range(lane.channel.shape[0]):
            room.row[strip] = lane.row[strip]
        noise_n = row_noise(lane, room, row, blocks, block_s)
        count = find_pulses(room.force, room.row, row, blocks, block_s, noise_n, room.pulses[row])
        open_windows(room.pulses[row], count, blocks, block_s)
        for strip in range(lane.channel.shape[0]):
            if lane.row[strip] == row:
                decay_of(
                    room.force[strip],
                    blocks,
                    block_s,
                    room.pulses[row],
                    count,
                    room.strips[strip].noise_n,
                    room.spare[1000:1002],
                )
    return decay_from(room.spare[1000:1002])


@kernel
def row_noise(lane: Lane, room: Room, row: int, blocks: int, block_s: float) -> float:
    """RMS of a row's noise, from that of its strips, which it measures."""
    total = 0.0
    for strip in range(lane.channel.shape[0]):
        if lane.row[strip] == row:
            room.strips[strip].noise_n = noise_of(room.force[strip], blocks, block_s, room.spare)
            total += room.strips[strip].noise_n ** 2
    return math.sqrt(total)


@kernel
def seek(lane: Lane, room: Room, blocks: int, block_s: float) -> None:
    """Find and weigh the pulses of every row."""
    for row in range(lane.row_m.shape[0]):
        noise = 0.0
        for strip in range(lane.channel.shape[0]):
            if room.row[strip] == row:
                noise += room.strips[strip].noise_n ** 2
        pulses = room.pulses[row]
        count = find_pulses(room.force, room.row, row, blocks, block_s, math.sqrt(noise), pulses)
        open_windows(pulses, count, blocks, block_s)
        for index in range(count):
            weigh_pulse(room.force, room.row, row, pulses, count, index, blocks, block_s, room.area)
        room.pulse_count[row] = count


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
    return doubt(room, axles)


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


@kernel
def weigh_frame(
    counts: npt.NDArray[np.int16],
    rate_hz: int,
    lane: Lane,
    room: Room,
    sided: Ints,
    decay_per_s: float,
    gravity_ms2: float,
    warmth: float,
    doubt_part: float,
    length_m: float,
    passages: npt.NDArray[np.void],
    line_kg: npt.NDArray[np.float32],
) -> int:
    """Weigh one frame; returns how many vehicles were written, or NO_SPEED.

    counts (channels, samples); sided (lines,): 1 where a line has halves; decay_per_s: the amplifiers' 1/τ, NaN where
    nobody knows it; warmth: what the strips feel more by their temperature; doubt_part: what the calibration leaves in
    doubt, as a part; length_m: of the first vehicle, 0 unknown. passages: PASSAGE_WORDS (2,), blank, whose time_ns is
    then counted from sample 0; line_kg (2, 16, lines, 2).
    """
    size = block_size(rate_hz)
    blocks = counts.shape[1] // size
    block_s = size / rate_hz
    if blocks < 8:
        return 0
    listen(counts, rate_hz, lane, room, size, blocks, decay_per_s)
    seek(lane, room, blocks, block_s)
    for row in range(lane.row_m.shape[0]):
        room.row_m[row] = lane.row_m[row]
    swapped = put_in_order(room)
    for loop in range(lane.loop.shape[0]):
        alive = read_loop(
            counts[lane.loop[loop]],
            size,
            blocks,
            lane.loop_rest[loop],
            lane.loop_scale[loop],
            room.loops[loop],
            room.spare,
        )
        room.alive[loop] = 1 if alive else 0
    axles, flags = gather(lane, room)
    if axles == 0:
        axles = lone_row(room)
        if axles <= 0:
            return axles
        if not motion_by_loops(room.loops, room.alive, lane.loop_m, blocks, block_s, room.motion):
            return NO_SPEED
    flags |= strip_flags(lane, room)
    if swapped or reversed_rows(room, axles, room.row_m):
        flags |= STOPPED
    return split(
        lane,
        room,
        axles,
        flags,
        sided,
        blocks,
        block_s,
        0.5 / rate_hz,
        gravity_ms2,
        warmth,
        doubt_part,
        length_m,
        passages,
        line_kg,
    )


@kernel
def strip_flags(lane: Lane, room: Room) -> int:
    """STRIP_FAULT where a strip is clipped, noisy, sparks, or was silent while others were not."""
    for strip in range(lane.channel.shape[0]):
        if room.strips[strip].bad or room.strips[strip].spikes:
            return STRIP_FAULT
    for row in range(lane.row_m.shape[0]):
        if room.pulse_count[row] == 0:
            return STRIP_FAULT
    return 0


@kernel
def split(
    lane: Lane,
    room: Room,
    axles: int,
    flags: int,
    sided: Ints,
    blocks: int,
    block_s: float,
    before_s: float,
    gravity_ms2: float,
    warmth: float,
    doubt_part: float,
    length_m: float,
    passages: npt.NDArray[np.void],
    line_kg: npt.NDArray[np.float32],
) -> int:
    """Cut the frame's axles into vehicles and write each; returns how many."""
    for axle in range(axles):
        room.axles[axle].place_m = offset_of(room.pulses, room.seen, axle, room.row_m, room.motion)
    whole_misfit_m = misfit(room.pulses, room.seen, 0, axles, room.row_m, room.motion)
    cut, unclear = cut_train(
        room.loops, room.alive, lane.loop_m, blocks, block_s, room.motion, room.axles, axles, length_m
    )
    if unclear:
        flags |= TAILGATING
    vehicles = 1 if cut == axles else MOST_VEHICLES
    if vehicles > 1 and whole_misfit_m > LOST_M and unsteady(room, 0, axles):
        # One that stands for a while is as far apart in time as two.
        flags |= STOPPED
    for vehicle in range(vehicles):
        first = 0 if vehicle == 0 else cut
        end = cut if vehicle == 0 else axles
        room.begin[vehicle] = first
        room.last_s[vehicle] = time_on_line_1(lane, room, end - 1) - before_s
        weighed = write_vehicle(
            lane,
            room,
            first,
            end - first,
            flags,
            sided,
            blocks,
            block_s,
            before_s,
            gravity_ms2,
            warmth,
            doubt_part,
            passages[vehicle],
            line_kg[vehicle],
            room.weight[vehicle],
        )
        if not weighed:
            return NO_WEIGHT
    return vehicles
