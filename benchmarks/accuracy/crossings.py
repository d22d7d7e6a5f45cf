"""Frames through a meter: what was measured beside what was true, one row a vehicle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.plain import Plain, plain_means
from benchmarks.accuracy.scenarios import Part
from rules.plates import no_plates
from rules.ruleset import load_book
from rules.screen import Screen, Verdicts
from rules.terms import compile_terms
from sensors.simulator.signals.frame_truth import FrameTruth, VehicleTruth
from sensors.simulator.signals.layouts import LAYOUTS, reference_network
from service.measuring import MakeMeter
from wim.frames import NO_NOW_NS, FrameError, decode_frame
from wim.records import MAX_AXLES, Passages, blank
from wim.sites import Network

#: One vehicle that was truly there; what was not measured is NaN or 0. `part`, `frame`: where it stands in its
#: scenario; `passages`: how many its frame gave; `flags` are the meter's, `judged` those and the rules'.
CROSSING: Final = np.dtype(
    [
        ("part", "u4"),
        ("frame", "u4"),
        ("vehicles", "u1"),
        ("passages", "u1"),
        ("measured", "?"),
        ("true_axles", "u1"),
        ("axles", "u1"),
        ("flags", "u4"),
        ("judged", "u4"),
        ("grade", "u1"),
        ("true_kg", "f8"),
        ("kg", "f8"),
        ("sigma", "f8"),
        ("plain_kg", "f8"),
        ("raw_kg", "f8"),
        ("true_kmh", "f8"),
        ("kmh", "f8"),
        ("true_ms2", "f8"),
        ("ms2", "f8"),
        ("late_us", "f8"),
        ("true_wheel_kg", "f4", (MAX_AXLES, 2)),
        ("wheel_kg", "f4", (MAX_AXLES, 2)),
        ("true_spacing_mm", "f4", MAX_AXLES - 1),
        ("spacing_mm", "f4", MAX_AXLES - 1),
    ]
)

Crossings = npt.NDArray[np.void]


@dataclass(frozen=True)
class Outcome:
    """crossings: CROSSING, shape (n,); frames: how many were made; ghosts: passages more than there were vehicles;
    failures: what a meter raised beside FrameError, each with its frame."""

    crossings: Crossings
    frames: int
    ghosts: int
    failures: tuple[str, ...] = ()


def joined(outcomes: list[Outcome]) -> Outcome:
    """The parts of a scenario as one."""
    return Outcome(
        np.concatenate([outcome.crossings for outcome in outcomes]),
        sum(outcome.frames for outcome in outcomes),
        sum(outcome.ghosts for outcome in outcomes),
        tuple(failure for outcome in outcomes for failure in outcome.failures),
    )


@cache
def network_of(tau_s: float | None) -> Network:
    """The registry, which may or may not know the amplifiers' time constant."""
    return reference_network(tau_s)


@cache
def _screen() -> Screen:
    return Screen(load_book().law, compile_terms(network_of(None)), no_plates())


def measured(part: Part, make_meter: MakeMeter) -> Outcome:
    """Make the frames of a part and measure them, one after another, by one meter."""
    recipe = part.scenario.recipe
    site = network_of(recipe.tau_s if recipe.told else None).sites[LAYOUTS[recipe.layout].site]
    lane = site.lanes[1]
    meter = make_meter(site, lane)
    found: list[Crossings] = []
    failures: list[str] = []
    ghosts = 0
    for captured in part.scenario.captured(part.number, part.frames):
        frame, truth = decode_frame(captured.message, NO_NOW_NS), captured.truth
        try:
            # A copy: a meter may lend what it fills anew for the next frame.
            passages = meter.measure(frame).copy()
        except FrameError:
            # A dead letter with its reason: no weight, and nothing that could be taken for one.
            passages = blank(0)
        except Exception as error:  # whatever it is, the other frames still tell of the meter
            failures.append(f"part {part.number}, frame {truth.frame}: {error!r}")
            passages = blank(0)
        ghosts += max(0, len(passages) - len(truth.vehicles))
        plain = [] if part.scenario.fault else plain_means(frame, truth, site, lane)
        found.append(_rows(truth, passages, plain, part.number))
    return Outcome(np.concatenate(found), part.frames, ghosts, tuple(failures))


def _rows(truth: FrameTruth, passages: Passages, plain: list[Plain], part: int) -> Crossings:
    rows = np.zeros(len(truth.vehicles), CROSSING)
    rows["part"], rows["frame"] = part, truth.frame
    rows["vehicles"], rows["passages"] = len(truth.vehicles), min(len(passages), 255)
    for name in ("kg", "sigma", "plain_kg", "raw_kg", "kmh", "ms2", "late_us"):
        rows[name] = np.nan
    for row, vehicle in zip(rows, truth.vehicles, strict=True):
        _tell(row, vehicle)
    for row, means in zip(rows, plain, strict=False):
        row["plain_kg"], row["raw_kg"] = means
    verdicts = _screen().judge(passages)
    for which, at in _matched(truth, passages):
        _note(rows[which], truth.vehicles[which], passages[at], verdicts[at : at + 1])
    return rows


def _tell(row: np.void, vehicle: VehicleTruth) -> None:
    axles = len(vehicle.left_kg)
    row["true_axles"], row["true_kg"] = axles, vehicle.gross_kg
    row["true_kmh"], row["true_ms2"] = vehicle.speed_kmh, vehicle.acceleration_ms2
    row["true_wheel_kg"][:axles] = np.array([vehicle.left_kg, vehicle.right_kg]).T
    row["true_spacing_mm"][: axles - 1] = vehicle.spacing_mm


def _matched(truth: FrameTruth, passages: Passages) -> Iterator[tuple[int, int]]:
    """Vehicles and their passages: in their order where as many were found, else each passage's nearest in time."""
    if len(passages) == len(truth.vehicles):
        yield from zip(range(len(passages)), range(len(passages)), strict=True)
        return
    free = set(range(len(truth.vehicles)))
    for at, time_ns in enumerate(passages["time_ns"].tolist()):
        if free:
            row = min(free, key=lambda one: abs(truth.vehicles[one].time_ns - time_ns))
            free.remove(row)
            yield row, at


def _note(row: np.void, vehicle: VehicleTruth, passage: np.void, verdict: Verdicts) -> None:
    axles = min(int(passage["axle_count"]), MAX_AXLES)
    row["measured"] = True
    row["axles"], row["flags"] = passage["axle_count"], passage["flags"]
    row["judged"], row["grade"] = int(verdict["flags"][0]) | int(passage["flags"]), verdict["grade"][0]
    row["kg"], row["sigma"] = passage["gross_kg"], passage["gross_sigma"]
    row["kmh"], row["ms2"] = passage["speed_kmh"], passage["acceleration_ms2"]
    row["late_us"] = (int(passage["time_ns"]) - vehicle.time_ns) / 1e3
    row["wheel_kg"][:axles] = np.array([passage["left_kg"], passage["right_kg"]]).T[:axles]
    row["spacing_mm"][: max(0, axles - 1)] = passage["spacing_mm"][: max(0, axles - 1)]


def warm_up() -> None:
    """Compile or load the judge before the clock of anything runs."""
    _screen().judge(blank(1))
