"""Guarantees of what is remembered of frames that never came."""

from __future__ import annotations

import pytest

from service.store import frame_runs
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.frame_runs import LaneRuns, Loss, Lost
from service.store.observed import LaneKey
from wim.gaps import Gaps

FIRST, SECOND = LaneKey("G104-K012", 1), LaneKey("G104-K012", 2)


def seen(*sequences: int) -> Gaps:
    """What a lane remembers of two starts."""
    gaps = Gaps()
    for run in (7, 8):
        for sequence in sequences:
            gaps.note(*FIRST, run, sequence, 1_780_000_000 * 10**9 + run * 10**6 + sequence)
    return gaps


def test_a_lanes_runs_come_back_as_they_were_kept(store: Store) -> None:
    """Both starts with every number that may still come late, wrapped or not; a lane that is not kept has version 0."""
    gaps = seen(2**32 - 2, 3, 900)
    with store.writing() as conn:
        frame_runs.save(conn, {FIRST: LaneRuns(1, gaps.runs(*FIRST))})
    with store.reading() as conn:
        found = frame_runs.load(conn, [FIRST, SECOND])
    assert found == {FIRST: LaneRuns(1, list(gaps.runs(*FIRST))), SECOND: LaneRuns(0, ())}
    again = Gaps()
    again.add(found[FIRST].runs)
    assert again.missing(*FIRST) == gaps.missing(*FIRST) == 2 * (4 + 896)


def test_who_was_overtaken_is_fenced(store: Store) -> None:
    """Two workers that hold the same lane: the second to write gives its batch up."""
    gaps = seen(1)
    with store.writing() as conn:
        frame_runs.save(conn, {FIRST: LaneRuns(1, gaps.runs(*FIRST))})
    with pytest.raises(FencedError), store.writing() as conn:
        frame_runs.save(conn, {FIRST: LaneRuns(1, gaps.runs(*FIRST)), SECOND: LaneRuns(1, ())})
    with store.reading() as conn:
        assert frame_runs.load(conn, [SECOND])[SECOND].version == 0


def test_losses_add_up_by_lane_within_a_period(store: Store) -> None:
    """Hours outside of it and other sites do not count."""
    with store.writing() as conn:
        frame_runs.add_losses(conn, [Loss(*FIRST, 3600, 5, 0), Loss(*FIRST, 7200, 1, 2), Loss(*SECOND, 3600, 1, 0)])
        frame_runs.add_losses(conn, [Loss(*FIRST, 3600, 2, 1), Loss("S340-K003", 1, 3600, 9, 0)])
    with store.reading() as conn:
        assert frame_runs.lost(conn, "G104-K012", 3600, 10800) == {1: Lost(8, 3), 2: Lost(1, 0)}
        assert frame_runs.lost(conn, "G104-K012", 7200, 10800) == {1: Lost(1, 2)}
        assert frame_runs.lost(conn, "G104-K012", 0, 3600) == {}
