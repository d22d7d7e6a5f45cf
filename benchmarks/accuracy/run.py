"""Scenarios through a meter, in as many processes as there are cores, and one line of a result from each."""

from __future__ import annotations

import importlib
import math
import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.accuracy import crossings
from benchmarks.accuracy.best_linear import expected
from benchmarks.accuracy.crossings import Outcome
from benchmarks.accuracy.figures import Figure, figures
from benchmarks.accuracy.scenarios import Part, Scenario, parts
from benchmarks.accuracy.standards import cost323, e1318, jjg907, r134
from benchmarks.accuracy.standards.loads import Loads, loads_of
from sensors.simulator.signals.layouts import LAYOUTS
from service.measuring import MakeMeter

Line = dict[str, Any]

#: Digits that mean anything in a figure of some thousand frames.
_DIGITS = 5
#: As many failures as a person needs to see.
_FAILURES = 5
#: How alike the passes of a scenario are (COST 323): one kind of truck, load and speed is the strictest reading.
_ALIKE = {"steady": "r1", "droop": "r1", "motion": "R1"}


def run(
    scenarios: Sequence[Scenario], frames: Callable[[Scenario], int], meter: str | MakeMeter, processes: int
) -> Iterator[Line]:
    """One line for each scenario of which `frames` are wanted, as soon as its last part is measured.

    meter: a meter's maker, or its name as "module:attribute", which more than one process needs.
    """
    work = [part for scenario in scenarios for part in parts(scenario, frames(scenario))]
    wanted = {scenario.id: len(parts(scenario, frames(scenario))) for scenario in scenarios}
    found: dict[str, dict[int, Outcome]] = defaultdict(dict)
    by_id = {scenario.id: scenario for scenario in scenarios}
    # The longest first, or the last process would end long after the others.
    for id_, number, outcome in _measured(sorted(work, key=_length_s, reverse=True), meter, processes):
        found[id_][number] = outcome
        if len(found[id_]) == wanted[id_]:
            done = found.pop(id_)
            yield line(by_id[id_], crossings.joined([done[part] for part in sorted(done)]))


def _length_s(part: Part) -> float:
    """About how long the signals of a part are, times their lines."""
    layout, recipe = LAYOUTS[part.scenario.layout], part.scenario.recipe
    slow = 5.0 if part.scenario.fault in ("stop_and_go", "reversing") else recipe.speed_kmh[0]
    return part.frames * layout.lines / slow


_Done = tuple[str, int, Outcome]


def _measured(work: Sequence[Part], meter: str | MakeMeter, processes: int) -> Iterator[_Done]:
    if processes == 1:
        make = named(meter) if isinstance(meter, str) else meter
        yield from ((part.scenario.id, part.number, crossings.measured(part, make)) for part in work)
        return
    if not isinstance(meter, str):
        raise ValueError("several processes need the meter's name, as module:attribute")
    # Spawned, not forked: a fork would inherit whatever threads numba has.
    with multiprocessing.get_context("spawn").Pool(processes, _begin, (meter,)) as pool:
        yield from pool.imap_unordered(_one, work)


_MAKE: list[MakeMeter] = []


def _begin(meter: str) -> None:
    _MAKE.append(named(meter))


def _one(part: Part) -> _Done:
    return part.scenario.id, part.number, crossings.measured(part, _MAKE[0])


def named(meter: str) -> MakeMeter:
    """The maker of a meter by its name, "module:attribute"."""
    module, _, attribute = meter.partition(":")
    made: MakeMeter = getattr(importlib.import_module(module), attribute)
    return made


def line(scenario: Scenario, outcome: Outcome) -> Line:
    """The result of a scenario as a JSON object."""
    found = figures(scenario, outcome)
    return {
        "scenario": scenario.id,
        "group": scenario.group,
        "layout": scenario.layout,
        "speed_kmh": list(scenario.recipe.speed_kmh),
        "traffic": scenario.recipe.traffic,
        **({"fault": scenario.fault, "expect": list(scenario.expect)} if scenario.fault else {}),
        "frames": outcome.frames,
        "failed": list(outcome.failures[:_FAILURES]),
        "met": not outcome.failures and all(figure.met for figure in found),
        "missed": [figure.name for figure in found if not figure.met],
        "figures": {figure.name: _figure(figure) for figure in found},
        **_computed(scenario),
        **_standards(scenario, outcome),
    }


def _figure(figure: Figure) -> Line:
    limit = {} if figure.limit is None else {"limit": str(figure.limit), "met": figure.met, "from": figure.limit.source}
    return {"value": rounded(figure.value), "se": rounded(figure.standard_error), "of": figure.frames, **limit}


def rounded(value: float) -> float | None:
    """The value with the digits that mean anything; None where there is none, for JSON knows no NaN."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _computed(scenario: Scenario) -> Line:
    """What theory expects of reference trucks at one speed."""
    if scenario.group != "steady":
        return {}
    layout, (speed_kmh, _) = LAYOUTS[scenario.layout], scenario.recipe.speed_kmh
    sigmas = expected(layout.lines, layout.spacing_m, speed_kmh)
    return {"computed": {name: rounded(value) for name, value in sigmas._asdict().items()}}


def _standards(scenario: Scenario, outcome: Outcome) -> Line:
    if scenario.group not in ("steady", "droop", "mixed", "motion"):
        return {}
    loads = loads_of(outcome.crossings, wheels=not LAYOUTS[scenario.layout].full)
    return {"standards": standards(loads, _ALIKE.get(scenario.group, "R2"))} if len(loads.gross) > 1 else {}


def standards(loads: Loads, alike: str) -> Line:
    """The classes that loads reach in service, by each standard's own counting."""
    return {
        "cost323": cost323.classes(loads, alike) | {"alike": alike, "climate": "I"},
        "r134": r134.written(loads),
        "e1318": e1318.type_of(loads),
        "jjg907": jjg907.class_of(loads.gross),
        "jjg907_initial": jjg907.class_of(loads.gross, initial=True),
        "jjg907_5_of_117_percent": rounded(jjg907.passed_percent(loads.gross, 5.0)),
        "jjg907_10_of_117_percent": rounded(jjg907.passed_percent(loads.gross, 10.0)),
    }
