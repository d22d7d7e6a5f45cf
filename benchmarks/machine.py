"""Where and on what a figure was measured: it is worth nothing without."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]

#: What a figure depends on most, beside the project itself.
PACKAGES = ("numba", "numpy", "aiokafka", "faust-streaming", "sqlalchemy", "uvloop")
#: How long it is looked how busy the machine is.
LOOK_SECONDS = 1.0


def provenance(kafka: str = "") -> dict[str, Any]:
    """Machine, versions and state of the project; `kafka` is the broker's release, where one takes part."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "dirty": bool(_git("status", "--porcelain")),
        "machine": {"cpu": _cpu(), "cores": len(os.sched_getaffinity(0)), "memory_gb": _memory_gb()},
        "versions": {
            "python": platform.python_version(),
            **({"kafka": kafka} if kafka else {}),
            "sqlite": sqlite3.sqlite_version,
            **{name: version(name) for name in PACKAGES},
        },
    }


def busy_share(seconds: float = LOOK_SECONDS) -> float:
    """Share of all cores that somebody uses now: looked at before a case starts, what is not 0 is somebody else."""
    idle, total = _ticks()
    time.sleep(seconds)
    idle_after, total_after = _ticks()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def _ticks() -> tuple[int, int]:
    """Idle and all time of all cores so far (proc(5), /proc/stat)."""
    values = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return values[3] + values[4], sum(values)


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_gb() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
