"""What a batch touches and adds: lane-hours and counts, against plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.lanes.batches import count, lane_hours, lane_minutes, seen_keys
from service.store.lane_reads import MinuteReads
from service.store.seen import HourKey
from service.store.tally import COUNTS, Series
from tests.rules.worlds import book, network, random_passages, screen, truck
from wim.kernels.validity import TO_COUNT
from wim.records import HOUR_NS, Flag, Grade, Passages, text

SCREEN = screen()
RULE_SETS = [rule_set.id for rule_set in book().rule_sets]


def hour_key(passage: np.void) -> HourKey:
    hour_s = int(passage["origin_ns"]) // HOUR_NS * 3600
    return HourKey(text(bytes(passage["site"])), int(passage["lane"]), hour_s)


@settings(deadline=None)
@given(random_passages(), st.integers(0, 3))
def test_every_passage_is_in_its_lane_hour(passages: Passages, copies: int) -> None:
    """Each passage's hour is its site, lane and hour of origin; no hour is listed twice."""
    passages = np.concatenate([passages] * (copies + 1))
    keys, hour_of = lane_hours(passages)
    assert [keys[hour] for hour in hour_of.tolist()] == [hour_key(passage) for passage in passages]
    assert len(set(keys)) == len(keys)


@settings(deadline=None)
@given(random_passages(), st.integers(0, 2), st.integers(0, 100))
def test_plates_by_the_minute_are_those_of_a_plain_count(passages: Passages, copies: int, since: int) -> None:
    """Each lane's minutes from a time on, once each: passages, and those whose plate was read; of known sites only."""
    passages = np.concatenate([passages] * (copies + 1))
    verdicts = SCREEN.judge(passages)
    from_ns = int(np.percentile(passages["time_ns"], since)) if len(passages) else 0
    passed, read = Counter[tuple[str, int, int]](), Counter[tuple[str, int, int]]()
    for passage, verdict in zip(passages, verdicts, strict=True):
        if passage["time_ns"] >= from_ns and network().corridor_of(text(bytes(passage["site"]))):
            key = (text(bytes(passage["site"])), int(passage["lane"]), int(passage["time_ns"]) // (60 * 10**9) * 60)
            passed[key] += 1
            read[key] += not verdict["flags"] & Flag.NO_PLATE
    found = lane_minutes(passages, verdicts, count(passages, verdicts, RULE_SETS, network()), from_ns)
    assert sorted(found) == sorted(MinuteReads(*key, passed[key], read[key]) for key in passed)


def test_an_empty_batch_touches_nothing() -> None:
    """Nothing in, nothing out."""
    nothing = truck(60_000)[:0]
    assert lane_hours(nothing)[0] == []
    assert len(count(nothing, SCREEN.judge(nothing), RULE_SETS, network())[0].cells) == 0


@settings(deadline=None)
@given(random_passages(), st.integers(0, 2))
def test_counts_are_those_of_a_plain_count(passages: Passages, copies: int) -> None:
    """Cell by cell: series, hour, axles, band and exclusion, with all six counts."""
    passages = np.concatenate([passages] * (copies + 1))
    passages["direction"] = passages["lane"] % 2
    verdicts = SCREEN.judge(passages)
    expected: dict[tuple[object, ...], Counter[str]] = {}
    for passage, verdict in zip(passages, verdicts, strict=True):
        expected.setdefault(plain_key(passage, verdict), Counter()).update(plain_counts(verdict))
    tallied, counted = count(passages, verdicts, RULE_SETS, network())
    found: dict[tuple[object, ...], Counter[str]] = {}
    for cell in tallied.cells:
        series = tallied.series[cell["series"]]
        key = (series, *(int(cell[name]) for name in ("start_s", "axle_class", "band", "excluded")))
        # Alike cells add up: the store sums them.
        found.setdefault(key, Counter()).update({name: int(cell[name]) for name in COUNTS})
    assert found == expected
    for passage, verdict, cell in zip(passages, verdicts, tallied.cells[counted], strict=True):
        assert plain_key(passage, verdict)[0] == tallied.series[cell["series"]]
        assert plain_key(passage, verdict)[1:] == tuple(
            int(cell[name]) for name in ("start_s", "axle_class", "band", "excluded")
        )


def plain_key(passage: np.void, verdict: np.void) -> tuple[object, ...]:
    site = text(bytes(passage["site"]))
    corridor = network().corridor_of(site)
    rule_set = RULE_SETS[verdict["rule_set"]] if verdict["rule_set"] >= 0 else ""
    zone = corridor.timezone if corridor else "UTC"
    lane = network().lane(site, int(passage["lane"]))
    where = (site, int(passage["lane"]), int(lane.direction if lane else passage["direction"]))
    series = Series(corridor.id if corridor else "", *where, rule_set, zone)
    start_s = int(passage["time_ns"]) // HOUR_NS * 3600
    return series, start_s, int(passage["axle_count"]), int(verdict["band"]), plain_exclusion(verdict)


def plain_exclusion(verdict: np.void) -> int:
    """The first flag that took the grade away, as the bit + 1."""
    if not verdict["truck"] or verdict["grade"] >= Grade.INTERCEPT:
        return 0
    flags = Flag(int(verdict["flags"]))
    if verdict["grade"] == Grade.REJECT:
        found = Flag.AXLE_COUNT if flags & Flag.AXLE_COUNT else Flag.AXLE_IMPLAUSIBLE
    else:
        found = min((flag for flag in Flag if flag & flags & TO_COUNT), key=int)
    return found.bit_length()


def plain_counts(verdict: np.void) -> dict[str, int]:
    return {
        "passages": 1,
        "trucks": int(verdict["truck"]),
        "over_nominal": int(verdict["over"]),
        "over_beyond_tolerance": int(verdict["beyond_tolerance"]),
        "hundred_tonne": int(verdict["hundred_tonne"]),
        "plates_read": int(not verdict["flags"] & Flag.NO_PLATE),
    }


@settings(deadline=None)
@given(random_passages())
def test_the_key_of_a_crossing_is_untouched_by_what_was_measured(passages: Passages) -> None:
    """Another weight, plate or time of the same crossing has the same key."""
    measured = passages.copy()
    measured["gross_kg"] += 1
    measured["plate"] = b"other"
    measured["time_ns"] += 5
    assert seen_keys(measured).tobytes() == seen_keys(passages).tobytes()
