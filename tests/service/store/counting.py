"""A naive twin of corridor rates: every passage group kept as it came, every figure computed anew by loops."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from rules.rates import Spread, design_effect, rate_of, spread_of
from rules.screen import BANDS
from service.store.rate_table import CountedLane, Extent, Question
from service.store.spans import HOUR_S
from service.store.tally import CELL, Series, Tally
from wim.records import Flag


@dataclass(frozen=True)
class Event:
    """Some passages that are alike."""

    series: Series
    hour_s: int
    axle_class: int
    band: int
    excluded: int
    passages: int
    trucks: int
    over_nominal: int
    over: int
    hundred_tonne: int
    plates_read: int = 0


def tally_of(events: Sequence[Event]) -> Tally:
    """The events as a lane would hand them over."""
    series = tuple(dict.fromkeys(event.series for event in events))
    cells = np.zeros(len(events), CELL)
    for cell, event in zip(cells, events, strict=True):
        cell["series"], cell["start_s"] = series.index(event.series), event.hour_s
        cell["axle_class"], cell["band"], cell["excluded"] = event.axle_class, event.band, event.excluded
        cell["passages"], cell["trucks"] = event.passages, event.trucks
        cell["over_nominal"], cell["over_beyond_tolerance"] = event.over_nominal, event.over
        cell["hundred_tonne"], cell["plates_read"] = event.hundred_tonne, event.plates_read
    return Tally(series, cells)


def random_events(draw: random.Random, extents: Sequence[Extent], from_s: int, hours: int, count: int) -> list[Event]:
    """Traffic of the extents' lanes within some hours, a third of it not trucks."""
    events = []
    for _ in range(count):
        extent = draw.choice(extents)
        lane = draw.choice(extent.lanes)
        series = Series(extent.corridor, lane.site, lane.lane, lane.direction, "cn-2016", extent.timezone)
        hour_s = from_s + draw.randrange(hours) * HOUR_S
        passages = draw.randint(1, 40)
        if draw.random() < 0.3:
            events.append(Event(series, hour_s, 2, 0, 0, passages, 0, 0, 0, 0, draw.randint(0, passages)))
            continue
        band = draw.choice((0, 0, 0, 1, 2, 5, 7))
        over = {0: 0, 1: passages // 2}.get(band, passages)
        excluded = draw.choice((0, 0, 0, 3, 19))
        events.append(
            Event(
                series,
                hour_s,
                draw.randint(2, 6),
                band,
                excluded,
                passages,
                passages,
                passages if band else 0,
                over,
                passages if band == 7 else 0,
                draw.randint(0, passages),
            )
        )
    return events


def naive_rows(events: Sequence[Event], extent: Extent, question: Question) -> list[dict[str, Any]]:
    """The rows of contracts.md §7 for one corridor, where no lane ever sent health."""
    zone = ZoneInfo(extent.timezone)
    inside = [
        event
        for event in events
        if event.series.corridor == extent.corridor and question.from_s <= event.hour_s < question.to_s
    ]
    asked = [("up", 0), ("down", 1)] if question.direction is None else [(question.direction, None)]
    passed = hours_passed(events)
    rows = []
    for bucket in naive_buckets(question, zone):
        for name, number in asked:
            wanted = {"up": {0}, "down": {1}, "both": {0, 1}}[name]
            here = [e for e in inside if bucket[0] <= e.hour_s < bucket[1] and e.series.direction in wanted]
            lanes = [lane for lane in extent.lanes if lane.direction in wanted]
            assert number in (None, 0, 1)
            for value in naive_values(here, lanes, question.by, extent):
                rows.append(naive_row(passed, here, lanes, bucket, name, value, question.by, extent))
    return rows


def naive_buckets(question: Question, zone: ZoneInfo) -> list[tuple[int, int]]:
    def name(hour_s: int) -> Any:
        local = datetime.datetime.fromtimestamp(hour_s, zone)
        return {"hour": hour_s, "day": local.date(), "month": (local.year, local.month)}.get(question.bucket or "")

    found: dict[Any, list[int]] = {}
    for hour_s in range(question.from_s, question.to_s, HOUR_S):
        found.setdefault(name(hour_s), []).append(hour_s)
    return [(hours[0], hours[-1] + HOUR_S) for hours in found.values()]


def naive_values(here: Sequence[Event], lanes: Sequence[CountedLane], by: str | None, extent: Extent) -> list[Any]:
    values = {value_of(event, by, extent) for event in here}
    if by not in ("axles", "band"):
        values |= {value_of_lane(lane, by) for lane in lanes}
    order = {name: number for number, name in enumerate(BANDS)}
    return sorted(values, key=lambda value: (value is None, order.get(value, value) if value is not None else 0))


def value_of(event: Event, by: str | None, extent: Extent) -> Any:
    if by == "axles":
        return event.axle_class
    if by == "band":
        return BANDS[event.band] or None
    lane = next(lane for lane in extent.lanes if (lane.site, lane.lane) == (event.series.site, event.series.lane))
    return value_of_lane(lane, by)


def value_of_lane(lane: CountedLane, by: str | None) -> Any:
    return {"lane": (lane.site, lane.lane), "site": lane.site, "area": lane.area}.get(by or "")


def naive_row(
    passed: set[tuple[str, int, int]],
    here: Sequence[Event],
    lanes: Sequence[CountedLane],
    bucket: tuple[int, int],
    direction: str,
    value: Any,
    by: str | None,
    extent: Extent,
) -> dict[str, Any]:
    zone = ZoneInfo(extent.timezone)
    own = [event for event in here if value_of(event, by, extent) == value]
    own_lanes = lanes if by in ("axles", "band") else [lane for lane in lanes if value_of_lane(lane, by) == value]
    hours = range(*bucket, HOUR_S)
    observed = sum(naive_observed(passed, lane, hour_s) for lane in own_lanes for hour_s in hours)
    days: dict[Any, list[int]] = {}
    for event in own:
        date = datetime.datetime.fromtimestamp(event.hour_s, zone).date()
        day = days.setdefault((event.series.site, date), [0, 0])
        day[0] += event.trucks
        day[1] += event.over
    trucks, over = sum(e.trucks for e in own), sum(e.over for e in own)
    net = [e for e in own if not e.excluded]
    rate = rate_of(over, trucks, design_effect(sum((spread_of(*day) for day in days.values()), Spread())))
    net_rate = rate_of(sum(e.over for e in net), sum(e.trucks for e in net))
    rate, net_rate = (rate, net_rate) if observed else (None, None)
    excluded = {e.excluded for e in own if e.excluded}
    named = {} if by is None else {"site": value[0], "lane": value[1]} if by == "lane" else {by: value}
    passages, read = sum(e.passages for e in own), sum(e.plates_read for e in own)
    return {
        "from": datetime.datetime.fromtimestamp(bucket[0], zone).isoformat(),
        "to": datetime.datetime.fromtimestamp(bucket[1], zone).isoformat(),
        "direction": direction,
        **named,
        "passages": passages,
        "trucks": trucks,
        "over_nominal": sum(e.over_nominal for e in own),
        "over_beyond_tolerance": over,
        "rate_percent": rate and round(rate.value * 100, 4),
        "rate_low_percent": rate and round(rate.low * 100, 4),
        "rate_high_percent": rate and round(rate.high * 100, 4),
        "hundred_tonne": sum(e.hundred_tonne for e in own),
        "bands": {BANDS[band]: sum(e.over_nominal for e in own if e.band == band) for band in range(1, 8)},
        "excluded": {
            Flag(1 << number - 1).name: sum(e.trucks for e in own if e.excluded == number)
            for number in sorted(excluded)
        },
        "net": {
            "trucks": sum(e.trucks for e in net),
            "over_beyond_tolerance": sum(e.over for e in net),
            "rate_percent": net_rate and round(net_rate.value * 100, 4),
        },
        "lane_hours_observed": observed,
        "lane_hours": len(own_lanes) * len(hours),
        "plate_read_percent": round(read / passages * 100, 4) if passages else None,
    }


def hours_passed(events: Sequence[Event]) -> set[tuple[str, int, int]]:
    return {(event.series.site, event.series.lane, event.hour_s) for event in events}


def naive_observed(passed: set[tuple[str, int, int]], lane: CountedLane, hour_s: int) -> bool:
    before, here, after = ((lane.site, lane.lane, hour_s + shift * HOUR_S) in passed for shift in (-1, 0, 1))
    return here or (before and after)
