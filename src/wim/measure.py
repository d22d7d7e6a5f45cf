"""Weighs frames: what the channels of a lane are by its registry, and each frame through the kernel.

A frame is measured by itself: its weight depends on nothing that came before, so that an archived frame of a violation
gives the same passage years later. Only `gap_ms` looks back to the vehicle before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from wim import tracing
from wim.frames import CHANNEL, FRAME_HEAD, Frame, FrameError, Kind, Side, decode_frame, encode_frame
from wim.kernels.gathering import NO_TRAIN
from wim.kernels.signals import block_size
from wim.kernels.validity import flag_crossings
from wim.kernels.weigh import NO_SPEED, NO_WEIGHT, weigh_frame
from wim.kernels.weigh_arrays import MOST_VEHICLES, Room, make_room
from wim.kernels.weigh_arrays import Lane as Channels
from wim.lanes import Calibration, Lane, Strip
from wim.records import PASSAGE, PASSAGE_WORDS, RECORD_BYTES, Direction, Flag, Passages, blank
from wim.signing import keep_distance, sign
from wim.sites import UNKNOWN_SPEED_KMH, Site
from wim.trace import Trace

#: Farther from the registry's place than this a strip is displaced (contracts §1).
DISPLACED_M: Final = 0.010
#: Halves of a line that lie this close are met by one axle at once; farther apart each is a row of its own.
ABREAST_M: Final = 0.12
#: A strip that was never calibrated is as good as its maker says (law and measurement §4.2).
UNCALIBRATED: Final = 0.05
#: How far a pavement is from the calibration's temperature where nobody measures it, K.
UNKNOWN_K: Final = 15.0

#: Why a frame in which somebody was has no weight.
_UNWEIGHED: Final = {
    NO_SPEED: ("speed", "one row of strips has felt wheels, and no two loops tell how fast they were"),
    NO_TRAIN: ("axles", "rows of strips have felt wheels that no vehicle explains"),
    NO_WEIGHT: (
        "weight",
        "no working strip felt an axle, or it would weigh 65 t or more: look at the channels and scales",
    ),
}
_SIDES: Final = {"full": Side.FULL, "left": Side.LEFT, "right": Side.RIGHT}
_SECOND_NS = 10**9


@dataclass(frozen=True)
class _Plan:
    """What a table of channels means under one calibration."""

    channels: Channels
    sided: npt.NDArray[np.int64]
    #: Flags that the table alone sets.
    flags: int
    calibration: Calibration | None


class Meter:
    """Measures the frames of one lane; not for threads."""

    def __init__(self, site: Site, lane: Lane) -> None:
        self._site, self._lane = site, lane
        self._lines = max(strip.line for strip in lane.strips)
        self._plans: dict[tuple[bytes, int], _Plan] = {}
        self._room: Room | None = None
        passages = blank(MOST_VEHICLES)
        self._words = passages.view(PASSAGE_WORDS)
        self._bytes = passages.view(np.uint8).data
        self._blank = passages.tobytes()
        self._line_kg = np.full((MOST_VEHICLES, 16, self._lines, 2), np.nan, np.float32)
        self._vehicles = 0
        self._last_ns: int | None = None

    @property
    def line_kg(self) -> npt.NDArray[np.float32]:
        """What each line weighed of the frame measured last, shape (vehicles, 16, lines, 2), left and right.

        Before any combination of lines, after calibration; a line of full width gives whole axles as left; NaN where
        there is none. Overwritten by the next frame.
        """
        return self._line_kg[: self._vehicles]

    def measure(self, frame: Frame) -> Passages:
        """The vehicles of a frame in their order, shape (0,), (1,) or (2,).

        Raises FrameError `channels` where it has no strip of this lane, `speed` where nothing tells one, `axles` where
        the rows have felt what makes no vehicle, `weight` where an axle has none or 65 t and more.
        """
        self._vehicles = 0
        plan = self._plan(frame)
        found = self._weigh(frame, plan)
        self._vehicles = found
        if not found:
            return blank(0)
        records = bytearray(self._bytes[: found * RECORD_BYTES])
        sign(records, frame.head.tobytes(), plan.calibration.version if plan.calibration else 0, plan.flags)
        assert self._room is not None  # a frame was weighed
        self._last_ns = keep_distance(records, self._room.last_s.tolist(), self._last_ns)
        passages = np.frombuffer(records, PASSAGE)
        certificate = self._site.certificate_at(int(frame.head["start_ns"]))
        flag_crossings(passages.view(PASSAGE_WORDS), *(certificate.speed_kmh if certificate else UNKNOWN_SPEED_KMH))
        return passages

    def trace(self, frame: Frame) -> Trace:
        """The same with every wheel's window, load and share, for a person. Raises FrameError like `measure`."""
        room = self._room_for(self._plan(frame), frame)
        room.asked[0] = 1
        passages = self.measure(frame)
        room.asked[0] = 0
        return tracing.trace(frame, self._plan(frame).channels, room, passages, self.line_kg)

    def _weigh(self, frame: Frame, plan: _Plan) -> int:
        head, calibration = frame.head, plan.calibration
        self._bytes[:] = self._blank
        self._line_kg.fill(np.nan)
        pavement_c = float(head["pavement_c"])
        warmth, doubt = _warmth(calibration, pavement_c)
        found = weigh_frame(
            frame.counts,
            int(head["rate_hz"]),
            plan.channels,
            self._room_for(plan, frame),
            plan.sided,
            math.nan if self._lane.tau_s is None else 1.0 / self._lane.tau_s,
            self._site.gravity_ms2,
            warmth,
            doubt,
            int(head["length_mm"]) / 1e3,
            self._words,
            self._line_kg,
        )
        if found < 0:
            raise FrameError(*_UNWEIGHED[found])
        return found

    def _plan(self, frame: Frame) -> _Plan:
        calibration = self._lane.calibration_at(int(frame.head["start_ns"]))
        key = frame.channels.tobytes(), calibration.version if calibration else 0
        plan = self._plans.get(key)
        if plan is None:
            plan = _planned(self._lane, frame.channels, calibration)
            # A unit that changes its table with every frame must not fill the memory.
            if len(self._plans) > 64:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _room_for(self, plan: _Plan, frame: Frame) -> Room:
        channels, rate_hz = plan.channels, int(frame.head["rate_hz"])
        blocks = frame.counts.shape[1] // block_size(rate_hz) + 1
        strips, rows, loops = len(channels.channel), len(channels.row_m), len(channels.loop)
        room = self._room
        if (
            room is None
            or room.force.shape[0] != strips
            or room.pulses.shape[0] != rows
            or room.loops.shape[0] != loops
            or room.force.shape[1] < blocks
        ):
            self._room = room = make_room(strips, rows, self._lines, loops, blocks + blocks // 2)
        return room


def _warmth(calibration: Calibration | None, pavement_c: float) -> tuple[float, float]:
    """What the strips feel more by their temperature, and what calibration and temperature leave in doubt."""
    if calibration is None:
        return 1.0, UNCALIBRATED
    if math.isnan(pavement_c):
        return 1.0, abs(calibration.per_k) * UNKNOWN_K
    return 1.0 + calibration.per_k * (pavement_c - calibration.reference_c), 0.0


def _planned(lane: Lane, table: npt.NDArray[np.void], calibration: Calibration | None) -> _Plan:
    """Raises FrameError `channels` where the table has none of the lane's strips."""
    by_key = {(strip.line, int(_SIDES[strip.side])): strip for strip in lane.strips}
    places: list[tuple[int, Strip]] = []
    flags = 0 if calibration else int(Flag.STRIP_FAULT)
    for index, row in enumerate(table):
        if row["kind"] != Kind.STRIP:
            continue
        strip = by_key.get((int(row["line"]), int(row["side"])))
        if strip is None or abs(strip.position_m - float(row["position_m"])) > DISPLACED_M:
            flags |= Flag.STRIP_FAULT
        if strip is not None:
            places.append((index, strip))
    if not places:
        raise FrameError("channels", "none of the frame's strips is among those that the registry has of the lane")
    if len(places) < len(lane.strips):
        flags |= Flag.STRIP_FAULT
    return _Plan(_channels(table, places, calibration), _sided(lane), int(flags), calibration)


def _sided(lane: Lane) -> npt.NDArray[np.int64]:
    sided = np.zeros(max(strip.line for strip in lane.strips), np.int64)
    for strip in lane.strips:
        sided[strip.line - 1] = strip.side != "full"
    return sided


def _channels(
    table: npt.NDArray[np.void], places: list[tuple[int, Strip]], calibration: Calibration | None
) -> Channels:
    strips = [strip for _, strip in places]
    gain = calibration.gain if calibration else {}
    rows = _rows(strips)
    starts = [min(strips[place].position_m for place in row) for row in rows]
    order = np.argsort(starts, kind="stable")
    row_of = np.zeros(len(strips), np.int64)
    for rank, row in enumerate(order):
        row_of[rows[row]] = rank
    row_m = [float(np.mean([strips[place].position_m for place in rows[row]])) for row in order]
    loops = np.flatnonzero(table["kind"] == Kind.LOOP)
    speed = (calibration.speed if calibration else ()) or ((0.0, 1.0),)
    channel = np.array([index for index, _ in places], np.int64)
    return Channels(
        channel=channel,
        row=row_of,
        side=np.array([int(_SIDES[strip.side]) for strip in strips], np.int64),
        line=np.array([strip.line - 1 for strip in strips], np.int64),
        newton=table["scale"][channel].astype(np.float64) * [gain.get(strip.key, 1.0) for strip in strips],
        width_m=np.array([strip.width_m for strip in strips]),
        row_m=np.array(row_m),
        row_line=np.array([strips[rows[row][0]].line - 1 for row in order], np.int64),
        loop=loops.astype(np.int64),
        loop_m=table["position_m"][loops].astype(np.float64),
        loop_rest=table["offset"][loops].astype(np.float64),
        loop_scale=table["scale"][loops].astype(np.float64),
        speed_kmh=np.array([point for point, _ in speed], np.float64),
        speed_factor=np.array([factor for _, factor in speed], np.float64),
    )


def _rows(strips: list[Strip]) -> list[list[int]]:
    """The strips that lie at one place, line by line."""
    rows: list[list[int]] = []
    for line in sorted({strip.line for strip in strips}):
        own = [place for place, strip in enumerate(strips) if strip.line == line]
        reach = [strips[place].position_m for place in own]
        rows += [own] if max(reach) - min(reach) <= ABREAST_M else [[place] for place in own]
    return rows


def warm_up() -> None:
    """Compile or load the kernel, on a frame in which nothing is."""
    lane = Lane(1, Direction.UP, (Strip(1, "full", 0.0, 0.05), Strip(2, "full", 4.0, 0.05)))
    Meter(Site("WARM", "", 0.0, "UTC"), lane).measure(decode_frame(_silence(), _SECOND_NS))


def _silence() -> bytes:
    table = np.zeros(3, CHANNEL)
    table["kind"] = [Kind.STRIP, Kind.STRIP, Kind.LOOP]
    table["line"], table["position_m"] = [1, 2, 1], [0.0, 4.0, -2.0]
    head = np.zeros(1, FRAME_HEAD)
    head["start_ns"], head["rate_hz"], head["site"], head["lane"] = 1, 1_000, b"WARM", 1
    return encode_frame(head, table, np.zeros((3, 100), np.int16))
