"""Fuzzed frames under numba's index checks: a kernel that writes beside its arrays is found before it does harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
#: Kernels compiled with other flags must not be taken for ours, nor ours for them.
KERNELS = PROJECT / ".local" / "kernels-with-index-checks"
#: Compiling takes two minutes on a busy machine.
SECONDS = 900.0


def test_no_frame_makes_a_kernel_leave_its_arrays_or_the_lane_its_way() -> None:
    """Hundreds of frames that no unit ought to send: each is weighed soundly, empty, or refused by a word."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.wim.fuzz_frames"],
        cwd=PROJECT,
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(KERNELS)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-6_000:]
