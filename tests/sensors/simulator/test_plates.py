"""Plates are invented, distinct, and misread the way cameras do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulator.plates import GREEN, NUMBERS, YELLOW_GREEN, invented, misread

numbers = st.lists(st.integers(0, NUMBERS - 1), min_size=1, max_size=50, unique=True)
colours = st.sampled_from([0, 1, GREEN, YELLOW_GREEN])


def texts(number: list[int], colour: int) -> list[str]:
    plates = invented(np.array(number, np.int64), np.full(len(number), colour, np.uint8))
    return [plate.decode() for plate in plates.tolist()]


@given(numbers, colours)
def test_every_number_has_its_own_plate(number: list[int], colour: int) -> None:
    """Two vehicles never share a plate."""
    assert len(set(texts(number, colour))) == len(number)


@given(numbers, colours)
def test_all_plates_are_of_the_invented_block(number: list[int], colour: int) -> None:
    """A province, Z, and five symbols, six on new energy vehicles; a 0 in front of them is left to registries."""
    for plate in texts(number, colour):
        assert plate[0] in "苏皖浙鲁豫沪"
        assert plate[1] == "Z"
        assert len(plate) == (8 if colour in (GREEN, YELLOW_GREEN) else 7)
        assert plate[3 if colour == GREEN else 2] != "0"
        assert not set(plate[1:]) & set("IO")


@given(numbers, colours, st.floats(0, 1, exclude_max=True))
def test_a_misreading_differs_in_one_symbol_and_stays_in_the_block(number: list[int], colour: int, draw: float) -> None:
    """One of the last four symbols is another; province and Z stay."""
    plates = invented(np.array(number, np.int64), np.full(len(number), colour, np.uint8))
    seen = misread(plates, np.full(len(number), draw))
    for true, read in zip(plates.tolist(), seen.tolist(), strict=True):
        one, other = true.decode(), read.decode()
        assert len(one) == len(other)
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
        assert one[:3] == other[:3]


def test_neighbours_do_not_look_alike() -> None:
    """Consecutive vehicles of a fleet have plates that a misreading does not confuse."""
    plates = texts(list(range(2_000)), 1)
    same = [sum(a == b for a, b in zip(one[2:], other[2:], strict=True)) for one, other in pairwise(plates)]
    assert max(same) < 4
