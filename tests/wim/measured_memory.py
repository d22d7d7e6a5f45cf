"""What measuring leaves behind, said by a process that does nothing else: `python -m tests.wim.measured_memory`.

Prints the bytes that 300 frames of every kind leave after as many before them, and the most that was held meanwhile.
In a process of its own, because tracemalloc counts what every thread of a process allocates; after as many, because the
interpreter's free lists fill to some 20 kB within the first hundred and stay there.
"""

from __future__ import annotations

import json
import sys
import tracemalloc

from tests.wim.strip_signals import CAR, SIX, TWO, Scene


def measured() -> dict[str, int]:
    """Bytes that stay, and the peak above the start."""
    scenes = [
        Scene(axles=SIX, noise_n=20.0, loops_m=(-3.0, 6.0)),
        Scene(axles=CAR, rate_hz=2_000, loops_m=(-3.0, 6.0)),
        Scene(axles=TWO, speed_ms=3.0, loops_m=(-3.0, 6.0)),
        Scene(axles=(), seconds=0.4, loops_m=(-3.0, 6.0)),
    ]
    frames = [scene.frame() for scene in scenes]
    meter = scenes[0].meter()
    for frame in frames * 2:
        meter.measure(frame)
    tracemalloc.start()
    for frame in frames * 75:
        meter.measure(frame)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for frame in frames * 75:
        meter.measure(frame)
    after, peak = tracemalloc.get_traced_memory()
    return {"stays": after - before, "peak": peak - before}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured()))
