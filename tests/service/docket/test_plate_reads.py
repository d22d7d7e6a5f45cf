"""A lane's plate-read rate comes from the corridor's own counts, spread or waiting, and is asked for rarely."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.cases import PlateReads
from service.docket.plate_reads import KEEP_S, LaneReads
from service.store import rates
from service.store.engine import Store
from service.store.spans import HOUR_S
from service.store.tally import CELL, Series, Tally
from tests.service.docket.desk import Desk
from tests.service.told import TIME_NS

HOUR = TIME_NS // 10**9 // HOUR_S * HOUR_S


def count(store: Store, hour_s: int, passages: int, read: int, lane: int = 1, site: str = "G104-K012") -> None:
    cells = np.zeros(1, CELL)
    cells["start_s"], cells["passages"], cells["plates_read"] = hour_s, passages, read
    series = Series("G104", site, lane, 0, "cn-2016", "Asia/Shanghai")
    with store.writing() as conn:
        rates.add(conn, Tally((series,), cells), now_s=HOUR)


def ask(desk: Desk, reads: LaneReads, **passage: object) -> PlateReads:
    with desk.store.reading() as conn:
        return reads(conn, desk.arrival(desk.violation(**passage)))


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_the_hours_of_the_window_are_added_up_by_lane(desk: Desk) -> None:
    """The crossing's hour and two before it; other hours, lanes and sites are not the camera's."""
    for hours, passages, read in ((0, 10, 1), (-1, 20, 2), (-2, 40, 4), (-3, 80, 80), (1, 80, 80)):
        count(desk.store, HOUR + hours * HOUR_S, passages, read)
    count(desk.store, HOUR, 500, 500, lane=2)
    count(desk.store, HOUR, 500, 500, site="G104-K030")
    assert ask(desk, LaneReads()) == PlateReads(read=7, passages=70)


def test_what_is_spread_and_what_waits_count_alike(desk: Desk) -> None:
    """However far the counts are moved on, the answer is the same."""
    count(desk.store, HOUR, 10, 1)
    with desk.store.writing() as conn:
        rates.spread_all(conn)
    count(desk.store, HOUR, 10, 8)
    assert ask(desk, LaneReads()) == PlateReads(read=9, passages=20)


def test_a_lane_without_counts_has_no_camera_to_trust(desk: Desk) -> None:
    """Neither has a passage that belongs to no corridor."""
    assert ask(desk, LaneReads()) == PlateReads(0, 0)
    count(desk.store, HOUR, 10, 10)
    assert ask(desk, LaneReads(), corridor=None) == PlateReads(0, 0)


def test_an_answer_is_kept_for_seconds_and_then_asked_anew(desk: Desk) -> None:
    """A night of unread plates does not become a night of queries, and a camera that fails is noticed soon."""
    now_s = [0.0]
    reads = LaneReads(monotonic_s=lambda: now_s[0])
    count(desk.store, HOUR, 10, 9)
    assert ask(desk, reads) == PlateReads(9, 10)
    count(desk.store, HOUR, 90, 0)
    now_s[0] = KEEP_S
    assert ask(desk, reads) == PlateReads(9, 10)
    now_s[0] = KEEP_S + 0.1
    assert ask(desk, reads) == PlateReads(9, 100)
