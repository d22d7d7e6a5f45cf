"""What a standard judges: relative errors of gross weights, axle groups, single axles, axles of a group, and wheels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.crossings import Crossings

Floats = npt.NDArray[np.float64]

#: Axles closer than this are a group (law and measurement §1.4).
GROUP_MM = 2_100


class Loads(NamedTuple):
    """Errors as parts of one, each of shape (n,), and the true loads in kg of the same shape.

    `position` numbers each axle's place in its vehicle from 0; gross errors are in the order of the passes.
    """

    gross: Floats
    gross_kg: Floats
    group: Floats
    group_kg: Floats
    single: Floats
    in_group: Floats
    axle: Floats
    axle_kg: Floats
    axle_position: npt.NDArray[np.intp]
    axle_pass: npt.NDArray[np.intp]
    group_position: npt.NDArray[np.intp]
    group_pass: npt.NDArray[np.intp]
    wheel: Floats
    wheel_kg: Floats
    speed_kmh: Floats
    spacing_m: Floats


def loads_of(crossings: Crossings, wheels: bool) -> Loads:
    """Of those whose axles were counted right; `wheels`: whether the lane weighs the two sides apart."""
    rows = crossings[crossings["measured"] & (crossings["axles"] == crossings["true_axles"])]
    true, found = rows["true_wheel_kg"].astype(np.float64), rows["wheel_kg"].astype(np.float64)
    there = np.arange(true.shape[1]) < rows["true_axles"][:, None]
    apart = np.ones(there.shape, np.bool_)
    apart[:, 1:] = rows["true_spacing_mm"] >= GROUP_MM
    group = np.cumsum(apart, axis=1) - 1
    pass_, position = np.nonzero(there)
    key = pass_ * true.shape[1] + group[pass_, position]
    axle_true, axle_found = true.sum(axis=2)[there], found.sum(axis=2)[there]
    names, at, size = np.unique(key, return_inverse=True, return_counts=True)
    group_true, group_found = _sums(at, axle_true), _sums(at, axle_found)
    error, many = axle_found / axle_true - 1, size[at] > 1
    spaced = rows["true_spacing_mm"] > 0
    return Loads(
        gross=np.asarray(rows["kg"] / rows["true_kg"] - 1),
        gross_kg=np.asarray(rows["true_kg"]),
        group=(group_found / group_true - 1)[size > 1],
        group_kg=group_true[size > 1],
        single=error[~many],
        in_group=error[many],
        axle=error,
        axle_kg=axle_true,
        axle_position=position,
        axle_pass=pass_,
        group_position=(names % true.shape[1])[size > 1],
        group_pass=(names // true.shape[1])[size > 1],
        wheel=(found[there] / true[there] - 1).ravel() if wheels else np.zeros(0),
        wheel_kg=true[there].ravel() if wheels else np.zeros(0),
        speed_kmh=np.asarray(rows["kmh"] - rows["true_kmh"]),
        spacing_m=np.asarray((rows["spacing_mm"] - rows["true_spacing_mm"])[spaced] / 1e3, np.float64),
    )


def _sums(at: npt.NDArray[np.intp], values: Floats) -> Floats:
    return np.asarray(np.bincount(at, values), np.float64)
