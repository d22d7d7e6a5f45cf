"""From runs to one line of a result: medians with their spread, ratios to the yardstick, what must and should be.

The bounds are those of the project's performance targets; `met` says whether every bound of *must* is kept.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

#: Enough for a figure whose runs differ by percents.
DIGITS = 4


class Bound(NamedTuple):
    """What a figure must reach: `at_least`, or else at most, `value`."""

    value: float
    at_least: bool = True

    def kept(self, found: float) -> bool:
        """Whether the figure is on the right side; the bound itself is."""
        return found >= self.value if self.at_least else found <= self.value

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.value:g}"


Bounds = Mapping[str, Bound]

MUST: Mapping[str, Bounds] = {
    "1": {"ratio": Bound(0.30), "passages_per_s": Bound(1.2e6)},
    "2": {"ratio": Bound(0.45), "passages_per_s": Bound(250e3)},
    "3": {"passages_per_s": Bound(8e6)},
    "6": {
        "violation_p50_ms": Bound(6, at_least=False),
        "violation_p99_ms": Bound(25, at_least=False),
        "intercept_p50_ms": Bound(15, at_least=False),
        "intercept_p99_ms": Bound(60, at_least=False),
    },
    "6 postgresql": {
        "violation_p50_ms": Bound(6, at_least=False),
        "violation_p99_ms": Bound(25, at_least=False),
        "intercept_p50_ms": Bound(15, at_least=False),
        "intercept_p99_ms": Bound(80, at_least=False),
    },
}
AIM: Mapping[str, Bounds] = {
    "1": {"ratio": Bound(0.6)},
    "2": {"ratio": Bound(0.7)},
    "3": {"passages_per_s": Bound(15e6)},
    # Of everything: what it takes beyond the bare hops of the same run.
    "6": {"most_over_bare_ms": Bound(3, at_least=False)},
}


def spread(runs: Sequence[float]) -> dict[str, float | list[float]]:
    """Median, least and most of the runs, and the runs in their order."""
    return {
        "median": rounded(statistics.median(runs)),
        "least": rounded(min(runs)),
        "most": rounded(max(runs)),
        "runs": [rounded(run) for run in runs],
    }


def rounded(value: float) -> float:
    """The value with as many digits as mean anything."""
    return float(f"{value:.{DIGITS}g}")


def judged(found: Mapping[str, float], must: Bounds, aim: Bounds) -> dict[str, Any]:
    """The bounds as text, and whether each kind is kept. Every bounded figure must be among `found`."""
    return {
        "must": {name: str(bound) for name, bound in must.items()},
        "met": all(bound.kept(found[name]) for name, bound in must.items()),
        "aim": {name: str(bound) for name, bound in aim.items()},
        "aim_met": all(bound.kept(found[name]) for name, bound in aim.items()),
    }
