"""A real PostgreSQL server for tests, from the binaries that Debian installs, on a free port and a new folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers import processes

#: initdb plus start take about 2 s on two idle cores.
START_SECONDS = 60.0
STOP_SECONDS = 10.0
#: A free port may be taken by another process before the server binds it.
START_TRIES = 3

USER = "wim"
READY_LINE = b"database system is ready to accept connections"


def missing() -> str | None:
    """Why no PostgreSQL can run here, with what to do about it; None where it can."""
    if _binaries() is None:
        return "no PostgreSQL server: install it (Debian: postgresql)"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL refuses root and there is no setpriv to become the postgres user (Debian: util-linux)"
    return None


@dataclass
class Server:
    """One running server; every database in it is a test's own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """As SQLAlchemy wants it, with psycopg 3 as the driver."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def fresh_database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a database as empty as its template, dropped at the end with whoever is still connected to it."""
        name = f"wim_{next(self._numbers)}"
        self._run("create database {} template {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._run("drop database {} with (force)", name)

    def stop(self) -> None:
        """Ends the server: SIGINT is PostgreSQL's fast shutdown, which disconnects everyone."""
        processes.stop(self.process, signal.SIGINT, STOP_SECONDS)

    def _run(self, statement: str, *databases: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


@contextlib.contextmanager
def throwaway(fsync: bool = False) -> Iterator[Server]:
    """A running server in a new folder, both gone at the end; a benchmark asks for `fsync`."""
    # Not below pytest's own temporary folder: that one is root's, and the postgres user may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="wim-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = _start(folder, fsync)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """The folder of the newest installed server's programs."""
    folders = [initdb.parent for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def _command(program: str, *arguments: str) -> list[str]:
    binaries = _binaries()
    assert binaries is not None, "missing() comes first"
    command = [str(binaries / program), *arguments]
    if os.geteuid() != 0:
        return processes.tied(command)
    identity = ["--reuid", "postgres", "--regid", "postgres", "--init-groups"]
    return ["setpriv", *identity, "--pdeathsig", "KILL", "--reset-env", *command]


def _start(folder: Path, fsync: bool) -> Server:
    data = folder / "data"
    log = folder / "server.log"
    _initialise(data, log)
    for attempt in range(1, START_TRIES + 1):
        try:
            return _launch(folder, data, log, fsync)
        except processes.ServerError:
            if attempt == START_TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def _initialise(data: Path, log: Path) -> None:
    options = ["-D", str(data), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    with log.open("wb") as output:
        status = subprocess.call(_command("initdb", *options), cwd=data.parent, stdout=output, stderr=output)
    if status != 0:
        raise processes.ServerError("PostgreSQL", f"initdb ended with status {status}", log)


def _launch(folder: Path, data: Path, log: Path, fsync: bool) -> Server:
    log.write_bytes(b"")
    (port,) = processes.free_ports(1)
    # Without fsync a crash of the machine could lose data, a crash of the server or of a client cannot: as much as
    # the tests ask for, and several times faster. Debian's default socket folder is not writable for everyone.
    settings = {"listen_addresses": "127.0.0.1", "max_connections": "200", "timezone": "UTC"}
    settings["fsync"] = "on" if fsync else "off"
    options: Sequence[str] = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    process = processes.start(
        _command("postgres", "-D", str(data), "-p", str(port), "-k", str(folder), *options), log, folder=folder
    )
    try:
        processes.wait_until("PostgreSQL", process, log, lambda: READY_LINE in log.read_bytes(), START_SECONDS)
    except BaseException:
        processes.stop(process, signal.SIGQUIT, STOP_SECONDS)
        raise
    return Server(folder, port, process)
