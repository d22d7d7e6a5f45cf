"""Guarantees of corridor rates on both engines: exact, whatever is spread, restarted or late."""

from __future__ import annotations

import contextlib
import datetime
import multiprocessing
import os
import random
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.store import rate_counts, rates, schema
from service.store.engine import Store, open_store
from service.store.observed import Beat, keep_beats
from service.store.rate_table import CountedLane, Extent, Question, query, sites_that_changed
from service.store.spans import HOUR_S
from service.store.tally import Grain
from tests.service.store.counting import Event, naive_rows, random_events, tally_of

SHANGHAI = "Asia/Shanghai"
EXTENTS = (
    Extent(
        "G104",
        SHANGHAI,
        tuple(CountedLane(f"G104-K0{n}", lane, lane % 2, f"3204{n}") for n in (12, 55) for lane in (1, 2, 3)),
    ),
    Extent("S340", SHANGHAI, (CountedLane("S340-K001", 1, 0, None), CountedLane("S340-K001", 2, 1, None))),
    Extent("B96", "Europe/Berlin", (CountedLane("B96-K007", 1, 0, "12"), CountedLane("B96-K007", 2, 0, "12"))),
)


def second(month: int, day: int, hour: int = 0, zone: str = SHANGHAI) -> int:
    return int(datetime.datetime(2026, month, day, hour, tzinfo=ZoneInfo(zone)).timestamp())


#: Over the end of October: another month, and the end of summer time where there is one.
FIRST_S = second(10, 23, 5)
HOURS = 17 * 24


def fill(store: Store, events: Sequence[Event], spread_from: int, batch: int = 60) -> None:
    for start in range(0, len(events), batch):
        with store.writing() as conn:
            rates.add(conn, tally_of(events[start : start + batch]), now_s=0, spread_from=spread_from)


def rows(store: Store, question: Question, extent: Extent) -> list[dict[str, Any]]:
    with store.reading() as conn:
        return list(query(conn, [extent], question)[extent.corridor].rows)


QUESTIONS = [
    *(Question(FIRST_S - 48 * HOUR_S, FIRST_S + 500 * HOUR_S, by=by) for by in (None, "axles", "band", "lane", "site")),
    Question(FIRST_S + 3 * HOUR_S, FIRST_S + 200 * HOUR_S, by="area", direction="both"),
    Question(FIRST_S + 7 * HOUR_S, FIRST_S + 300 * HOUR_S, bucket="day"),
    Question(FIRST_S - 24 * HOUR_S, FIRST_S + 400 * HOUR_S, bucket="month", direction="both", by="band"),
    Question(FIRST_S + 30 * HOUR_S, FIRST_S + 54 * HOUR_S, bucket="hour", direction="up"),
    Question(FIRST_S + 30 * HOUR_S, FIRST_S + 36 * HOUR_S, by="lane", direction="down"),
    Question(second(10, 1), second(12, 1), bucket="month", by="site"),
]


@pytest.mark.parametrize("spread_from", [1, 150, 10**9], ids=["spread at once", "half spread", "never spread"])
def test_every_row_is_that_of_a_count_by_hand(store: Store, spread_from: int) -> None:
    """Any period, bucket, direction and breakdown gives the rows that loops over the single passages give."""
    draw = random.Random(11)
    events = random_events(draw, EXTENTS, FIRST_S, HOURS, 900)
    fill(store, events, spread_from)
    for question in QUESTIONS:
        for extent in EXTENTS:
            assert rows(store, question, extent) == naive_rows(events, extent, question)


def test_answer_does_not_depend_on_order_or_batches(store: Store) -> None:
    """The same passages in another order, cut into other batches, give the same rows."""
    draw = random.Random(3)
    events = random_events(draw, EXTENTS, FIRST_S, HOURS, 300)
    draw.shuffle(events)
    fill(store, events, spread_from=40, batch=17)
    question = Question(FIRST_S, FIRST_S + HOURS * HOUR_S, bucket="day", by="axles")
    assert rows(store, question, EXTENTS[0]) == naive_rows(events, EXTENTS[0], question)


