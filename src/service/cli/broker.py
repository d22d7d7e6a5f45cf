"""`wim broker`: the embedded broker in the foreground."""

from __future__ import annotations

import sys

from service.broker.embedded import serve


def run() -> None:
    """Serve an in-memory broker until Ctrl-C; for the demo and quick tests only."""
    serve(sys.stdout)
