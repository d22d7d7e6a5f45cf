"""`python -m benchmarks.measure`: the measure lane beside its yardsticks, one JSON line a case; see README.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import lane
from benchmarks.measure.cases import Drain, Kernel
from benchmarks.screen import broker
from benchmarks.screen.cases import Site
from tests.servers import kafka

#: A real disk, which a system's temporary folder need not be.
LOCAL = machine.PROJECT / ".local"
HISTORY = machine.PROJECT / "benchmarks" / "results" / "measure.jsonl"

ROUNDS, QUICK_ROUNDS = 5, 2
CASES = ("4", "5")
#: Frames in the topic: 480 MB, or 160.
FRAMES, QUICK_FRAMES = 12_000, 4_000


def plan(chosen: Sequence[str], quick: bool) -> Iterator[Kernel | Drain]:
    """The cases in the order in which they run."""
    if "4" in chosen:
        yield Kernel()
    if "5" in chosen:
        yield Drain(QUICK_FRAMES if quick else FRAMES)


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen cases."""
    options = _arguments(words)
    missing = kafka.missing()
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=LOCAL) as name:
        _run(options, Path(name))
    return 0


def _run(options: argparse.Namespace, folder: Path) -> None:
    origin = machine.provenance(broker.version())
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with broker.serve(folder) as serving:
        site = Site(serving, lane.registry_file(folder), folder, rounds)
        for case in plan(options.case or CASES, options.quick):
            line = json.dumps(case.run(site) | {"rounds": rounds, **origin})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            if options.keep:
                with HISTORY.open("a") as history:
                    history.write(f"{line}\n")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measure", description="One JSON line a case.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and frames: rougher figures")
    parser.add_argument("--case", action="append", choices=CASES, help="only this one; may be given again")
    parser.add_argument("--rounds", type=int, help=f"runs of each kind (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--keep", action="store_true", help=f"add the lines to {HISTORY.relative_to(machine.PROJECT)}")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
