"""`python -m benchmarks.fingerprint`: how often strangers are merged, and vehicles found; one JSON line a scenario."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.fingerprint.study import Line, count, line, read

JUNE = machine.PROJECT.parent / "shared" / "data" / "june2021_days01-15.csv.gz"
KEPT = machine.PROJECT / "benchmarks" / "results" / "fingerprint.jsonl"

#: dispatch.md §1.
MOST_PERCENT = 1.0

#: Lanes and the hours before a violation in which another site may have seen it: the whole of a journey, and 30 km of
#: road at 25 to 110 km/h.
SCENARIOS = {
    "both lanes, 4 h": ((1, 2), (0.0, 4.0)),
    "lane 2, 4 h": ((2,), (0.0, 4.0)),
    "both lanes, 30 km": ((1, 2), (0.27, 1.2)),
    "lane 2, 30 km": ((2,), (0.27, 1.2)),
}


def lines(path: Path) -> Iterator[Line]:
    """Each scenario whole, then by axle count, where numbers are small and no limit is set."""
    for name, (lanes, window_hours) in SCENARIOS.items():
        counted = {kind.axles: count(kind, window_hours) for kind in read(path, lanes)}
        yield line(name, list(counted.values()), MOST_PERCENT)
        yield from (line(f"{name}, {axles} axles", [one], None) for axles, one in counted.items())


def main(words: Sequence[str] | None = None) -> int:
    """Run the study; 1 where more strangers are merged than the design allows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fingerprint", description="One JSON line a scenario.")
    parser.add_argument("--keep", action="store_true", help="write the lines to benchmarks/results/fingerprint.jsonl")
    options = parser.parse_args(words)
    if not JUNE.is_file():
        sys.stderr.write("skipped: ../shared/data/june2021_days01-15.csv.gz is not there\n")
        return 0
    origin = machine.provenance()
    found = []
    for one in lines(JUNE):
        found.append(one | origin)
        sys.stdout.write(f"{json.dumps(found[-1])}\n")
        sys.stdout.flush()
    if options.keep:
        KEPT.write_text("".join(f"{json.dumps(one)}\n" for one in found), "utf-8")
    return 0 if all(one["met"] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
