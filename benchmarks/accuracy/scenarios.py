"""The numbered scenarios and their limits, as `scenarios.toml` beside this file lists them."""

from __future__ import annotations

import math
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensors.simulator.signals.capture import Captured, capture
from sensors.simulator.signals.faults import with_fault
from sensors.simulator.signals.reference import Recipe, scenes

TABLE = Path(__file__).with_name("scenarios.toml")
#: Frames that one process makes and measures at a time; each such part of a scenario has a seed of its own.
PART = 125
_RECIPE = ("traffic", "acceleration_ms2", "pairs", "empty", "gap_s", "tau_s", "told")
_RANGES = ("speed_kmh", "acceleration_ms2", "gap_s")


@dataclass(frozen=True)
class Limit:
    """What a figure must keep; on fewer than `frames` frames it may miss by three of its standard errors."""

    least: float = -math.inf
    most: float = math.inf
    frames: int = 0
    source: str = "ours"

    def widened(self, frames: int, standard_error: float) -> Limit:
        """The limit for so many frames."""
        by = 3 * standard_error if frames < self.frames else 0.0
        return Limit(self.least - by, self.most + by, self.frames, self.source)

    def kept(self, value: float) -> bool:
        """Whether a figure is inside; one that is not a number is not."""
        return bool(self.least <= value <= self.most)

    def __str__(self) -> str:
        if math.isinf(self.least):
            return f"≤ {self.most:.4g}"
        return f"≥ {self.least:.4g}" if math.isinf(self.most) else f"{self.least:.4g} … {self.most:.4g}"


@dataclass(frozen=True)
class Scenario:
    """One row; `limits` by the name of the figure, `expect` the names of flags that find its fault."""

    id: str
    group: str
    layout: str
    recipe: Recipe
    frames: int
    limits: Mapping[str, Limit]
    small: int = 0
    fault: str = ""
    size: float = math.nan
    expect: tuple[str, ...] = ()

    @property
    def speed(self) -> str:
        """Its speed, or from and to, in km/h, for a person."""
        low, high = self.recipe.speed_kmh
        return f"{low:g}" if low == high else f"{low:g}–{high:g}"

    def seed(self, part: int) -> int:
        """What the frames of a part are drawn from."""
        return zlib.crc32(f"{self.id}/{part}".encode())

    def captured(self, part: int, count: int) -> Iterator[Captured]:
        """The first `count` frames of a part, with their truth."""
        for index, scene in enumerate(scenes(self.recipe, count, self.seed(part))):
            yield capture(with_fault(scene, self.fault, size=self.size) if self.fault else scene, index)


@dataclass(frozen=True)
class Part:
    """Frames of a scenario that are measured together."""

    scenario: Scenario
    number: int
    frames: int = field(default=PART)


def parts(scenario: Scenario, frames: int) -> list[Part]:
    """A number of frames of a scenario, in parts."""
    return [Part(scenario, at // PART, min(PART, frames - at)) for at in range(0, frames, PART)]


def read_scenarios(path: Path = TABLE) -> list[Scenario]:
    """All rows in their order.

    Raises:
        ValueError: an id comes twice, or a row has a key that this version does not know.
    """
    document = tomllib.loads(path.read_text("utf-8"))
    found = [_scenario(dict(row), document["limits"]) for row in document["scenario"]]
    ids = [scenario.id for scenario in found]
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValueError(f"{path}: ids that come twice: {', '.join(twice)}; give every scenario its own")
    return found


def _scenario(row: dict[str, Any], limits: Mapping[str, Mapping[str, Any]]) -> Scenario:
    group, expect = row.pop("group"), tuple(row.pop("expect", ()))
    named = {**limits[group], **row.pop("limits", {})}
    if group == "fault" and not expect:
        named = {}
    for name in _RANGES:
        if name in row:
            row[name] = _range(row[name])
    changes = {name: row.pop(name) for name in (*_RECIPE, "speed_kmh") if name in row}
    recipe = Recipe(row["layout"], **changes)
    try:
        return Scenario(
            group=group,
            recipe=recipe,
            expect=expect,
            limits={name: _limit(text) for name, text in named.items()},
            **row,
        )
    except TypeError as error:
        raise ValueError(f"scenario {row.get('id')}: {error}; scenarios.toml explains the keys at its head") from None


def _range(value: float | Sequence[float]) -> tuple[float, float]:
    low, high = (value, value) if isinstance(value, int | float) else value
    return float(low), float(high)


def _limit(row: Mapping[str, Any]) -> Limit:
    bounds = {name: row[name] for name in ("least", "most", "frames", "source") if name in row}
    if "near" in row:
        middle, distance = row["near"]
        bounds |= {"least": middle - distance, "most": middle + distance}
    return Limit(**bounds)
