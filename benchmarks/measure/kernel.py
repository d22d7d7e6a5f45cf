"""`python -m benchmarks.measure.kernel measure|filter SEED`: microseconds of one thread for one frame in memory.

measure: a meter on frames that were decoded before: five axles in, a passage out.
filter: the yardstick, one serial first-order filter over the same samples.
Both go over all frames once before the clock starts. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.measure.frames import AXLES, first_lane, models
from benchmarks.measure.yardstick import low_pass
from wim.frames import NO_NOW_NS, Frame, decode_frame
from wim.measure import Meter

#: Long enough that the clock and one turn of the scheduler do not count.
AT_LEAST_SECONDS = 1.0
#: Of the filter: about 20 ms at 10 kHz.
PART = 0.005


def timed(frames: list[Frame], step: Callable[[Frame], object]) -> dict[str, float]:
    """Microseconds that `step` takes for a frame, by the clock and by the thread's own."""
    for frame in frames:
        step(frame)
    done, began, cpu_began, seconds = 0, time.perf_counter(), time.thread_time(), 0.0
    while seconds < AT_LEAST_SECONDS:
        for frame in frames:
            step(frame)
        done += len(frames)
        seconds = time.perf_counter() - began
    return {"us": seconds / done * 1e6, "cpu_us": (time.thread_time() - cpu_began) / done * 1e6}


def main(what: str, seed: int) -> None:
    """Measure one of the two and print it."""
    frames = [decode_frame(message, NO_NOW_NS) for message in models(seed)]
    if what == "filter":
        out = np.empty(frames[0].counts.shape)
        json.dump(timed(frames, lambda frame: low_pass(frame.counts, PART, out)), sys.stdout)
        return
    meter = Meter(*first_lane())
    found = [meter.measure(frame) for frame in frames]
    axles = [passages["axle_count"].tolist() for passages in found]
    if axles != [[AXLES]] * len(frames):
        raise RuntimeError(f"frames of {AXLES} axles were measured as {axles}")
    json.dump(timed(frames, meter.measure), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
