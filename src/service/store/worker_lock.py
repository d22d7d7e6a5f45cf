"""One worker for one SQLite file.

The lock is the operating system's on a file beside the database: it goes with the process, also by kill -9, so a worker
that died leaves nothing to clean up. On PostgreSQL any number of workers share the partitions and nothing is locked.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.store.engine import Store
from service.store.errors import SecondWorkerError


@contextmanager
def only_worker(store: Store) -> Iterator[None]:
    """Be the only worker on the store while the block runs. Raises `SecondWorkerError` where there is one already."""
    if not store.is_sqlite:
        yield
        return
    path = Path(f"{store.url.database}.worker")
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise SecondWorkerError(str(store.url.database), file.read().strip() or "unknown") from error
        # The number is for people only; the lock is what counts. The file stays: removing it would race with an opener.
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
