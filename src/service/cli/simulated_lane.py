"""Reference lanes by the words of `wim simulate --layout`: which lane, what drives over it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from sensors.simulator.signals.faults import FAULTS
from sensors.simulator.signals.layouts import LAYOUTS, reference_document, registry_toml
from sensors.simulator.signals.reference import Recipe
from service.simulated_files import Reference
from wim.formats.target import target

_COUNT, _SPEED, _SEED = 1_000, "80", 1
_SLOWEST_KMH, _FASTEST_KMH = 1.0, 150.0
_MIXES = ("mixed", "1-2-3")


@dataclass(frozen=True)
class Chosen:
    """What was asked for, None where it was not; the fields are the options of `wim simulate`."""

    layout: str | None
    speed: str | None
    count: int | None
    mix: str | None
    fault: Sequence[str] | None
    sites_out: Path | None
    rate_hz: int | None
    seed: int | None


def reference(chosen: Chosen) -> Reference:
    """The frames that were asked for. Raises BadParameter."""
    layout = _one_of("--layout", chosen.layout or "", LAYOUTS)
    faults = [_one_of("--fault", fault, FAULTS) for fault in chosen.fault or ()]
    if "swapped_lines" in faults and LAYOUTS[layout].lines < 2:
        raise typer.BadParameter("--fault swapped_lines needs two lines; choose another --layout, such as 2x4.0")
    recipe = Recipe(layout, _speeds(chosen.speed or _SPEED), _one_of("--mix", chosen.mix or _MIXES[0], _MIXES))
    if chosen.rate_hz is not None:
        recipe = replace(recipe, rates_hz=(chosen.rate_hz,))
    return Reference(recipe, chosen.count or _COUNT, _SEED if chosen.seed is None else chosen.seed, faults)


def write_sites(path: Path) -> None:
    """Write the registry of the reference lanes. Raises FormatError."""
    with target(path) as stream:
        stream.write(registry_toml(reference_document()).encode())


def _one_of(option: str, word: str, known: Collection[str]) -> str:
    if word not in known:
        raise typer.BadParameter(f"{option} is {word!r}; write one of {', '.join(known)}")
    return word


def _speeds(words: str) -> tuple[float, float]:
    """A speed, or from which to which."""
    low, _, high = words.partition("-")
    try:
        speeds = float(low), float(high or low)
    except ValueError:
        speeds = 0.0, 0.0
    if not _SLOWEST_KMH <= speeds[0] <= speeds[1] <= _FASTEST_KMH:
        problem = f"--speed is {words!r}; write km/h from {_SLOWEST_KMH:g} to {_FASTEST_KMH:g}"
        raise typer.BadParameter(f"{problem}, such as 80 or 5-100")
    return speeds
