"""From one frame's counts to its vehicles: the whole way, in the order in which it goes.

counts → force (`signals`) → pulses (`pulses`) → axles (`trains`) → motion (`motion`) → vehicles (`cutting`), and for
each of these (`vehicle`) → wheel loads (`wheel_loads`) → what they are worth together (`combining`, `line_checks`).
"""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.cutting import chatters, cut_train, read_loop
from wim.kernels.gathering import gather, lone_row, put_in_order, reversed_rows
from wim.kernels.jit import kernel
from wim.kernels.loop_speed import motion_by_loops
from wim.kernels.motion import misfit, offset_of
from wim.kernels.pulses import USUAL_DECAY_PER_S, decay_from, decay_of, find_pulses, open_windows, weigh_pulse
from wim.kernels.signals import block_size, droop, noise_of, read_channel, undroop
from wim.kernels.validity import STOPPED, STRIP_FAULT, TAILGATING
from wim.kernels.vehicle import LOST_M, time_on_line_1, unsteady, write_vehicle
from wim.kernels.weigh_arrays import MOST_VEHICLES, NOISY, Floats, Ints, Lane, Room

#: No speed: one row that no loop helps. No weight: what came out is no load of an axle. See also NO_TRAIN.
NO_SPEED, NO_WEIGHT = -1, -3

#: A channel so much louder than the quietest, and at least so loud, is not weighed with.
NOISY_TIMES, NOISY_N = 12.0, 300.0
#: An amplifier of 1 s is found from the usual 5 s in so many rounds.
DECAY_ROUNDS = 4


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
    """The amplifiers' decay as the quiet behind pulses tells it, from the forces as they were given.

    Where pulses end is seen the better, the better the decay is known, so it is looked for again with what was found.
    """
    decay_per_s = USUAL_DECAY_PER_S
    sums = room.spare[1000:1002]
    for _ in range(DECAY_ROUNDS):
        sums[0] = 0.0
        sums[1] = 0.0
        for row in range(lane.row_m.shape[0]):
            row_decay(lane, room, row, blocks, block_s, decay_per_s, sums)
        decay_per_s = decay_from(sums)
    return decay_per_s


@kernel
def row_decay(lane: Lane, room: Room, row: int, blocks: int, block_s: float, decay_per_s: float, sums: Floats) -> None:
    """Add to `sums` what the strips of one row tell, their pulses found under a first guess of the decay."""
    for strip in range(lane.channel.shape[0]):
        room.row[strip] = lane.row[strip]
        if lane.row[strip] == row:
            undroop(room.force[strip], blocks, block_s, decay_per_s)
    noise_n = row_noise(lane, room, row, blocks, block_s)
    count = find_pulses(room.force, room.row, row, blocks, block_s, noise_n, room.pulses[row])
    open_windows(room.pulses[row], count, blocks, block_s)
    for strip in range(lane.channel.shape[0]):
        if lane.row[strip] == row:
            droop(room.force[strip], blocks, block_s, decay_per_s)
            decay_of(room.force[strip], blocks, block_s, room.pulses[row], count, room.strips[strip].noise_n, sums)


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
    """Weigh one frame; returns how many vehicles were written, or NO_SPEED, NO_TRAIN or NO_WEIGHT.

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
    chatter = 0
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
        if alive and chatters(room.loops[loop], blocks):
            chatter = TAILGATING
    if chatter:
        # One detector serves them all: none of them tells vehicles apart now.
        for loop in range(lane.loop.shape[0]):
            room.alive[loop] = 0
    axles, flags = gather(lane, room)
    if axles == 0:
        axles = lone_row(room)
        if axles <= 0:
            return axles
        if not motion_by_loops(room.loops, room.alive, lane.loop_m, blocks, block_s, room.motion):
            return NO_SPEED
    flags |= strip_flags(lane, room) | chatter
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
    cut, doubts = cut_train(
        room.loops, room.alive, lane.loop_m, blocks, block_s, room.motion, room.axles, axles, length_m
    )
    flags |= doubts
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
