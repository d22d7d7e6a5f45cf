"""What the weighing kernels read and write: the lane as a frame shows it, pulses, axles, and room to work in.

Times inside a frame are seconds from its sample 0, forces N, places m behind line 1 in the direction of travel. A *row*
is what lies at one place across the lane: both halves of a line, its full width, or one half where the two are laid
apart. A *block* is the mean of half a millisecond of samples.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wim.records import MAX_AXLES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Structured = npt.NDArray[np.void]

FULL, LEFT, RIGHT = 0, 1, 2

#: Pulses of a row that are followed: two vehicles of 16 axles, and as many ghosts.
MOST_PULSES = 64
MOST_VEHICLES = 2

#: A wheel or axle on one row. Blocks are counted from the frame's start; `end` is the one after the last.
PULSE = np.dtype(
    [
        ("first", "i8"),  # above the threshold
        ("end", "i8"),
        ("window", "i8"),  # integrated
        ("window_end", "i8"),
        ("time_s", "f8"),  # centroid
        ("spread_s", "f8"),  # standard deviation about it
        ("peak_n", "f8"),
        ("part", "f8"),  # the height at which it was seen to begin and end, as a part of its peak
        ("area_ns", "f8"),  # both halves
    ],
    align=True,
)

#: What is known of one channel of strips before any axle is.
CHANNEL = np.dtype(
    [
        ("noise_n", "f8"),  # RMS over what matters to a pulse: between a fiftieth of a second apart
        ("spikes", "i8"),  # samples that were mended
        ("clipped", "i8"),  # samples at the end of the range
        ("bad", "i8"),  # bits, see below
    ],
    align=True,
)
#: Why a channel is not weighed with.
CLIPPED, DEAD, NOISY = 1, 2, 4

#: One axle, as all rows together saw it.
AXLE = np.dtype(
    [
        ("place_m", "f8"),  # behind the frame's first axle
        ("vehicle", "i8"),
        ("votes", "i8"),
    ],
    align=True,
)


class Lane(NamedTuple):
    """The channels of a frame as registry and calibration see them; c strips, r rows, o loops.

    channel, row, side, line: shape (c,), the frame's channel, the row, FULL, LEFT or RIGHT, the line from 0; newton:
    (c,), force per count with the strip's gain; width_m: (c,); row_m, row_line: (r,), rows by rising place; loop,
    loop_m, loop_rest, loop_scale: (o,), the frame's channel, place, counts at rest, change per count; speed_kmh,
    speed_factor: (s,), s ≥ 1, the calibration's table.
    """

    channel: Ints
    row: Ints
    side: Ints
    line: Ints
    newton: Floats
    width_m: Floats
    row_m: Floats
    row_line: Ints
    loop: Ints
    loop_m: Floats
    loop_rest: Floats
    loop_scale: Floats
    speed_kmh: Floats
    speed_factor: Floats


class Room(NamedTuple):
    """Where a frame is worked on; made once and given to every frame that fits.

    force: (c, blocks), N without droop; loops: (o, blocks), relative change; spare: (1024,); strips: CHANNEL (c,);
    pulses: PULSE (r, MOST_PULSES); pulse_count, row_noise: (r,); area: (c, MOST_PULSES), N s; seen: (MOST_PULSES, r),
    the pulse of each axle on each row, -1 where there is none; axles: AXLE (MOST_PULSES,); motion: (4,);
    wheel_kg, noise_kg: (MOST_AXLES, lines, 2) of one vehicle; line_s: (MOST_AXLES, lines); matrix, root, system: for
    the combination of lines; index: (MOST_AXLES × lines, 3).
    """

    force: Floats
    loops: Floats
    spare: Floats
    strips: Structured
    pulses: Structured
    pulse_count: Ints
    row_noise: Floats
    area: Floats
    seen: Ints
    axles: Structured
    motion: Floats
    wheel_kg: Floats
    noise_kg: Floats
    line_s: Floats
    spread_s: Floats
    way_m: Floats
    load_kg: Floats
    load_noise_kg: Floats
    weight: Floats
    axle_kg: Floats
    place_m: Floats
    contrast: Floats
    row: Ints
    row_m: Floats
    alive: Ints
    begin: Ints
    last_s: Floats
    asked: Ints
    matrix: Floats
    root: Floats
    system: Floats
    index: Ints


def make_room(strips: int, rows: int, lines: int, loops: int, blocks: int) -> Room:
    """Room for frames of so many strips, rows, lines and loops, up to `blocks` blocks long."""
    most = MAX_AXLES * lines
    return Room(
        force=np.empty((strips, blocks)),
        loops=np.empty((loops, blocks)),
        spare=np.empty(1024),
        strips=np.zeros(strips, CHANNEL),
        pulses=np.zeros((rows, MOST_PULSES), PULSE),
        pulse_count=np.zeros(rows, np.int64),
        row_noise=np.zeros(rows),
        area=np.zeros((strips, MOST_PULSES)),
        seen=np.zeros((MOST_PULSES, rows), np.int64),
        axles=np.zeros(MOST_PULSES, AXLE),
        motion=np.zeros(4),
        wheel_kg=np.zeros((MAX_AXLES, lines, 2)),
        noise_kg=np.zeros((MAX_AXLES, lines, 2)),
        line_s=np.zeros((MAX_AXLES, lines)),
        spread_s=np.zeros((MAX_AXLES, lines)),
        way_m=np.zeros((MAX_AXLES, rows)),
        load_kg=np.zeros((MAX_AXLES, lines)),
        load_noise_kg=np.zeros((MAX_AXLES, lines)),
        weight=np.zeros((MOST_VEHICLES, MAX_AXLES, lines)),
        axle_kg=np.zeros(MAX_AXLES),
        place_m=np.zeros(MAX_AXLES),
        contrast=np.zeros(most),
        row=np.zeros(strips, np.int64),
        row_m=np.zeros(rows),
        alive=np.zeros(loops, np.int64),
        begin=np.zeros(MOST_VEHICLES, np.int64),
        last_s=np.zeros(MOST_VEHICLES),
        asked=np.zeros(1, np.int64),
        matrix=np.empty((most, most)),
        root=np.empty((most, MAX_AXLES + 1)),
        system=np.empty((MAX_AXLES, MAX_AXLES + 1)),
        index=np.zeros((most, 3), np.int64),
    )