def test_several_corridors_in_one_answer_are_what_each_alone_is(store: Store) -> None:
    """Asking for corridors together, in different zones, gives each its own rows."""
    fill(store, random_events(random.Random(5), EXTENTS, FIRST_S, HOURS, 300), spread_from=100)
    question = Question(FIRST_S, FIRST_S + 240 * HOUR_S, bucket="day")
    with store.reading() as conn:
        together = query(conn, EXTENTS, question)
        for extent in EXTENTS:
            assert together[extent.corridor] == query(conn, [extent], question)[extent.corridor]


def test_only_asked_corridors_are_in_the_answer(store: Store) -> None:
    """A reader of one corridor sees nothing of another, not even in the statements' results."""
    events = random_events(random.Random(6), EXTENTS, FIRST_S, 48, 200)
    fill(store, events, spread_from=50)
    with store.reading() as conn:
        counts = rate_counts.Counts(conn, ["S340"])
        found = {key.corridor for grain in Grain for key, _ in counts.rows(grain, rate_counts.Span(0, 2**40), {"site"})}
    assert found == {"S340"}


def test_no_data_has_no_rate_and_an_observed_night_without_trucks_is_none_of_none(store: Store) -> None:
    """Nothing observed: no rate. Observed by health without a truck: 0 of 0, which is no rate either."""
    extent = EXTENTS[1]
    night = second(5, 4, 2)
    with store.writing() as conn:
        keep_beats(conn, [Beat("S340-K001", 1, night + 60 * minute) for minute in range(60)])
    (row,) = rows(store, Question(night, night + HOUR_S, direction="up"), extent)
    assert (row["trucks"], row["rate_percent"], row["lane_hours_observed"], row["lane_hours"]) == (0, None, 1, 1)
    (row,) = rows(store, Question(night, night + HOUR_S, direction="down"), extent)
    assert (row["trucks"], row["rate_percent"], row["lane_hours_observed"], row["lane_hours"]) == (0, None, 0, 1)


def test_trucks_of_an_unobserved_hour_are_counted_but_give_no_rate(store: Store) -> None:
    """Where health covers too little of the hour, its trucks are shown and the rate is not."""
    lane = EXTENTS[1].lanes[0]
    series = random_events(random.Random(1), [Extent("S340", SHANGHAI, (lane,))], FIRST_S, 1, 1)[0].series
    with store.writing() as conn:
        rates.add(conn, tally_of([Event(series, FIRST_S, 3, 2, 0, 9, 9, 9, 9, 0)]), now_s=0)
        keep_beats(conn, [Beat(lane.site, lane.lane, FIRST_S + 60 * minute) for minute in range(54)])
    (row,) = rows(store, Question(FIRST_S, FIRST_S + HOUR_S, direction="up"), EXTENTS[1])
    assert (row["trucks"], row["over_beyond_tolerance"], row["rate_percent"]) == (9, 9, None)


def test_late_data_raises_the_revision_and_timely_data_does_not(store: Store) -> None:
    """A corridor's revision grows by one with each batch that changes an hour already over, and with no other."""
    events = random_events(random.Random(2), EXTENTS[:1], FIRST_S, 1, 5)
    revisions = []
    for now_s in (FIRST_S + 1_800, FIRST_S + HOUR_S + 299, FIRST_S + HOUR_S + 300, FIRST_S + 90 * 86_400):
        with store.writing() as conn:
            rates.add(conn, tally_of(events), now_s)
        with store.reading() as conn:
            revisions.append(query(conn, EXTENTS[:2], Question(FIRST_S, FIRST_S + HOUR_S)))
    assert [tables["G104"].revision for tables in revisions] == [0, 0, 1, 2]
    assert {tables["S340"].revision for tables in revisions} == {0}


