"""Columns of text as numbers."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wim.formats.source import LineBlock
from wim.formats.text_rows import text_rows, whole_numbers
from wim.forms import RowErrors

_WIDTH = 20
_FIELD = (st.text(" 0123456789", max_size=_WIDTH).map(str.encode) | st.binary(max_size=_WIDTH)).map(
    lambda field: field.ljust(_WIDTH)
)


@given(st.lists(_FIELD, min_size=1, max_size=8))
def test_a_column_is_read_as_its_fields_are(fields: list[bytes]) -> None:
    """A whole column at once gives the numbers, blanks and wrong fields that one field at a time gives."""
    values, right, blank = whole_numbers(np.frombuffer(b"".join(fields), np.uint8).reshape(-1, _WIDTH))
    numbers = [re.fullmatch(rb" *([0-9]{1,18}) *", field) for field in fields]
    assert right.tolist() == [number is not None for number in numbers]
    assert blank.tolist() == [field == b" " * _WIDTH for field in fields]
    assert values[right].tolist() == [int(number[1]) for number in numbers if number]


_TABLE = st.lists(st.lists(st.text("a1 ", max_size=3), min_size=1, max_size=4), max_size=6)


@given(_TABLE, st.integers(1, 4), st.sampled_from(["\n", "\r\n"]))
def test_fields_lie_between_commas(table: list[list[str]], count: int, ending: str) -> None:
    """Rows with the right number of fields give their text, whatever the rows around them hold; others are wrong."""
    data = ending.join(",".join(row) for row in table).encode()
    filled = [row for row in table if row != [""]]
    read = []
    for rows in text_rows(LineBlock(1, data)):
        errors = RowErrors(len(rows))
        starts, ends = rows.fields(count, errors)
        for row, wrong in enumerate(errors.wrong.tolist()):
            cut = [data[starts[row, column] : ends[row, column]].decode() for column in range(count)]
            read.append(None if wrong else cut)
    assert read == [row if len(row) == count else None for row in filled]
