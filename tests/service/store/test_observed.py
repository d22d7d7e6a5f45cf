"""Guarantees of observed lane-hours, against the definition hour by hour."""

from __future__ import annotations

import random

from service.store.engine import Store
from service.store.observed import (
    Beat,
    LaneKey,
    keep_beats,
    keep_health,
    mark_passages,
    newest_health,
    observed_hours,
)
from service.store.spans import HOUR_S, Span

#: 29 February 2024, 20:00 UTC: the period crosses a leap day and the end of a month.
FROM_S = 1_709_236_800
HOURS = 60
PERIOD = Span(FROM_S, FROM_S + HOURS * HOUR_S)
LANES = [LaneKey("G104-K012", 1), LaneKey("G104-K012", 2), LaneKey("S340-K001", 1)]


def observed(store: Store, lanes: list[LaneKey], span: Span = PERIOD) -> list[list[bool]]:
    with store.reading() as conn:
        found: list[list[bool]] = observed_hours(conn, lanes, span, {}).tolist()
    return found


def test_hours_follow_the_definition(store: Store) -> None:
    """An hour is observed by 55 minutes of health; on a day without health by its own or both neighbours' passages."""
    draw = random.Random(5)
    passages = {
        lane: {FROM_S + hour * HOUR_S for hour in range(-2, HOURS + 2) if draw.random() < 0.5} for lane in LANES
    }
    health = {
        lane: {FROM_S + hour * HOUR_S: draw.choice((54, 55, 60)) for hour in range(20, 40) if draw.random() < 0.6}
        for lane in LANES
    }
    beats = [
        Beat(*lane, hour_s + 60 * minute)
        for lane in LANES
        for hour_s, minutes in health[lane].items()
        for minute in draw.sample(range(60), minutes)
    ]
    draw.shuffle(beats)
    for start in range(0, len(beats), 70):
        with store.writing() as conn:
            keep_beats(conn, beats[start : start + 70])
    with store.writing() as conn:
        mark_passages(conn, passages)

    def expected(lane: LaneKey, at_s: int) -> bool:
        day_s = at_s - at_s % 86_400
        if any(day_s <= hour_s < day_s + 86_400 for hour_s in health[lane]):
            return health[lane].get(at_s, 0) >= 55
        before, here, after = (at_s + shift * HOUR_S in passages[lane] for shift in (-1, 0, 1))
        return here or (before and after)

    hours = range(PERIOD.from_s, PERIOD.to_s, HOUR_S)
    assert observed(store, LANES) == [[expected(lane, at_s) for at_s in hours] for lane in LANES]


def test_minutes_count_once(store: Store) -> None:
    """The same minute reported sixty times is one minute, and minutes of several batches add up."""
    lane = LANES[0]
    with store.writing() as conn:
        keep_beats(conn, [Beat(*lane, FROM_S + second) for second in range(60)])
        keep_beats(conn, [])
    assert observed(store, [lane])[0][0] is False
    for minute in range(1, 55):
        with store.writing() as conn:
            keep_beats(conn, [Beat(*lane, FROM_S + 60 * minute)])
    assert observed(store, [lane])[0][0] is True


def test_lane_that_nothing_is_known_of_is_not_observed(store: Store) -> None:
    """Lanes come back in the order asked for, unknown ones as unobserved, and no lane as no row."""
    with store.writing() as conn:
        mark_passages(conn, {LANES[1]: [FROM_S]})
    found = observed(store, [LANES[0], LANES[1]])
    assert not any(found[0])
    assert found[1][0]
    assert observed(store, []) == []


def test_marking_again_changes_nothing(store: Store) -> None:
    """Marks are a set: a replay leaves the same hours."""
    for _ in range(2):
        with store.writing() as conn:
            mark_passages(conn, {LANES[0]: [FROM_S, FROM_S + 5 * HOUR_S]})
    assert sum(observed(store, [LANES[0]])[0]) == 2


def test_year_is_read_across_all_months(store: Store) -> None:
    """A period over a year finds the hours of every month, wherever it begins."""
    year = Span(FROM_S - FROM_S % 86_400, FROM_S - FROM_S % 86_400 + 366 * 86_400)
    marked = list(range(year.from_s, year.to_s, 100 * HOUR_S))
    with store.writing() as conn:
        mark_passages(conn, {LANES[0]: marked})
    found = observed(store, [LANES[0]], year)[0]
    assert [year.from_s + hour * HOUR_S for hour, seen in enumerate(found) if seen] == marked


def test_newest_health_of_a_site_stays(store: Store) -> None:
    """A health message that arrives late does not take the place of a newer one."""
    with store.writing() as conn:
        for at_ns, document in ((5, '{"n": 5}'), (9, '{"n": 9}'), (7, '{"n": 7}')):
            keep_health(conn, "G104-K012", at_ns, document)
    with store.reading() as conn:
        assert newest_health(conn, ["G104-K012", "S340-K001"]) == {"G104-K012": (9, '{"n": 9}')}
