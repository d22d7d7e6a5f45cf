"""A lane's plate-read rate is that of the window before a crossing, and is asked for rarely."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from dispatch.cases import REACH_HORIZON_NS, PlateReads
from service.docket.plate_reads import KEEP_S, LaneReads
from service.store import lane_reads, rates
from service.store.engine import Store
from service.store.lane_reads import MinuteReads
from service.store.spans import HOUR_S
from service.store.tally import CELL, Series, Tally
from tests.service.docket.desk import Desk
from tests.service.told import TIME_NS
from wim.records import HOUR_NS

MINUTE_S = TIME_NS // lane_reads.MINUTE_NS * 60


def count(store: Store, minutes: int, passages: int, read: int, lane: int = 1, site: str = "G104-K012") -> None:
    """What crossed so many minutes after the usual crossing, or before it."""
    with store.writing() as conn:
        lane_reads.add(conn, [MinuteReads(site, lane, MINUTE_S + minutes * 60, passages, read)], 0)


def made(monotonic_s: Callable[[], float] = time.monotonic, late_ns: int = 0) -> LaneReads:
    """Asked when the usual crossing has just happened, or so long after it."""
    return LaneReads(monotonic_s=monotonic_s, clock_ns=lambda: TIME_NS + late_ns)


def ask(desk: Desk, reads: LaneReads, **passage: object) -> PlateReads:
    with desk.store.reading() as conn:
        return reads(conn, desk.arrival(desk.violation(**passage)))


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_the_two_hours_before_the_crossing_are_added_up_by_lane(desk: Desk) -> None:
    """Its own minute and 119 before it; what crossed earlier or later, and other lanes and sites, are not counted."""
    for minutes, passages, read in ((0, 10, 1), (-60, 20, 2), (-119, 40, 4), (-120, 80, 80), (1, 80, 80)):
        count(desk.store, minutes, passages, read)
    count(desk.store, 0, 500, 500, lane=2)
    count(desk.store, 0, 500, 500, site="G104-K030")
    assert ask(desk, made()) == PlateReads(read=7, passages=70)


def test_each_crossing_is_judged_by_its_own_two_hours(desk: Desk) -> None:
    """A truck just before the camera died is not judged by what it missed since."""
    count(desk.store, -10, 10, 10)
    count(desk.store, 0, 30, 0)
    reads = made()
    assert ask(desk, reads) == PlateReads(10, 40)
    assert ask(desk, reads, after_ns=-5 * lane_reads.MINUTE_NS) == PlateReads(10, 10)


def test_a_lane_without_counts_has_no_camera_to_trust(desk: Desk) -> None:
    """Neither has one whose last passage is longer ago than the window."""
    assert ask(desk, made()) == PlateReads(0, 0)
    count(desk.store, -120, 10, 10)
    assert ask(desk, made()) == PlateReads(0, 0)


def test_what_is_late_is_judged_by_the_hours_of_the_rates(desk: Desk) -> None:
    """A record that is caught up has no minutes: its hour and two before it, whenever it comes."""
    hour_s = TIME_NS // HOUR_NS * HOUR_S
    for hours, passages, read in ((0, 10, 1), (-1, 20, 2), (-2, 40, 4), (-3, 80, 80), (1, 80, 80)):
        cells = np.zeros(1, CELL)
        cells["start_s"], cells["passages"], cells["plates_read"] = hour_s + hours * HOUR_S, passages, read
        series = Series("G104", "G104-K012", 1, 0, "cn-2016", "Asia/Shanghai")
        with desk.store.writing() as conn:
            rates.add(conn, Tally((series,), cells), now_s=hour_s)
    late = made(late_ns=REACH_HORIZON_NS + 1)
    assert ask(desk, late) == PlateReads(read=7, passages=70)
    assert ask(desk, late, corridor=None) == PlateReads(0, 0)
    assert ask(desk, made(late_ns=REACH_HORIZON_NS)) == PlateReads(0, 0)


def test_an_answer_is_kept_for_seconds_and_then_asked_anew(desk: Desk) -> None:
    """A night of unread plates does not become a night of queries, and a camera that fails is noticed soon."""
    now_s = [0.0]
    reads = made(lambda: now_s[0])
    count(desk.store, 0, 10, 9)
    assert ask(desk, reads) == PlateReads(9, 10)
    count(desk.store, 0, 90, 0)
    now_s[0] = KEEP_S
    assert ask(desk, reads) == PlateReads(9, 10)
    now_s[0] = KEEP_S + 0.1
    assert ask(desk, reads) == PlateReads(9, 100)
