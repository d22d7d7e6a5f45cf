"""COST 323, European specification of weigh-in-motion: the accuracy class that a run of passes is accepted in.

A class of tolerance K has for each criterion a δ in percent:

    gross weight     K
    group of axles   K ÷ 0.7 below K = 7, else K + 3
    single axle      K (85 − K) ÷ 50 below K = 10, else K + 5
    axle of a group  2 K below K = 10, else K + 10

n errors of mean m and standard deviation s are in the class if the confidence that an error lies within ± δ,

    π = 100 (1 − T(δ/s − m/s − t/√n) − T(δ/s + m/s − t/√n)),     T the upper tail of Student's t, t = t(0.975), n − 1

reaches π₀ = 100 (2 Φ(c/e − t/√n) − 1), where c says how alike the passes were and e how steady the climate:

    c   r1 one vehicle, one speed 2.675 · r2 2.36 · R1 few vehicles 2.155 · R2 the traffic itself 2.0
    e   I steady 1 · II 1.05 · III all seasons 1.1

An initial verification, of the data by which the site was calibrated, has 0.8 δ. Source: COST 323 (1999) as OpenWIM
computes it (pywim, `cost323.py`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from benchmarks.accuracy.standards.loads import Floats, Loads
from benchmarks.accuracy.standards.student import normal_cdf, quantile, upper_tail

#: Name and K of the classes, the best first.
CLASSES: Final = (("A(5)", 5.0), ("B+(7)", 7.0), ("B(10)", 10.0), ("C(15)", 15.0), ("D+(20)", 20.0), ("D(25)", 25.0))
NONE: Final = "E"
_ALIKE: Final = {"r1": 2.675, "r2": 2.36, "R1": 2.155, "R2": 2.0}
_CLIMATE: Final = {"I": 1.0, "II": 1.05, "III": 1.1}
_INITIAL = 0.8


def delta_percent(criterion: str, k: float) -> float:
    """δ of "gross", "group", "single" or "in_group" in the class of tolerance K."""
    match criterion:
        case "gross":
            return k
        case "group":
            return k / 0.7 if k < 7 else k + 3
        case "single":
            return k * (85 - k) / 50 if k < 10 else k + 5
        case "in_group":
            return 2 * k if k < 10 else k + 10
    raise ValueError(f"COST 323 has no criterion {criterion!r}; it has gross, group, single, in_group")


def required_percent(count: int, alike: str, climate: str) -> float:
    """π₀ for so many passes."""
    return 100 * (2 * normal_cdf(_ALIKE[alike] / _CLIMATE[climate] - quantile(0.975, count - 1) / math.sqrt(count)) - 1)


def achieved_percent(delta: float, mean: float, sigma: float, count: int) -> float:
    """π of errors with that mean and standard deviation, all in percent."""
    shift = quantile(0.975, count - 1) / math.sqrt(count)
    below = upper_tail(delta / sigma - mean / sigma - shift, count - 1)
    return 100 * (1 - below - upper_tail(delta / sigma + mean / sigma - shift, count - 1))


def class_of(errors: Floats, criterion: str, alike: str, climate: str, initial: bool = False) -> str:
    """The best class in which errors (parts of one, shape (n,)) are accepted by one criterion; "" for less than two."""
    if len(errors) < 2:
        return ""
    mean, sigma = 100 * float(errors.mean()), 100 * float(errors.std(ddof=1))
    required = required_percent(len(errors), alike, climate)
    for name, k in CLASSES:
        delta = delta_percent(criterion, k) * (_INITIAL if initial else 1)
        if achieved_percent(delta, mean, sigma, len(errors)) >= required:
            return name
    return NONE


def classes(loads: Loads, alike: str, climate: str = "I") -> dict[str, str]:
    """The class by each criterion, and `all`, the worst of them, which is the class of the run."""
    of = {name: getattr(loads, name) for name in ("gross", "group", "single", "in_group")}
    found = {name: class_of(np.asarray(errors), name, alike, climate) for name, errors in of.items()}
    order = [name for name, _ in CLASSES] + [NONE]
    known = [name for name in found.values() if name]
    return found | {"all": max(known, key=order.index) if known else ""}
