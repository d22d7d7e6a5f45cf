"""Where frames lie: what a lane writes into headers, the next one finds there, and never another frame's place."""

from __future__ import annotations

import numpy as np
import pytest
from aiokafka.structs import ConsumerRecord

from service.lanes.frame_places import (
    BatchPlaces,
    Place,
    header_of_passages,
    header_of_violation,
    place_of_violation,
)


def record(*headers: tuple[str, bytes]) -> ConsumerRecord:
    """A message of which only the headers matter."""
    return ConsumerRecord("topic", 0, 0, 0, 0, None, b"", None, -1, 0, headers)


def test_a_violations_place_is_what_was_written() -> None:
    """Beside the headers of CloudEvents; a message without one has none."""
    place = Place(11, 2**40)
    assert place_of_violation(record(("ce_id", b"x"), header_of_violation(place))) == place
    assert place_of_violation(record(("ce_id", b"x"))) is None


@pytest.mark.parametrize("value", [b"", b"7", b"7:", b":7", b"7:x", b"7:1,2", b"\xff:1", b"7:1:1"])
def test_a_header_that_cannot_be_read_says_nothing(value: bytes) -> None:
    """Anybody may write headers."""
    assert place_of_violation(record(("frame", value))) is None


def test_each_passage_gets_the_place_at_its_own_position() -> None:
    """Three messages, the middle one from a roadside unit, and of all passages only some are asked for."""
    records = [record(header_of_passages(3, [10, 10, 12])), record(), record(header_of_passages(4, [7, 9]))]
    message = np.array([0, 0, 0, 1, 1, 2, 2])
    places = BatchPlaces(records, message, np.array([1, 2, 4, 6]))
    assert [places.of(row) for row in range(4)] == [Place(3, 10), Place(3, 12), None, Place(4, 9)]


def test_a_message_of_which_a_record_was_refused_tells_no_places() -> None:
    """Which of its places is whose is not known any more."""
    places = BatchPlaces([record(header_of_passages(3, [10, 11, 12]))], np.array([0, 0]), np.array([0, 1]))
    assert [places.of(0), places.of(1)] == [None, None]
