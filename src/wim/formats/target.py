"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from wim.formats.chunk import Fault, FormatError
from wim.records import Passages


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the passages: how many were written, and which, counted from 1, the format cannot carry."""

    passages: int
    refused: tuple[Fault, ...] = ()


def sliced(chunks: Iterable[Passages], most: int) -> Iterator[Passages]:
    """The same passages in pieces of 1 to `most`."""
    for passages in chunks:
        for first in range(0, len(passages), most):
            yield passages[first : first + most]


@contextmanager
def target(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes `path` when the block ends well; otherwise nothing is left.

    Raises FormatError where `path` cannot be written; what the block says of another file goes on as it is.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        if error.filename not in (None, str(part)):
            raise
        raise FormatError(path, error.strerror or str(error), "give a path that can be written") from error
    finally:
        part.unlink(missing_ok=True)
