"""The sequence of passages whose file has none."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wim.formats.ordinals import Ordinals
from wim.forms import RowErrors
from wim.records import Passages, blank

ROWS = st.lists(st.tuples(st.sampled_from([b"A", b"B"]), st.integers(1, 2), st.integers(1, 9)), max_size=30)


def crossings(rows: list[tuple[bytes, int, int]]) -> Passages:
    passages = blank(len(rows))
    for field, values in zip(("site", "lane", "origin_ns"), zip(*rows, strict=True), strict=False):
        passages[field] = values
    return passages


@given(st.lists(ROWS, max_size=4))
def test_rows_are_counted_as_a_person_would(chunks: list[list[tuple[bytes, int, int]]]) -> None:
    """Each row has the number of equal rows before it, in any order of times and wherever chunks begin."""
    ordinals, seen = Ordinals(), Counter[tuple[bytes, int, int]]()
    for rows in chunks:
        passages = crossings(rows)
        errors = RowErrors(len(rows))
        ordinals.number(passages, errors)
        assert not errors.first
        for row, sequence in zip(rows, passages["sequence"].tolist(), strict=True):
            assert sequence == seen[row]
            seen[row] += 1


def test_a_wrong_row_is_not_counted() -> None:
    """A row that is no passage takes no number."""
    passages, errors = crossings([(b"A", 1, 5)] * 3), RowErrors(3)
    errors.mark(np.array([False, True, False]), "lane", lambda row: "wrong", "mend it")
    Ordinals().number(passages, errors)
    assert passages["sequence"][[0, 2]].tolist() == [0, 1]


@given(st.permutations(range(1, 13)))
def test_what_is_forgotten_is_reported_and_never_guessed(times: list[int]) -> None:
    """With little memory a row either gets its true number or a fault, and rows in order of time always get theirs."""
    ordinals, seen = Ordinals(remembered=4), Counter[int]()
    for time in [*times, *times]:
        passages, errors = crossings([(b"A", 1, time)]), RowErrors(1)
        ordinals.number(passages, errors)
        if not errors.first:
            assert passages["sequence"].tolist() == [seen[time]]
        seen[time] += 1
    in_order, errors = crossings([(b"B", 1, time) for time in sorted([*times, *times])]), RowErrors(24)
    ordinals.number(in_order, errors)
    assert not errors.first
    assert in_order["sequence"].tolist() == [0, 1] * 12
