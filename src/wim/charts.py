"""What a control chart says for people and for the database: its figures, its alarm, its state as bytes."""

from __future__ import annotations

import enum
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wim.kernels import cusum
from wim.kernels.cusum import PLAN


class Stage(enum.StrEnum):
    """How far a chart is."""

    #: Not enough was seen to know what is usual.
    LEARNING = "learning"
    WATCHING = "watching"
    #: It has rung, and rests until somebody has looked.
    ALARM = "alarm"


class Sign(enum.StrEnum):
    """Which way a quantity has gone."""

    HIGH = "high"
    LOW = "low"
    #: Where hardly any value ever was: too far for a size to be named.
    STRANGE = "strange"


_SIGNS = {cusum.HIGH: Sign.HIGH, cusum.LOW: Sign.LOW, cusum.STRANGE: Sign.STRANGE}


@dataclass(frozen=True, slots=True)
class Alarm:
    """A lasting change that a chart has found."""

    chart: str
    sign: Sign
    #: The last time at which nothing spoke for the change, and when it was sure.
    good_ns: int
    at_ns: int
    #: Change of the quantity since the last good time, as far as that can be said.
    step_percent: float | None
    #: Values since the last good time.
    trucks: int
    #: What the sum had come to, and what it had to pass.
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Figures:
    """How a chart stands."""

    chart: str
    stage: Stage
    #: Values that it knows what is usual from, and those since it watches.
    learnt: int
    watched: int
    #: The change that it looks for, and after about how many values it would find it (None: not known yet, or never).
    step_percent: float
    found_after: int | None
    #: The larger of its sums, and what it has to pass (None: not known yet).
    score: float
    threshold: float | None
    alarm: Alarm | None


def plan(
    step: float,
    run_length: float,
    learn: int,
    calibrate: int,
    baseline: int,
    slack: float,
    fleets: float = 1.0,
    sure: float = 1.0,
) -> npt.NDArray[np.void]:
    """A PLAN, shape (1,); `step` as a share, 0.05 for 5 %."""
    row = np.zeros(1, PLAN)
    row[0] = (learn, calibrate, baseline, run_length, slack, fleets, sure, math.log1p(step))
    return row


def figures(name: str, chart: np.void, how: np.void) -> Figures:
    """The figures of one CHART that is run by one PLAN."""
    alarm = _alarm(name, chart, how)
    watching = bool(chart["seen"] >= how["calibrate"])
    stage = Stage.ALARM if alarm else Stage.WATCHING if watching else Stage.LEARNING
    return Figures(
        chart=name,
        stage=stage,
        learnt=int(chart["learnt"] + chart["seen"]),
        watched=int(chart["watched"]),
        step_percent=_percent(float(how["step"])),
        found_after=_found_after(chart, how) if watching else None,
        score=float(max(chart["high"], chart["low"], chart["alarm_score"])),
        threshold=float(chart["threshold"]) if chart["threshold"] > 0 else None,
        alarm=alarm,
    )


def _alarm(name: str, chart: np.void, how: np.void) -> Alarm | None:
    sign = _SIGNS.get(int(chart["alarm"]))
    if sign is None:
        return None
    step = None
    if sign is not Sign.STRANGE:
        step = _percent(float(how["step"]) * float(chart["alarm_sum"]) / int(chart["alarm_seen"]) / _lift(chart))
    return Alarm(
        chart=name,
        sign=sign,
        good_ns=int(chart["good_ns"]),
        at_ns=int(chart["alarm_ns"]),
        step_percent=step,
        trucks=int(chart["alarm_seen"]),
        score=float(chart["alarm_score"]),
        threshold=float(chart["alarm_threshold"]),
    )


def _lift(chart: np.void) -> float:
    return float(chart["lift"]) / max(1, int(chart["lifted"]))


def _found_after(chart: np.void, how: np.void) -> int | None:
    """Values from the step to the alarm: the threshold divided by what the step adds a value, in the mean."""
    spread, lift, slack = float(chart["spread"]), _lift(chart), float(how["slack"])
    if spread <= 0 or lift <= 0:
        return None
    variance = spread / (int(chart["seen"]) - 1)
    factor = cusum.inflation(chart, how, variance)
    gain = 2 * slack * lift / (factor * variance)
    bound = cusum.threshold(slack * lift * gain, factor, int(chart["seen"]), float(how["run_length"]))
    return round(bound / (gain * lift * (1 - slack)))


def _percent(logarithm: float) -> float:
    return 100.0 * math.expm1(logarithm)


_HEAD = struct.Struct("<4sHHII")
_MAGIC = b"WIMD"


class StateError(ValueError):
    """Bytes that are no state of this kind and version; whoever holds them begins anew."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"not a state that this release can go on from: {problem}")
        self.problem = problem


def pack(kind: int, version: int, arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """Arrays as bytes: `WIMD`, kind u2, version u2, bytes that follow u4, their CRC-32 u4, then each array's own."""
    body = b"".join(array.tobytes() for array in arrays)
    return _HEAD.pack(_MAGIC, kind, version, len(body), zlib.crc32(body)) + body


def unpack(state: bytes, kind: int, version: int, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Fill `arrays` with what `pack` made of arrays of the same kinds. Raises `StateError`."""
    if len(state) < _HEAD.size:
        raise StateError(f"{len(state)} bytes are too few")
    *found, crc = _HEAD.unpack_from(state)
    follow = sum(array.nbytes for array in arrays.values())
    wanted = [_MAGIC, kind, version, follow]
    if found != wanted or len(state) != _HEAD.size + follow:
        raise StateError(f"its head says {found}, {len(state)} bytes; {wanted} is needed")
    if zlib.crc32(state[_HEAD.size :]) != crc:
        raise StateError("its checksum is wrong")
    begin = _HEAD.size
    for array in arrays.values():
        end = begin + array.nbytes
        array[...] = np.frombuffer(state[begin:end], array.dtype).reshape(array.shape)
        begin = end
