"""Measuring leaves nothing behind: a worker that weighs for months is as large as on its first day."""

from __future__ import annotations

import json
import subprocess
import sys


def test_memory_does_not_grow_with_frames() -> None:
    """Three hundred frames of every kind, after as many before them, hold no byte more than those did."""
    command = [sys.executable, "-m", "tests.wim.measured_memory"]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    bytes_ = json.loads(told.stdout)
    # A passage is 192 bytes; what stays of 300 would be 57 kB.
    assert bytes_["stays"] < 4_096
    # And no frame's samples, of 100 kB and more, are copied meanwhile.
    assert bytes_["peak"] < 32_768
