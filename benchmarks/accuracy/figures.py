"""From crossings to figures with their standard errors and limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.crossings import Crossings, Outcome
from benchmarks.accuracy.scenarios import Limit, Scenario
from wim.kernels.validity import TO_COUNT, TO_INTERCEPT, TO_REJECT
from wim.records import Flag

Floats = npt.NDArray[np.float64]

#: Flags that lower a grade.
LOWERING: Final = TO_COUNT | TO_INTERCEPT | TO_REJECT
#: What the meter itself says of a crossing, and what a record shows of itself; the rules' own AXLE_UNCERTAIN is left
#: out, for a special vehicle's long group is no fault of the measurement.
_OF_METER = int(sum(Flag(1 << bit) for bit in range(8, 14)))
_OF_RECORD = int(
    Flag.SUM_MISMATCH
    | Flag.SIDES_COPIED
    | Flag.SPACING_IMPLAUSIBLE
    | Flag.AXLE_IMPLAUSIBLE
    | Flag.ACCELERATING
    | Flag.AXLE_COUNT
)
#: Both sides of a normal distribution inside of which 95 % lie.
_Z_95 = 1.96
_WRONG = 0.05


class Figure(NamedTuple):
    """A value from `frames` frames or vehicles; `limit` is already widened for so few, None where nothing is asked."""

    name: str
    value: float
    standard_error: float
    frames: int
    limit: Limit | None

    @property
    def met(self) -> bool:
        """Whether it keeps its limit."""
        return self.limit is None or self.limit.kept(self.value)


class _Raw(NamedTuple):
    value: float
    standard_error: float
    of: int


def error(crossings: Crossings, column: str = "kg") -> Floats:
    """Relative error of the gross weight of those that have one, shape (n,)."""
    relative = crossings[column] / crossings["true_kg"] - 1
    return np.asarray(relative[np.isfinite(relative)])


def doubts(crossings: Crossings) -> npt.NDArray[np.uint32]:
    """The flags of each that no clean crossing of one vehicle should have, shape (n,)."""
    own = crossings["flags"] & np.uint32(_OF_METER)
    return np.asarray(own | (crossings["judged"] & np.uint32(_OF_RECORD)), np.uint32)


def figures(scenario: Scenario, outcome: Outcome) -> list[Figure]:
    """Every figure that the scenario's frames give."""
    if scenario.group == "fault":
        raw = fault_figures(scenario, outcome.crossings)
    elif scenario.group == "empty":
        raw = {
            "ghosts": _Raw(outcome.ghosts, math.nan, outcome.frames),
            "ghosts_percent": _share(outcome.ghosts, outcome.frames),
        }
    else:
        raw = _clean(outcome)
    unmade = sorted(set(scenario.limits) - set(raw))
    if unmade:
        raise ValueError(f"scenario {scenario.id} limits {', '.join(unmade)}; its group gives {', '.join(raw)}")
    return [_figure(name, one, scenario.limits) for name, one in raw.items()]


def _figure(name: str, raw: _Raw, limits: Mapping[str, Limit]) -> Figure:
    limit = limits.get(name)
    widened = limit and limit.widened(raw.of, _null_error(name, raw, limit))
    return Figure(name, raw.value, raw.standard_error, raw.of, widened)


def _null_error(name: str, raw: _Raw, limit: Limit) -> float:
    """The error of a share is that at its limit: a share of exactly 100 % would have none."""
    if not name.endswith("_percent") or name in _NOT_SHARES:
        return raw.standard_error
    edge = limit.least if math.isfinite(limit.least) else limit.most
    share = min(max(edge / 100, 0.0), 1.0)
    return 100 * math.sqrt(share * (1 - share) / max(1, raw.of))


_NOT_SHARES = (
    "mean_error_percent",
    "speed_sigma_percent",
    "sigma_percent",
    "plain_sigma_percent",
    "plain_mean_percent",
)