def test_rolled_back_batch_leaves_no_trace(store: Store) -> None:
    """A batch whose transaction fails is in no figure and no revision."""
    events = random_events(random.Random(8), EXTENTS[:1], FIRST_S, 5, 50)
    question = Question(FIRST_S, FIRST_S + 5 * HOUR_S, by="lane")
    before = rows(store, question, EXTENTS[0])
    with pytest.raises(ZeroDivisionError):
        add_and_fail(store, events)
    assert rows(store, question, EXTENTS[0]) == before


def add_and_fail(store: Store, events: Sequence[Event]) -> None:
    with store.writing() as conn:
        rates.add(conn, tally_of(events), now_s=2**40, spread_from=1)
        raise ZeroDivisionError


def test_waiting_counts_are_bounded(store: Store) -> None:
    """However many batches come, what waits stays within what one shard may hold times the shards."""
    draw = random.Random(4)
    for _ in range(60):
        fill(store, random_events(draw, EXTENTS, FIRST_S, 24, 60), spread_from=64)
    with store.reading() as conn:
        assert rate_counts.waiting_cells(conn) <= rates.SHARDS * 64
    with store.writing() as conn:
        rates.spread_all(conn)
        assert rate_counts.waiting_cells(conn) == 0


def test_sites_that_came_or_went_are_named(store: Store) -> None:
    """Comparing two periods names the sites that counted in one of them only."""
    first, second_ = EXTENTS[0].lanes[0], EXTENTS[0].lanes[3]
    for lane, start_s in ((first, FIRST_S), (second_, FIRST_S + 24 * HOUR_S)):
        fill(store, random_events(random.Random(1), [Extent("G104", SHANGHAI, (lane,))], start_s, 5, 20), 1)
    with store.reading() as conn:
        before = query(conn, EXTENTS[:1], Question(FIRST_S, FIRST_S + 24 * HOUR_S))["G104"]
        now = query(conn, EXTENTS[:1], Question(FIRST_S + 24 * HOUR_S, FIRST_S + 48 * HOUR_S))["G104"]
    assert sites_that_changed(now, before) == {"came": [second_.site], "went": [first.site]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_s": 1},
        {"to_s": FIRST_S},
        {"bucket": "week"},
        {"direction": "north"},
        {"by": "colour"},
    ],
)
def test_question_that_cannot_be_answered_is_refused(wrong: dict[str, Any]) -> None:
    """A period off the hour or empty, and an unknown bucket, direction or breakdown, are refused by name."""
    with pytest.raises(ValueError, match=r"whole hour|bucket|direction|by"):
        Question(**({"from_s": FIRST_S, "to_s": FIRST_S + HOUR_S} | wrong))


def test_workers_that_add_at_once_neither_block_each_other_for_good_nor_lose_a_truck(postgres_url: str) -> None:
    """Processes that add to the same cells of the same shards at the same time end, with the sum of all."""
    store = open_store(postgres_url, check=False)
    with store.writing() as conn:
        schema.upgrade(conn)
    workers = 2
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=hammer, args=(postgres_url,)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * workers
    question = Question(FIRST_S, FIRST_S + HOURS * HOUR_S, bucket="day", by="axles")
    expected = naive_rows(HAMMERED * workers, EXTENTS[0], question)
    assert rows(store, question, EXTENTS[0]) == expected
    with store.writing() as conn:
        rates.spread_all(conn)
    assert rows(store, question, EXTENTS[0]) == expected
    store.close()


HAMMERED = random_events(random.Random(9), EXTENTS, FIRST_S, HOURS, 400)


def hammer(url: str) -> None:
    """One worker: the same events as every other, in its own order and its own batches, some of them rolled back."""
    store = open_store(url)
    draw = random.Random(os.getpid())
    events = draw.sample(HAMMERED, len(HAMMERED))
    while events:
        size = draw.randint(5, 60)
        batch, events = events[:size], events[size:]
        if draw.random() < 0.3:
            with contextlib.suppress(ZeroDivisionError):
                add_and_fail(store, batch)
        with store.writing() as conn:
            rates.add(conn, tally_of(batch), now_s=2**33, spread_from=20)
    store.close()
