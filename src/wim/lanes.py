"""The lanes of a weighing site, their strips and what corrects them.

===================  ==============================================================================================
table                keys (`?` = may be left out)
===================  ==============================================================================================
site.lane            number (1 … 255), direction ("up" = chainage rises, "down"), strips?, tau_s? (the amplifiers'
                     time constant), calibration?
site.lane.strips     line (1 = first reached), side ("left", "right", "full"), position_m, width_m
…lane.calibration    version (1 … 65 535), from, gain? {"1L" = …}, temperature? {reference_c, per_k},
                     speed? [[km/h, factor], …]
===================  ==============================================================================================

A gain is named by its strip: the line, then L, R, or nothing for the full width. A calibration is in force until the
next one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from wim.document import Table, WrongValueError, array, number, one_of, whole
from wim.periods import NEVER_NS, in_force, moment, until_next
from wim.records import Direction

#: A frame has room for 32 channels (contracts.md §1), so a lane has no more lines.
_MOST_CHANNELS = 32
#: Beyond a factor of ten a gain is a wrong unit, not a calibration.
_FACTOR = number(0.1, 10)
_DIRECTIONS = {"up": Direction.UP, "down": Direction.DOWN}

Side = Literal["left", "right", "full"]
_SIDE_SUFFIX: dict[Side, str] = {"left": "L", "right": "R", "full": ""}


@dataclass(frozen=True)
class Strip:
    """A weighing strip; `position_m` is its centre along the travel direction, from line 1."""

    line: int
    side: Side
    position_m: float
    width_m: float

    @property
    def key(self) -> str:
        """What a calibration calls it: line and L, R, or nothing for the full width."""
        return f"{self.line}{_SIDE_SUFFIX[self.side]}"


@dataclass(frozen=True)
class Calibration:
    """What a lane's forces are corrected by; `until_ns` is where the next one begins.

    Force is multiplied by `gain` of its strip (missing: 1), divided by `1 + per_k (T − reference_c)`, and divided by
    the factor of `speed` (km/h, factor; linear between its points, constant outside).
    """

    version: int
    from_ns: int
    gain: Mapping[str, float] = field(default_factory=dict)
    reference_c: float = 0.0
    per_k: float = 0.0
    speed: tuple[tuple[float, float], ...] = ()
    until_ns: int = NEVER_NS


@dataclass(frozen=True)
class Lane:
    """One lane of a site. Calibrations rise by time."""

    number: int
    direction: Direction
    strips: tuple[Strip, ...] = ()
    tau_s: float | None = None
    calibrations: tuple[Calibration, ...] = ()

    def calibration_at(self, time_ns: int) -> Calibration | None:
        """The calibration in force, None before the first."""
        return in_force(self.calibrations, time_ns)


def read_lane(table: Table, zone: str) -> Lane:
    """One `[[site.lane]]`; dates are local midnight in `zone`."""
    number_ = table.take("number", whole(1, 255))
    direction = table.take("direction", one_of(*_DIRECTIONS), "up")
    strips = tuple(table.entries("strips", _strip))
    if table.sound:
        _check_lines(table, strips)
        _check_sides(table, strips)
    keys = [strip.key for strip in strips]
    calibrations = table.entries("calibration", lambda item: _calibration(item, zone, keys), "from_ns", "version")
    tau_s = table.maybe("tau_s", number(0.01, 1_000, "s"))
    return Lane(number_, _DIRECTIONS[direction], strips, tau_s, until_next(calibrations))


def _strip(table: Table) -> Strip:
    return Strip(
        line=table.take("line", whole(1, _MOST_CHANNELS)),
        side=table.take("side", one_of(*_SIDE_SUFFIX)),
        position_m=table.take("position_m", number(-100, 100, "m")),
        width_m=table.take("width_m", number(0.01, 1, "m")),
    )


def _check_lines(table: Table, strips: Sequence[Strip]) -> None:
    lines = sorted({strip.line for strip in strips})
    if lines != list(range(1, len(lines) + 1)):
        table.note(
            "strips", f"have the lines {lines}", "number the lines 1, 2, … in the order in which a tyre meets them"
        )
    for before, behind in pairwise(lines):
        if _end_m(strips, before, max) >= _end_m(strips, behind, min):
            remedy = "let position_m rise along the travel direction"
            table.note("strips", f"have line {behind} not behind line {before}", remedy)


def _end_m(strips: Sequence[Strip], line: int, end: Callable[[Iterable[float]], float]) -> float:
    return end(strip.position_m for strip in strips if strip.line == line)


def _check_sides(table: Table, strips: Sequence[Strip]) -> None:
    for line in {strip.line for strip in strips}:
        sides = sorted(strip.side for strip in strips if strip.line == line)
        if sides not in (["left", "right"], ["left"], ["right"], ["full"]):
            table.note(
                "strips", f"have on line {line}: {', '.join(sides)}", "write left and right once each, or one full"
            )


def _calibration(table: Table, zone: str, strips: Sequence[str]) -> Calibration:
    reference_c, per_k = table.entry("temperature", _temperature) or (0.0, 0.0)
    return Calibration(
        version=table.take("version", whole(1, 65_535)),
        from_ns=table.take("from", moment(zone)),
        gain=table.entry("gain", lambda item: _gain(item, strips)) or {},
        reference_c=reference_c,
        per_k=per_k,
        speed=table.take_or("speed", _speed_factors, ()),
    )


def _gain(table: Table, strips: Sequence[str]) -> dict[str, float]:
    return {key: table.take_or(key, _FACTOR, 1.0) for key in strips}


def _temperature(table: Table) -> tuple[float, float]:
    return table.take("reference_c", number(-60, 80, "°C")), table.take("per_k", number(-0.05, 0.05, "1/K"))


def _speed_factors(value: object) -> tuple[tuple[float, float], ...]:
    points = array(_speed_factor, most=100)(value)
    speeds = [speed for speed, _ in points]
    if any(later <= earlier for earlier, later in pairwise(speeds)):
        raise WrongValueError("has speeds that do not rise", "write the points in the order of rising speed")
    return points


def _speed_factor(value: object) -> tuple[float, float]:
    speed, factor = array(number(0, 300), fewest=2, most=2)(value)
    return speed, _FACTOR(factor)
