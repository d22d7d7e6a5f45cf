"""Frames of vehicles at constant speed, without noise or motion: what a test needs that is not about the estimate.

A tyre's contact is a rectangle and so is a strip, so its force rises, stays and falls in straight lines, and the area
under it is the wheel's load times g times the strip's width over the speed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wim.frames import CHANNEL, FRAME_HEAD, FrameFlag, Kind, Side, encode_frame
from wim.sites import Network, parse_network

RATE_HZ = 10_000
WIDTH_M, CONTACT_M, GRAVITY_MS2 = 0.055, 0.25, 9.8
LINES_M = (0.0, 4.0)
SCALE_N, OFFSET = 5.0, 100.0
#: 2026-06-01T00:00:00Z.
START_NS = 1_780_272_000 * 10**9

#: Left and right wheel in kg, and the metres to the next axle: 49 t on six axles, 38 t on four, a car.
Axles = Sequence[tuple[int, int, float]]
SIX: Axles = (
    (3_200, 3_100, 3.3),
    (4_300, 4_200, 1.35),
    (4_250, 4_150, 6.9),
    (4_300, 4_300, 1.31),
    (4_350, 4_250, 1.31),
    (4_300, 4_300, 0.0),
)
FOUR: Axles = ((4_000, 4_000, 1.9), (4_500, 4_500, 3.6), (5_250, 5_250, 1.35), (5_250, 5_250, 0.0))
CAR: Axles = ((420, 400, 2.7), (380, 360, 0.0))


def network(lanes: int = 2) -> Network:
    """Site G104-K012 with lanes 1 (up) to `lanes`, every second one down, each with two lines of left and right."""
    strips = [
        {"line": line, "side": side, "position_m": at, "width_m": WIDTH_M}
        for line, at in enumerate(LINES_M, 1)
        for side in ("left", "right")
    ]
    table = [{"number": n, "direction": "up" if n % 2 else "down", "strips": strips} for n in range(1, lanes + 1)]
    calibration = {"calibration": [{"version": 3, "from": np.datetime64("2026-01-01").item()}]}
    site = {"id": "G104-K012", "corridor": "G104", "chainage_km": 12.4, "gravity_ms2": GRAVITY_MS2}
    document = {
        "corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}],
        "site": [{**site, "lane": [{**lane, **calibration} for lane in table]}],
    }
    return parse_network(document, "test")


def frame(axles: Axles = SIX, speed_kmh: float = 72.0, **fields: object) -> bytes:
    """A frame in which a vehicle with these axles crosses lane 1 of G104-K012; none of it where there are no axles."""
    head = np.zeros(1, FRAME_HEAD)
    told = {"start_ns": START_NS, "rate_hz": RATE_HZ, "site": b"G104-K012", "lane": 1, "pavement_c": 20.0}
    told |= {"flags": FrameFlag.CLOCK_LOCKED, "plate_colour": 255, "run": 1}
    for name, value in (told | fields).items():
        head[name] = value
    sides = [(line, side) for line in range(1, len(LINES_M) + 1) for side in (Side.LEFT, Side.RIGHT)]
    rows = [(Kind.STRIP, line, side, 0, LINES_M[line - 1], SCALE_N, OFFSET) for line, side in sides]
    forces = [_forces(axles, LINES_M[line - 1], side - Side.LEFT, speed_kmh / 3.6) for line, side in sides]
    counts = np.rint(np.array(forces) / SCALE_N + OFFSET).astype(np.int16)
    return encode_frame(head[0], np.array(rows, CHANNEL), counts)


def _forces(axles: Axles, line_m: float, side: int, speed_ms: float) -> npt.NDArray[np.float64]:
    """Newton on one strip, shape (samples,)."""
    lengths_m = np.cumsum([0.0, *(axle[2] for axle in axles[:-1])]) if axles else np.zeros(1)
    seconds = 0.2 + (lengths_m[-1] + LINES_M[-1]) / speed_ms
    front_m = speed_ms * (np.arange(int(seconds * RATE_HZ)) / RATE_HZ - 0.1)
    total = np.zeros(len(front_m))
    for back_m, axle in zip(lengths_m, axles, strict=bool(axles)):
        # How much of the contact lies on the strip; what one tyre presses on all of it is its load.
        distance = np.abs(front_m - back_m - line_m)
        overlap = np.clip((CONTACT_M + WIDTH_M) / 2 - distance, 0.0, min(CONTACT_M, WIDTH_M))
        total += axle[side] * GRAVITY_MS2 * overlap / CONTACT_M
    return total
