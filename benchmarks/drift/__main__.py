"""`python -m benchmarks.drift`: how soon a drift is found and how often none is, one JSON line a scenario."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from benchmarks import machine
from benchmarks.drift.run import Line, run
from benchmarks.drift.scenarios import SCENARIOS, Scenario

KEPT = machine.PROJECT / "benchmarks" / "results" / "drift.jsonl"
IMAGES = machine.PROJECT / "docs" / "img"


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen scenarios; 1 where a figure misses its limit."""
    options = _arguments(words)
    origin = machine.provenance()
    lines: list[Line] = []
    for scenario in _chosen(options):
        lines.append(run(scenario, scenario.small if options.small else scenario.runs) | origin)
        sys.stdout.write(f"{json.dumps(lines[-1])}\n")
        sys.stdout.flush()
    if options.keep:
        KEPT.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    if options.plots:
        # Only who draws needs matplotlib.
        from benchmarks.drift import plots

        plots.draw_all(IMAGES)
    return 0 if all(line["met"] for line in lines) else 1


def _chosen(options: argparse.Namespace) -> list[Scenario]:
    wanted = set(options.scenario or ())
    unknown = wanted - {one.id for one in SCENARIOS} - {one.id[0] for one in SCENARIOS}
    if unknown:
        raise SystemExit(f"there is no scenario or group {', '.join(sorted(unknown))}; scenarios.py lists them")
    rows = [one for one in SCENARIOS if not wanted or one.id in wanted or one.id[0] in wanted]
    return [one for one in rows if one.small or not options.small]


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description="One JSON line a scenario.")
    parser.add_argument("--scenario", action="append", help="only this id or group; may be given again")
    parser.add_argument("--small", action="store_true", help="what the tests run: fewer scenarios, their first runs")
    parser.add_argument("--keep", action="store_true", help="write the lines to benchmarks/results/drift.jsonl")
    parser.add_argument("--plots", action="store_true", help="draw the pictures of docs/method/watch.md anew")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
