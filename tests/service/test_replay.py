"""Putting a record where and when it is to be replayed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.replay import PlacementError, placement, shift_to
from tests.rules.worlds import network, truck
from wim.records import Direction, Passages, passage_ids


def record(*lanes: int) -> Passages:
    """One truck on each of these lanes, a second apart."""
    passages = np.concatenate([truck(30_000, lane=lane, site=b"file") for lane in lanes])
    passages["time_ns"] += np.arange(len(lanes)) * 10**9
    passages["origin_ns"] = passages["time_ns"]
    return passages


def test_lanes_take_the_numbers_and_directions_of_the_registry() -> None:
    """Lane 1 of the file becomes lane 2 of the site, which runs down."""
    moved = placement(network(), "K012", "1=2,2=1").put(record(1, 2))
    assert moved["site"].tolist() == [b"K012", b"K012"]
    assert moved["lane"].tolist() == [2, 1]
    assert moved["direction"].tolist() == [Direction.DOWN, Direction.UP]


def test_without_a_site_a_record_stays_where_it_is() -> None:
    """Nothing is changed."""
    passages = record(1, 2)
    assert placement(None, None, None).put(passages).tobytes() == passages.tobytes()


@pytest.mark.parametrize(
    ("site", "lanes", "words"),
    [
        ("K013", None, "choose from K012, K099"),
        ("K012", "1=7", "has no lane 7"),
        ("K012", "1:2", "write it as 1=2,2=1"),
        (None, "1=2", "add --to SITE"),
    ],
)
def test_an_impossible_place_is_refused_with_a_remedy(site: str | None, lanes: str | None, words: str) -> None:
    """Before anything is published."""
    with pytest.raises(PlacementError, match=words):
        placement(network(), site, lanes)


def test_a_lane_of_the_file_without_a_place_is_refused() -> None:
    """No passage is left out in silence."""
    with pytest.raises(PlacementError, match="lane 3"):
        placement(network(), "K012", None).put(record(1, 3))


@given(st.integers(1, 2**60), st.integers(1, 5), st.sampled_from([None, 1.0, 8.0]))
def test_a_shift_moves_everything_alike(now_ns: int, cut: int, speed: float | None) -> None:
    """At full speed the end is now, else the beginning; distances shrink by the speed, however the record is cut."""
    passages = record(1, 1, 1, 2, 2)
    first_ns, last_ns = int(passages["time_ns"][0]), int(passages["time_ns"][-1])
    shift = shift_to(now_ns, speed, first_ns, last_ns)
    moved = np.concatenate([shift.move(part) for part in np.split(passages, [cut])])
    assert int(moved["time_ns"][-1 if speed is None else 0]) == now_ns
    for name in ("time_ns", "origin_ns"):
        assert np.diff(moved[name]).tolist() == (np.diff(passages[name]) / (speed or 1.0)).tolist()
    assert set(passage_ids(moved)).isdisjoint(passage_ids(passages)) or now_ns in (first_ns, last_ns)
