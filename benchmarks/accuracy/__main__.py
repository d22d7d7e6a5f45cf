"""`python -m benchmarks.accuracy`: how right the weights are, one JSON line a scenario. README.md says more."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.accuracy import crossings, report
from benchmarks.accuracy.run import Line, run
from benchmarks.accuracy.scenarios import Scenario, read_scenarios

METER = "wim.measure:Meter"
KEPT = machine.PROJECT / "benchmarks" / "results" / "accuracy.jsonl"
REPORT = KEPT.with_suffix(".md")
IMAGES = machine.PROJECT / "docs" / "img"
PAGE = machine.PROJECT / "docs" / "method" / "accuracy.md"


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen scenarios; 1 where a figure misses its limit."""
    options = _arguments(words)
    lines = _kept() if options.kept else list(_told(_chosen(options), options))
    if options.keep and not options.kept:
        lines = merged(_kept() if KEPT.exists() else [], lines)
        KEPT.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    if options.keep:
        REPORT.write_text(report.page(lines), "utf-8")
    if options.plots:
        # Only who draws needs matplotlib.
        from benchmarks.accuracy import plots

        plots.draw_all(lines, IMAGES)
        report.refresh(PAGE, lines)
    sys.stderr.write(report.missed(lines))
    return 0 if all(line["met"] for line in lines) else 1


def _told(scenarios: Sequence[Scenario], options: argparse.Namespace) -> Iterator[Line]:
    """Run, and say each line as it comes."""
    origin = machine.provenance()
    crossings.warm_up()
    lines = run(scenarios, _frames(options), options.meter, options.processes)
    order = {scenario.id: row for row, scenario in enumerate(scenarios)}
    found = []
    for line in lines:
        found.append(line | origin)
        sys.stdout.write(f"{json.dumps(found[-1])}\n")
        sys.stdout.flush()
    yield from sorted(found, key=lambda line: order[line["scenario"]])


def _frames(options: argparse.Namespace) -> Callable[[Scenario], int]:
    return lambda scenario: min(scenario.small if options.small else scenario.frames, options.frames or 10**9)


def _chosen(options: argparse.Namespace) -> list[Scenario]:
    wanted = set(options.scenario or ())
    rows = [row for row in read_scenarios() if not wanted or row.id in wanted or row.group in wanted]
    unknown = wanted - {row.id for row in rows} - {row.group for row in rows}
    if unknown:
        raise SystemExit(f"there is no scenario or group {', '.join(sorted(unknown))}; scenarios.toml lists them")
    return [row for row in rows if _frames(options)(row)]


def _kept() -> list[Line]:
    return [json.loads(line) for line in KEPT.read_text("utf-8").splitlines()]


def merged(kept: Sequence[Line], fresh: Sequence[Line]) -> list[Line]:
    """One line for each scenario of the table, the fresh one where there is one; each says of which commit it is."""
    of = {line["scenario"]: line for line in (*kept, *fresh)}
    return [of[scenario.id] for scenario in read_scenarios() if scenario.id in of]


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description="One JSON line a scenario.")
    parser.add_argument("--small", action="store_true", help="CI's selection: about a minute")
    parser.add_argument("--scenario", action="append", help="only this one, or this group; may be given again")
    parser.add_argument("--frames", type=int, help="at most so many of each scenario")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)), help="default: one a core")
    parser.add_argument("--meter", default=METER, help=f"who measures, as module:attribute (default {METER})")
    parser.add_argument("--keep", action="store_true", help=f"write {_short(KEPT)} and {_short(REPORT)}")
    parser.add_argument("--kept", action="store_true", help=f"measure nothing: take the lines of {_short(KEPT)}")
    parser.add_argument("--plots", action="store_true", help=f"draw into {_short(IMAGES)}, refresh {_short(PAGE)}")
    return parser.parse_args(words)


def _short(path: Path) -> str:
    return str(path.relative_to(machine.PROJECT))


if __name__ == "__main__":
    sys.exit(main())
