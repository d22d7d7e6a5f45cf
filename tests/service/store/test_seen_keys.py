"""Guarantees of the memory of crossings, against a set of tuples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.store.seen_keys import SEEN_KEY, SeenHour, records_missing, split_new

#: Few values each, so that equal times with other sequences, other parts and true repetitions all occur.
KEY = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 1))
BATCH = st.lists(st.tuples(st.integers(0, 2), KEY), max_size=40)


def naive_split(batch: list[tuple[int, tuple[int, int, int]]], seen: list[set[tuple[int, int, int]]]) -> list[bool]:
    """One crossing after the other into the set of its hour."""
    first = []
    for hour, key in batch:
        first.append(key not in seen[hour])
        seen[hour].add(key)
    return first


@given(st.lists(BATCH, max_size=6))
def test_batches_are_split_as_one_by_one(batches: list[list[tuple[int, tuple[int, int, int]]]]) -> None:
    """Any number of batches in any order splits as a set per hour would, and the memories hold exactly those sets."""
    hours = [SeenHour() for _ in range(3)]
    seen: list[set[tuple[int, int, int]]] = [set() for _ in hours]
    for batch in batches:
        before = [set(keys) for keys in seen]
        expected = naive_split(batch, seen)
        split = split_new(keys_of(batch), hours_of(batch), hours)
        assert split.first.tolist() == expected
        assert not split.sealed.any()
        assert set(split.grown) == {hour for hour in range(3) if seen[hour] != before[hour]}
        hours = [SeenHour(keys=split.grown.get(index, hour.keys)) for index, hour in enumerate(hours)]
        for hour, keys in zip(hours, seen, strict=True):
            assert np.frombuffer(hour.keys, SEEN_KEY).tolist() == sorted(keys)


def test_first_of_equal_crossings_is_the_one_that_came_first() -> None:
    """Of a crossing that a batch holds twice, the one that stands earlier counts."""
    split = split_new(keys_of([(0, (9, 1, 0)), (0, (3, 1, 0)), (0, (9, 1, 0))]), np.array([0, 0, 0]), [SeenHour()])
    assert split.first.tolist() == [True, True, False]


def test_sealed_hour_takes_nothing() -> None:
    """Crossings of a sealed hour are neither first nor seen, and its neighbours are split as ever."""
    hours = [SeenHour(version=3, sealed=True), SeenHour()]
    split = split_new(keys_of([(0, (1, 1, 0)), (1, (1, 1, 0))]), np.array([0, 1]), hours)
    assert split.first.tolist() == [False, True]
    assert split.sealed.tolist() == [True, False]
    assert set(split.grown) == {1}


def test_extremes_of_every_field_are_told_apart() -> None:
    """The largest sequence and part and times before 1970 are keys like any other."""
    batch = [
        (0, (origin, sequence, part))
        for origin in (-(2**62), 2**62)
        for sequence in (0, 2**32 - 1)
        for part in (0, 255)
    ]
    split = split_new(keys_of(batch), hours_of(batch), [SeenHour()])
    assert split.first.all()
    again = split_new(keys_of(batch), hours_of(batch), [SeenHour(keys=split.grown[0])])
    assert not again.first.any()
    assert again.grown == {}


def test_memory_of_a_batch_given_up_is_as_before() -> None:
    """Splitting changes nothing that it was given: a batch that is rolled back has never been."""
    hour = SeenHour(version=2, keys=keys_of([(0, (5, 5, 5))]).tobytes())
    before = bytes(hour.keys)
    split_new(keys_of([(0, (4, 4, 4)), (0, (6, 6, 6))]), np.array([0, 0]), [hour])
    assert hour.keys == before


def keys_of(batch: list[tuple[int, tuple[int, int, int]]]) -> np.ndarray:
    return np.array([key for _, key in batch], SEEN_KEY)


def hours_of(batch: list[tuple[int, tuple[int, int, int]]]) -> np.ndarray:
    return np.array([hour for hour, _ in batch], np.int64)


def hour_of(*sequences: int) -> bytes:
    """The memory of an hour in which these numbers crossed, a second apart."""
    keys = np.zeros(len(sequences), SEEN_KEY)
    keys["sequence"] = sequences
    keys["origin_ns"] = np.arange(len(sequences)) * 10**9
    return keys.tobytes()


def later(keys: bytes, seconds: int) -> bytes:
    moved = np.frombuffer(keys, SEEN_KEY).copy()
    moved["origin_ns"] += seconds * 10**9
    return moved.tobytes()


def test_skipped_numbers_are_records_that_never_came() -> None:
    """By the hour of the record that told, across hours and the wrap; a step back or a long one is a new start."""
    hours = {
        0: hour_of(5, 6, 9),
        3600: later(hour_of(10, 12), 3_600),
        7200: later(hour_of(2**32 - 1, 1), 7_200),
        10800: later(hour_of(0, 5_000), 10_800),
    }
    assert records_missing(hours) == {0: 2, 3600: 1, 7200: 1, 10800: 0}
    assert records_missing({}) == {}
    assert records_missing({0: b""}) == {0: 0}
