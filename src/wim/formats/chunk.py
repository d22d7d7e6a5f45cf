"""What a reader gives: chunks of passages, and what became of every row that is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from wim.forms import FormError, RowErrors
from wim.forms.checks import text_bytes
from wim.records import Passages

#: Rows of one chunk at most: 12 MB of records, large enough that a call per chunk costs nothing.
CHUNK_ROWS = 65_536


class FormatError(ValueError):
    """A file of which nothing can be read or written: its path, what is wrong, what to do."""

    def __init__(self, path: str | os.PathLike[str], problem: str, remedy: str) -> None:
        super().__init__(f"{os.fspath(path)}: {problem}; {remedy}")
        self.path = os.fspath(path)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A row that is no passage. line: counted from 1; of a binary file the row (parquet) or message (wimp)."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that is right and yet no crossing.

    kind: `hour_missing` (no data of that hour), `hour_without_trucks` (data, but none passed): what tells an empty
    road from a dead site; `reweighing` (the same vehicle on the scale again).
    """

    line: int
    kind: Literal["hour_missing", "hour_without_trucks", "reweighing"]
    site: str
    lane: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file. passages: PASSAGE, shape (≤ CHUNK_ROWS,), in the file's order; first_row: its first line."""

    passages: Passages
    faults: tuple[Fault, ...]
    first_row: int
    asides: tuple[Aside, ...] = ()


def faults_of(errors: RowErrors, lines: npt.NDArray[np.int64]) -> tuple[Fault, ...]:
    """The faults of a block whose row i stood on the i-th of `lines`, shape (n,)."""
    return tuple(Fault(int(lines[row]), str(errors.first[row])) for row in sorted(errors.first))


def site_bytes(path: Path, site: str) -> bytes:
    """The site that an option gives to a file, as a record holds it. Raises FormatError where it does not fit."""
    try:
        encoded = text_bytes("site", site)
    except FormError as error:
        raise FormatError(path, error.problem, error.remedy) from error
    if not encoded:
        raise FormatError(path, "the site is empty", "give its id")
    return encoded
