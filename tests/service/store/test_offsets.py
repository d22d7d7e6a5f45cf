"""Guarantees of a stream lane's position: one writer, no gap, no step back."""

from __future__ import annotations

import pytest

from service.store import offsets
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.offsets import Position

HERE = ("screen", "wim.passages.v1", 3)


def test_position_is_read_back_and_moves(store: Store) -> None:
    """A lane starts, moves and is found where it moved to."""
    with store.writing() as conn:
        assert offsets.read(conn, *HERE) is None
        offsets.start(conn, *HERE, cluster="c1", offset=7)
        offsets.advance(conn, *HERE, start=7, end=19)
    with store.reading() as conn:
        assert offsets.read(conn, *HERE) == Position(19, "c1")
        assert offsets.read_all(conn, "cases") == {}
        assert offsets.read_all(conn) == offsets.read_all(conn, "screen") == {HERE: Position(19, "c1")}


@pytest.mark.parametrize("start", [6, 8])
def test_lane_that_is_elsewhere_is_fenced(store: Store, start: int) -> None:
    """Moving from a position that is not the kept one is refused, and the position stays."""
    with store.writing() as conn:
        offsets.start(conn, *HERE, cluster="c1", offset=7)
    with pytest.raises(FencedError), store.writing() as conn:
        offsets.advance(conn, *HERE, start=start, end=20)
    with store.reading() as conn:
        assert offsets.read(conn, *HERE) == Position(7, "c1")


def test_unknown_partition_is_fenced(store: Store) -> None:
    """A lane that never started in a partition cannot move there."""
    with pytest.raises(FencedError), store.writing() as conn:
        offsets.advance(conn, *HERE, start=0, end=1)


def test_two_workers_cannot_both_start(store: Store) -> None:
    """The second first position is refused, so two workers cannot begin one partition at two places."""
    with store.writing() as conn:
        offsets.start(conn, *HERE, cluster="c1", offset=7)
    with pytest.raises(FencedError), store.writing() as conn:
        offsets.start(conn, *HERE, cluster="c1", offset=0)


def test_reset_goes_anywhere(store: Store) -> None:
    """A reset puts the lane at any offset of any cluster, whether it stood somewhere or not."""
    for cluster, offset in (("c1", 100), ("c2", 3)):
        with store.writing() as conn:
            offsets.reset(conn, *HERE, cluster=cluster, offset=offset)
        with store.reading() as conn:
            assert offsets.read(conn, *HERE) == Position(offset, cluster)
