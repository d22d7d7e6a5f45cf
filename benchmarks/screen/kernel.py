"""`python -m benchmarks.screen.kernel judge|copy REGISTRY PASSAGES SEED`: passages a second of one thread, alone.

judge: the kernel over the standard mix, in batches as large as the screen lane's, into verdicts that are there already.
copy: the yardstick, a memory copy of the same bytes in the same batches, into memory that is there already.
Both go over all passages once before the clock starts, so that nothing is compiled and no page is touched for the
first time while it runs. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.screen import lane, traffic
from rules.kernels.arrays import VERDICT
from service.lanes.intake import MOST_BYTES
from wim.records import RECORD_BYTES, Passages

BATCH = MOST_BYTES // RECORD_BYTES
#: Long enough that the clock and one turn of the scheduler do not count.
AT_LEAST_SECONDS = 1.0


def speed(passages: Passages, step: Callable[[Passages], object]) -> dict[str, float]:
    """How many passages `step` takes a second and a second of CPU, batch after batch; on an idle core both are one."""
    batches = [passages[start : start + BATCH] for start in range(0, len(passages), BATCH)]
    for batch in batches:
        step(batch)
    rounds, began, cpu_began, seconds = 0, time.perf_counter(), time.thread_time(), 0.0
    while seconds < AT_LEAST_SECONDS:
        for batch in batches:
            step(batch)
        rounds += 1
        seconds = time.perf_counter() - began
    done = rounds * len(passages)
    return {"per_s": done / seconds, "per_cpu_s": done / (time.thread_time() - cpu_began)}


def main(what: str, registry: str, count: int, seed: int) -> None:
    """Measure one of the two and print it."""
    random = np.random.default_rng(seed)
    passages = traffic.placed(random, traffic.standard(random, count))
    if what == "copy":
        target = np.empty(BATCH * RECORD_BYTES, np.uint8)
        # As plain bytes: numpy copies records field by field.
        json.dump(speed(passages, lambda batch: np.copyto(target[: batch.nbytes], batch.view(np.uint8))), sys.stdout)
        return
    screen = lane.make_screen(Path(registry))
    verdicts = np.zeros(BATCH, VERDICT)
    found = speed(passages, lambda batch: screen.judge(batch, verdicts))
    json.dump({**found, "counted": asdict(lane.expected(passages, screen))}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
