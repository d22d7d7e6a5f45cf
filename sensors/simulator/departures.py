"""Which vehicles start where and when: the random traffic of a step."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sensors.simulator.scenario import Scenario

#: `load` and `row` where nothing is decided yet, `event` where nothing is planted.
OPEN_LOAD = 255
OPEN_ROW = -1
NOT_PLANTED = -1

#: One start: `route` and fleet `row` by index. `gross_kg` 0 and an empty `plate` leave both to chance and the fleet.
DEPARTURE = np.dtype(
    [
        ("entry_ns", "<i8"),
        ("route", "<i4"),
        ("row", "<i4"),
        ("heavy", "?"),
        ("role", "u1"),
        ("load", "u1"),
        ("covered", "?"),
        ("event", "<i4"),
        ("gross_kg", "<f8"),
        ("plate", "S16"),
    ]
)

#: Structured arrays of `DEPARTURE`, shape (n,).
Departures = npt.NDArray[np.void]


class Role(IntEnum):
    """Why a vehicle drives; all but the first two come from the heavy fleet or the registry."""

    ORDINARY = 0
    REPEAT = 1
    HUNDRED_TONNE = 2
    PERMIT = 3
    EXEMPT = 4
    WATCH = 5


def blank(count: int) -> Departures:
    """`count` departures of ordinary vehicles with nothing decided."""
    starts = np.zeros(count, DEPARTURE)
    starts["row"], starts["load"], starts["event"] = OPEN_ROW, OPEN_LOAD, NOT_PLANTED
    return starts


def drawn(
    expected: npt.NDArray[np.float64], from_ns: int, until_ns: int, scenario: Scenario, rng: np.random.Generator
) -> Departures:
    """Random starts in [from_ns, until_ns) by time; `expected` has shape (2, routes): light, then heavy vehicles."""
    counts = rng.poisson(expected)
    starts = blank(int(counts.sum()))
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    starts["heavy"], starts["route"] = np.divmod(cell, counts.shape[1])
    starts["entry_ns"] = rng.integers(from_ns, until_ns, len(starts))
    starts["role"] = np.where(starts["heavy"], _roles(len(starts), scenario, rng), np.uint8(Role.ORDINARY))
    return starts[np.argsort(starts["entry_ns"], kind="stable")]


def _roles(count: int, scenario: Scenario, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    special = {
        Role.REPEAT: scenario.repeat_share,
        Role.HUNDRED_TONNE: scenario.hundred_tonne_share,
        Role.PERMIT: scenario.permit_share,
        Role.EXEMPT: scenario.exempt_share,
        Role.WATCH: scenario.watch_share,
    }
    roles = np.array([*special, Role.ORDINARY], np.uint8)
    return roles[np.searchsorted(np.cumsum(list(special.values())), rng.random(count), side="right")]
