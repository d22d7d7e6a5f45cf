"""Measuring leaves nothing behind: a worker that weighs for months is as large as on its first day."""

from __future__ import annotations

import tracemalloc

from tests.wim.strip_signals import CAR, SIX, TWO, Scene


def test_memory_does_not_grow_with_frames() -> None:
    """Three hundred frames of every kind, after the first few, hold no byte more than those did."""
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
    try:
        for frame in frames * 5:
            meter.measure(frame)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for frame in frames * 75:
            meter.measure(frame)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A passage is 192 bytes; what stays of 300 would be 57 kB.
    assert after - before < 4_096
    # And no frame's samples, of 100 kB and more, are copied meanwhile.
    assert peak - before < 32_768
