"""`python -m benchmarks.screen`: the screen lane against its yardsticks; one JSON line a case. README.md says more."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.screen import broker, lane
from benchmarks.screen.cases import JUNE, Drain, Kernel, Latency, Site
from benchmarks.screen.filling import Order
from tests.servers import kafka, postgres

#: A real disk, which a system's temporary folder need not be.
LOCAL = machine.PROJECT / ".local"
HISTORY = machine.PROJECT / "benchmarks" / "results" / "screen.jsonl"

ROUNDS, QUICK_ROUNDS = 5, 2
CASES = ("1", "2", "3", "6")

Case = Drain | Kernel | Latency


def plan(chosen: Sequence[str], quick: bool, database: str, june: bool) -> Iterator[Case]:
    """The cases in the order in which they run; a quick run has less of everything and no interleaved mix."""
    million = 1_000_000
    if "1" in chosen:
        yield Drain("1", "standard", Order.DAY, 256, million if quick else 4 * million)
        if not quick:
            yield Drain("1", "standard", Order.INTERLEAVED, 256, 4 * million)
        if june:
            # One passage in eight is a violation there.
            yield Drain("1", "june", Order.DAY, 256, 200_000 if quick else 500_000)
    if "2" in chosen:
        yield Drain("2", "standard", Order.DAY, 1, 250_000 if quick else million)
        if not quick:
            yield Drain("2", "standard", Order.INTERLEAVED, 1, 300_000)
    if "3" in chosen:
        yield Kernel(million // 2)
    if "6" in chosen:
        yield Latency(database, 10 if quick else 30, 5 if quick else 10)


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen cases."""
    options = _arguments(words)
    missing = kafka.missing() or (postgres.missing() if options.database == "postgresql" else None)
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    if not JUNE.is_file():
        sys.stderr.write("the June mix is skipped: ../shared/data/june2021_days01-15.csv.gz is not there\n")
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=LOCAL) as name:
        _run(options, Path(name))
    return 0


def _run(options: argparse.Namespace, folder: Path) -> None:
    origin = machine.provenance(broker.version())
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with broker.serve(folder) as serving:
        site = Site(serving, lane.registry_file(folder), folder, rounds)
        for case in plan(options.case or CASES, options.quick, options.database, JUNE.is_file()):
            line = json.dumps(case.run(site) | {"rounds": rounds, **origin})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            if options.keep:
                with HISTORY.open("a") as history:
                    history.write(f"{line}\n")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description="One JSON line a case.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and passages: minutes, and rougher figures")
    parser.add_argument("--case", action="append", choices=CASES, help="only this one; may be given again")
    parser.add_argument("--rounds", type=int, help=f"runs of each kind (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="of case 6")
    parser.add_argument("--keep", action="store_true", help=f"add the lines to {HISTORY.relative_to(machine.PROJECT)}")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
