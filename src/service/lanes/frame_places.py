"""Where the frame of a passage lies in the log, carried along so that the frame of a violation can be kept.

=========  ==============  ================================================================================
header     on              value (text)
=========  ==============  ================================================================================
frames     passages that   `PARTITION:OFFSET,OFFSET,…` of `wim.frames.v1`: one offset a record, in their
           were measured   order
frame      a violation     `PARTITION:OFFSET`
=========  ==============  ================================================================================

A place is a hint: whoever reads there checks that the frame is the one that the passage's id was made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from aiokafka.structs import ConsumerRecord

PASSAGES_HEADER = "frames"
VIOLATION_HEADER = "frame"


class Place(NamedTuple):
    """A message of `wim.frames.v1`."""

    partition: int
    offset: int


def header_of_passages(partition: int, offsets: Sequence[int]) -> tuple[str, bytes]:
    """The header of a message of passages whose frames lie there."""
    return PASSAGES_HEADER, f"{partition}:{','.join(map(str, offsets))}".encode()


def header_of_violation(place: Place) -> tuple[str, bytes]:
    """The header of a violation whose frame lies there."""
    return VIOLATION_HEADER, f"{place.partition}:{place.offset}".encode()


def place_of_violation(record: ConsumerRecord) -> Place | None:
    """Where the frame of a violation lies, if its message says so."""
    places = _places(record, VIOLATION_HEADER)
    return places[0] if len(places) == 1 else None


class BatchPlaces:
    """The frames of some passages of a batch.

    message: the place in `records` of the message of each of the batch's passages, rising, shape (n,); rows: which of
    the n are asked for, shape (m,).
    """

    def __init__(
        self, records: Sequence[ConsumerRecord], message: npt.NDArray[np.integer], rows: npt.NDArray[np.intp]
    ) -> None:
        self._records, self._message, self._rows = records, message, rows
        self._read: dict[int, Sequence[Place]] = {}

    def of(self, row: int) -> Place | None:
        """Where the frame of the `row`-th passage asked for lies, if its message says so."""
        at = self._rows[row]
        message = int(self._message[at])
        places = self._read.get(message)
        if places is None:
            places = self._read[message] = self._of_message(message)
        return places[at - np.searchsorted(self._message, message)] if places else None

    def _of_message(self, message: int) -> Sequence[Place]:
        places = _places(self._records[message], PASSAGES_HEADER)
        first, end = np.searchsorted(self._message, [message, message + 1])
        # A message of which a record was refused does not tell any more which place is whose.
        return places if len(places) == end - first else ()


def _places(record: ConsumerRecord, name: str) -> list[Place]:
    """Anybody may write headers: one that cannot be read says nothing."""
    for header, value in record.headers or ():
        if header == name:
            partition, _, offsets = bytes(value or b"").decode("ascii", "replace").partition(":")
            try:
                return [Place(int(partition), int(offset)) for offset in offsets.split(",")]
            except ValueError:
                return []
    return []
