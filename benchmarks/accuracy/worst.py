"""`python -m benchmarks.accuracy.worst A15 --frames 250`: which vehicles of a scenario were measured worst, and how.

Those that were missed, whose axles were counted wrong, that got a flag, or that err by more than four of their own
sigmas; with part and frame, by which `Scenario.captured` makes each again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.crossings import Crossings, joined, measured
from benchmarks.accuracy.figures import doubts
from benchmarks.accuracy.run import named
from benchmarks.accuracy.scenarios import parts, read_scenarios
from wim.records import flag_names

#: Errors beyond so many sigmas are rare: one of 16 000.
_SIGMAS = 4.0


def main(words: Sequence[str] | None = None) -> int:
    """One line a vehicle."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.worst")
    parser.add_argument("scenario")
    parser.add_argument("--frames", type=int, default=250)
    parser.add_argument("--meter", default="wim.measure:Meter")
    options = parser.parse_args(words)
    scenario = next((row for row in read_scenarios() if row.id == options.scenario), None)
    if scenario is None:
        parser.error(f"there is no scenario {options.scenario}; scenarios.toml lists them")
    make = named(options.meter)
    outcome = joined([measured(part, make) for part in parts(scenario, options.frames)])
    rows = worst(outcome.crossings)
    lines = [told(row, doubted) for row, doubted in zip(rows, doubts(rows), strict=True)]
    sys.stdout.writelines(f"{line}\n" for line in [*lines, *outcome.failures])
    return 0


def worst(rows: Crossings) -> Crossings:
    """Those that a person should look at, shape (n,)."""
    off = np.abs(rows["kg"] / rows["true_kg"] - 1) > _SIGMAS * rows["sigma"]
    miscounted = rows["axles"] != rows["true_axles"]
    wrong: Crossings = rows[~rows["measured"] | miscounted | off | (doubts(rows) != 0)]
    return wrong


def told(row: np.void, doubted: np.uint32) -> str:
    """A CROSSING and its doubtful flags for a person."""
    place = f"part {row['part']} frame {row['frame']}"
    if not row["measured"]:
        return f"{place}: missed, {row['true_axles']} axles, {row['true_kg']:.0f} kg, {row['true_kmh']:.1f} km/h"
    error = 100 * (row["kg"] / row["true_kg"] - 1)
    flags = ", ".join(flag_names(int(doubted))) or "no flags"
    return (
        f"{place}: axles {row['axles']} of {row['true_axles']}, "
        f"gross {error:+.2f} % (sigma {100 * row['sigma']:.2f} %), "
        f"{row['kmh']:.2f} of {row['true_kmh']:.2f} km/h, {flags}"
    )


if __name__ == "__main__":
    sys.exit(main())
