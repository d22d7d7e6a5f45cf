"""The two ways in which a worker ends at once, and the deadline of the third.

Faust's shutdown commits what an agent has in hand and may wait for a broker that is not there. So a failed database or
broker ends the process here, before anything is committed: whatever was under way is rolled back by whoever held it,
and read again after the restart.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, NoReturn, Protocol

import structlog

#: EX_SOFTWARE of sysexits: the supervisor may start it again at once, the fault may have passed.
TRY_AGAIN = 70
#: Failed, and will fail again until a person acts on the message.
NEEDS_A_PERSON = 1

#: SIGTERM to exit: Kubernetes kills after 30 s, systemd after 90 s, our own tests after 10 s.
STOP_SECONDS = 8.0

log = structlog.get_logger(__name__)


class End(Protocol):
    """Ends the process; a test's stand-in raises instead."""

    def __call__(self, status: int, reason: str, **facts: Any) -> NoReturn:
        """Say why, with the facts, and end."""


def end_process(status: int, reason: str, **facts: Any) -> NoReturn:
    """Log the reason and end now: no clean-up, no further commit, open transactions are rolled back by their owners."""
    log.critical(reason, exit_status=status, **facts)
    for stream in (sys.stdout, sys.stderr):
        # A closed or full pipe must not keep the process alive.
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)


def within(seconds: float, doing: str) -> None:
    """End the process `seconds` from now if it is still there then; returns at once."""

    def expire() -> None:
        end_process(NEEDS_A_PERSON, f"{doing} took longer than {seconds:g} s; what was under way is rolled back")

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
