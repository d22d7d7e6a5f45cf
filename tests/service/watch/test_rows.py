"""What the screen lane hands to the watch, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from service.lanes.batches import count
from service.watch import rows
from service.watch.rows import FLAGS, watched
from tests.reference import watched as naive
from tests.rules.worlds import book, network, random_passages, screen, truck
from wim.observations import of_passages
from wim.records import Flag, Passages, text

SCREEN = screen()
RULE_SETS = [rule_set.id for rule_set in book().rule_sets]


@settings(deadline=None)
@given(random_passages())
def test_every_truck_of_a_registered_lane_is_told_with_how_it_counts(passages: Passages) -> None:
    """Its observation with the limits of its verdict, its cell, its mark; and each flag by series and hour."""
    verdicts = SCREEN.judge(passages)
    counted = count(passages, verdicts, RULE_SETS, network())
    registered = np.array([network().lane(text(p["site"]), int(p["lane"])) is not None for p in passages])
    limits = np.stack([verdicts["low_kg"], verdicts["high_kg"]], axis=1)
    seen, index = of_passages(passages, limits)
    expected = [
        (repr(row.tolist()), counted[0].cells[counted[1][place]]["excluded"], naive.mark(verdicts[place]))
        for row, place in zip(seen, index.tolist(), strict=True)
        if registered[place]
    ]
    found, hours = [], {}
    for batch in watched(passages, verdicts, counted, network(), 4_500, 0):
        series, trucks, told = rows.unpacked(batch)
        observed = rows.observations(trucks)
        found += [
            (repr(row.tolist()), one["excluded"], one["marks"]) for row, one in zip(observed, trucks, strict=True)
        ]
        for hour in told:
            hours[series[hour["series"]].id, int(hour["hour_s"])] = hour
    assert sorted(found) == sorted(expected)
    assert sum(int(hour["passages"]) for hour in hours.values()) == np.count_nonzero(registered)
    totals = naive.flags(verdicts[registered], [0] * int(np.count_nonzero(registered))).get(0, {})
    for place in range(FLAGS):
        assert sum(int(hour["flags"][place]) for hour in hours.values()) == totals.get(Flag(1 << place).name, 0)


def test_nothing_tells_nothing() -> None:
    """An empty batch writes no row."""
    nothing = truck(60_000)[:0]
    verdicts = SCREEN.judge(nothing)
    assert watched(nothing, verdicts, count(nothing, verdicts, RULE_SETS, network()), network(), 4_500, 0) == []