def _clean(outcome: Outcome) -> dict[str, _Raw]:
    rows = outcome.crossings
    wrong = error(rows)
    both = rows[np.isfinite(rows["kg"]) & np.isfinite(rows["plain_kg"])]
    right = rows["measured"] & (rows["axles"] == rows["true_axles"])
    alone = rows[rows["measured"] & (rows["vehicles"] == 1)]
    with_sigma = rows[np.isfinite(rows["kg"]) & np.isfinite(rows["sigma"])]
    covered = np.abs(error(with_sigma)) <= _Z_95 * with_sigma["sigma"] * with_sigma["kg"] / with_sigma["true_kg"]
    speed, spacing = _speed_error(rows), _spacing_error(rows[right])
    return {
        "mean_error_percent": _mean(100 * wrong),
        "sigma_percent": _spread(100 * wrong),
        "plain_mean_percent": _mean(100 * error(rows, "plain_kg")),
        "raw_mean_percent": _mean(100 * error(rows, "raw_kg")),
        "plain_sigma_percent": _spread(100 * error(rows, "plain_kg")),
        "sigma_ratio": _ratio(error(both), error(both, "plain_kg")),
        "axles_right_percent": _share(int(right.sum()), len(rows)),
        "missed_percent": _share(int((~rows["measured"]).sum()), len(rows)),
        "ghosts": _Raw(outcome.ghosts, math.nan, len(rows)),
        "coverage_percent": _share(int(covered.sum()), len(with_sigma)),
        "within_5_percent": _share(int((np.abs(wrong) <= _WRONG).sum()), len(wrong)),
        "mean_sigma_percent": _mean(100 * with_sigma["sigma"]),
        "false_flags_percent": _share(int(np.count_nonzero(doubts(alone))), len(alone)),
        "speed_mean_percent": _mean(100 * speed),
        "speed_sigma_percent": _spread(100 * speed),
        "spacing_mean_mm": _mean(spacing),
        # The spacings of a vehicle share its speed's error, so it counts once.
        "spacing_sigma_mm": _spread(spacing, int(right.sum())),
        "acceleration_sigma_ms2": _spread(_finite(rows["ms2"] - rows["true_ms2"])),
    }


def _speed_error(rows: Crossings) -> Floats:
    return _finite(rows["kmh"] / rows["true_kmh"] - 1)


def _spacing_error(rows: Crossings) -> Floats:
    there = rows["true_spacing_mm"] > 0
    return np.asarray((rows["spacing_mm"] - rows["true_spacing_mm"])[there], np.float64)


def _finite(values: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(values[np.isfinite(values)], np.float64)


def _mean(values: Floats) -> _Raw:
    if len(values) < 2:
        return _Raw(math.nan, math.nan, len(values))
    return _Raw(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)), len(values))


def _spread(values: Floats, independent: int | None = None) -> _Raw:
    if len(values) < 2:
        return _Raw(math.nan, math.nan, len(values))
    sigma, of = float(values.std(ddof=1)), len(values) if independent is None else independent
    return _Raw(sigma, sigma / math.sqrt(2 * of), of)


def _ratio(ours: Floats, plain: Floats) -> _Raw:
    """Of two standard deviations on the same frames: what they have in common makes their ratio the surer."""
    count = len(ours)
    if count < 3 or not plain.std():
        return _Raw(math.nan, math.nan, count)
    ratio = float(ours.std(ddof=1) / plain.std(ddof=1))
    common = float(np.corrcoef(ours, plain)[0, 1]) if ours.std() else 0.0
    return _Raw(ratio, ratio * math.sqrt(max(0.0, 1 - common**2) / count), count)


def _share(of: int, all_: int) -> _Raw:
    if not all_:
        return _Raw(math.nan, math.nan, 0)
    share = of / all_
    return _Raw(100 * share, 100 * math.sqrt(share * (1 - share) / all_), all_)


def fault_figures(scenario: Scenario, rows: Crossings) -> dict[str, _Raw]:
    """What became of frames with a fault; a frame counts once, by any of its passages.

    found: an expected flag; lowered: any flag that lowers the grade; silent: a gross weight more than 5 % wrong without
    any; missed: a vehicle for which there is no passage.
    """
    expected = sum(Flag[name] for name in scenario.expect)
    lowering = LOWERING & ~int(Flag.AXLE_ONLY) if scenario.layout.endswith("full") else LOWERING
    frame = np.unique(rows[["part", "frame"]], return_inverse=True)[1].ravel()
    frames = int(frame.max()) + 1 if len(rows) else 0

    def share(mask: npt.NDArray[np.bool_]) -> _Raw:
        return _share(int((np.bincount(frame, mask, frames) > 0).sum()), frames)

    found = (rows["judged"] & expected) != 0
    if scenario.fault == "tailgating":
        # Two that were told apart need no flag.
        found |= _cut(rows, frame, frames)[frame]
    off = np.abs(rows["kg"] / rows["true_kg"] - 1) > _WRONG
    silent = rows["measured"] & off & ((rows["judged"] & lowering) == 0)
    return {
        "found_percent": share(found),
        "lowered_percent": share((rows["judged"] & lowering) != 0),
        "silent_percent": share(silent),
        "wrong_percent": share(rows["measured"] & off),
        "missed_percent": share(~rows["measured"]),
    }


def _cut(rows: Crossings, frame: npt.NDArray[np.intp], frames: int) -> npt.NDArray[np.bool_]:
    """Frames of which every vehicle has a passage with its number of axles."""
    wrong = ~rows["measured"] | (rows["axles"] != rows["true_axles"])
    return np.asarray(np.bincount(frame, wrong, frames) == 0)
