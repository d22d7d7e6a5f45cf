"""Server processes that a test or `make kafka` starts: free ports, ready lines, an end without leftovers."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


class ServerError(RuntimeError):
    """A server did not come up; carries the end of its log."""

    def __init__(self, server: str, problem: str, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines()[-25:] if log.exists() else []
        super().__init__("\n".join([f"{server}: {problem}", f"the end of {log}:", *lines]))


def free_ports(count: int) -> list[int]:
    """`count` different loopback ports that were free a moment ago; another process may still take one."""
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(holder.getsockname()[1]) for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def tied(command: Sequence[str]) -> list[str]:
    """The command, made to die with the thread that starts it: a test run that is killed leaves no server behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)


def start(command: Sequence[str], log: Path, folder: Path | None = None) -> subprocess.Popen[bytes]:
    """Starts a server in a session of its own (a Ctrl-C is for its owner), its output appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until(
    server: str, process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], seconds: float
) -> None:
    """Returns once `ready()`; raises `ServerError` where the process ends first or `seconds` pass."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise ServerError(server, f"ended with status {process.returncode} while starting", log)
        if time.monotonic() > deadline:
            raise ServerError(server, f"not ready after {seconds:.0f} s", log)
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], first: signal.Signals, seconds: float) -> None:
    """Signals a process that still runs, and kills it where it has not ended `seconds` later."""
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
