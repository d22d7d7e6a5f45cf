"""How much of each fault: what CI takes, or what `make chaos` does.

Every row of the matrix writes what it went through and what it found as one JSON line to `artefacts/chaos.jsonl`, from
which `python -m tests.chaos.table` makes the table of docs/operate/chaos.md.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RESULTS = PROJECT / "artefacts" / "chaos.jsonl"

LONG = os.environ.get("CHAOS_DOSE") == "long"

#: Bounds how long a busy machine may hang; no promise.
SECONDS = 300.0
#: Killed, a worker is back after this long (reliability.md, C1), and gone after that when told to stop (C2).
BACK_SECONDS, EXIT_SECONDS = 15.0, 10.0


def dose(ci: int, long: int) -> int:
    """The one or the other."""
    return long if LONG else ci


def record(row: str, engine: str, began: float, **figures: Any) -> None:
    """Keep what a row came to; `began` by the monotonic clock."""
    RESULTS.parent.mkdir(exist_ok=True)
    told = {"row": row, "engine": engine, "dose": "long" if LONG else "ci"}
    line = {**told, "seconds": round(time.monotonic() - began, 1), **figures}
    with RESULTS.open("a", encoding="utf-8") as results:
        results.write(json.dumps(line, ensure_ascii=False) + "\n")
