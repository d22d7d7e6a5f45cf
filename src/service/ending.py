"""The two ways in which a worker ends at once, and the deadline of the third.

Faust's shutdown commits what an agent has in hand and may wait for a broker that is not there. So a failed database or
broker ends the process here, before anything is committed: whatever was under way is rolled back by whoever held it,
and read again after the restart.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

import structlog

#: EX_SOFTWARE of sysexits: the supervisor may start it again at once, the fault may have passed.
TRY_AGAIN = 70
#: Failed, and will fail again until a person acts on the message.
NEEDS_A_PERSON = 1

#: SIGTERM to exit: Kubernetes kills after 30 s, systemd after 90 s, our own tests after 10 s.
STOP_SECONDS = 8.0

log = structlog.get_logger(__name__)

#: Temporary folders of this process: nothing else removes them where it ends at once.
_folders: set[str] = set()


class End(Protocol):
    """Ends the process; a test's stand-in raises instead."""

    def __call__(self, status: int, reason: str, **facts: Any) -> NoReturn:
        """Say why, with the facts, and end."""


def end_process(status: int, reason: str, **facts: Any) -> NoReturn:
    """Log the reason and end now: no further commit, open transactions are rolled back by their owners."""
    log.critical(reason, exit_status=status, **facts)
    for stream in (sys.stdout, sys.stderr):
        # A closed or full pipe must not keep the process alive.
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    for folder in tuple(_folders):
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(status)


@contextlib.contextmanager
def temporary_folder(prefix: str) -> Iterator[str]:
    """A folder that goes with the block, and where the process ends at once within it, with the process."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        _folders.add(folder)
        try:
            yield folder
        finally:
            _folders.discard(folder)


def within(seconds: float, doing: str) -> None:
    """End the process `seconds` from now if it is still there then; returns at once."""

    def expire() -> None:
        end_process(NEEDS_A_PERSON, f"{doing} took longer than {seconds:g} s; what was under way is rolled back")

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
