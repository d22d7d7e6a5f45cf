"""Guarantees of the demo's processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.demo.children import Child, Children, DemoError

FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Children]:
    """A worker that never gets ready, and an API that was started after it; each has said something."""
    children = Children(tmp_path, {})
    for name in ("worker", "api"):
        log = tmp_path / f"{name}.log"
        log.write_text(f"{name} says this")
        children.running.append(Child(name, subprocess.Popen(FOREVER), log))
    yield children
    children.stop()


def test_a_part_that_is_not_ready_in_time_is_shown_with_its_own_words(running: Children) -> None:
    """Not with those of whichever was started last."""
    with pytest.raises(DemoError, match=r"(?s)worker not ready after 0 s.*worker says this") as error:
        running.wait_for(running.running[0], lambda: False, lambda: None, most_s=0.0)
    assert "api says" not in str(error.value)


def test_a_part_that_ends_meanwhile_is_not_waited_for(running: Children) -> None:
    """Whoever it was that ended, and however long the other might still take."""
    running.running[1].process.kill()
    with pytest.raises(DemoError, match="api ended with status -9"):
        running.wait_for(running.running[0], lambda: False, lambda: None)
