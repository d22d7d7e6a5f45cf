"""How far a command is, on stderr, and only where a person looks at it."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


def progress(did: str = "", shown: bool = True) -> Progress:
    """A display of tasks that count passages; `did` says what was done with those: "acknowledged"."""
    counted = "{task.completed:,} " + " ".join(filter(None, ("passages", did)))
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(counted),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not (shown and sys.stderr.isatty()),
    )
