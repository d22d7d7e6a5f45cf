"""The answer to a question about corridor rates: rows as contracts.md §7 pins them.

A period is read in the coarsest pieces that make it up. The interval of a rate needs the site-days behind it besides
the sums, so those are read apart from the months. What cannot be known is None: a rate without trucks or without an
observed hour, never 0.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from rules.rates import Rate, Spread, design_effect, rate_of
from rules.screen import BANDS
from service.store.observed import LaneKey, observed_hours
from service.store.rate_counts import Counts, Key
from service.store.spans import HOUR_S, Span, bucket_of, buckets, parts
from service.store.tally import BY_PERSON, COUNTS, Grain
from wim.records import Direction, Flag

_DIRECTIONS = {Direction.UP: "up", Direction.DOWN: "down"}
_BOTH = "both"


@dataclass(frozen=True, slots=True)
class CountedLane:
    """A lane that the registry has in the period, and where it belongs."""

    site: str
    lane: int
    direction: int
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """A corridor with the lanes whose hours make up its period."""

    corridor: str
    timezone: str
    lanes: tuple[CountedLane, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. The period is in seconds since 1970, on whole hours, `to_s` exclusive.

    `bucket`: hour, day or month of the corridor's zone, None for one row over all. `direction`: up, down, both
    (merged), None for each. `by`: axles, band, lane, site, area. `rule_set`: None for whatever was in force.
    """

    from_s: int
    to_s: int
    bucket: str | None = None
    direction: str | None = None
    by: str | None = None
    rule_set: str | None = None

    def __post_init__(self) -> None:
        if self.from_s % HOUR_S or self.to_s % HOUR_S or self.from_s >= self.to_s:
            raise ValueError(f"a period runs from one whole hour to a later one, not {self.from_s} to {self.to_s}")
        for name, value, known in (
            ("bucket", self.bucket, ("hour", "day", "month")),
            ("direction", self.direction, ("up", "down", _BOTH)),
            ("by", self.by, tuple(_APART)),
        ):
            if value is not None and value not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}, not {value!r}")


@dataclass(frozen=True, slots=True)
class RateTable:
    """One corridor's answer; `sites` are those that counted anything, for a note on what came or went."""

    corridor: str
    rule_sets: tuple[str, ...]
    revision: int
    rows: tuple[dict[str, Any], ...]
    sites: tuple[str, ...]


#: The columns that each breakdown keeps apart.
_APART: dict[str, frozenset[str]] = {
    "axles": frozenset({"axle_class"}),
    "band": frozenset({"band"}),
    "lane": frozenset({"site", "lane"}),
    "site": frozenset({"site"}),
    "area": frozenset({"site"}),
}

#: The grains that answer a breakdown: rows of a month, rows of a day, and the days that its interval rests on. What
#: merges lanes and classes is read from rows that did so already.
_BY_SITE = (Grain.SITE_MONTH, Grain.SITE_DAY, Grain.SITE_SUM)
_GRAINS = {
    None: _BY_SITE,
    "site": _BY_SITE,
    "area": _BY_SITE,
    "axles": (Grain.MONTH, Grain.DAY, Grain.CLASS_SUM),
    "lane": (Grain.MONTH, Grain.DAY, Grain.LANE_SUM),
    "band": (Grain.MONTH, Grain.DAY, Grain.SITE_DAY),
}


class GroupKey(NamedTuple):
    """What one row of the answer is about; `value` as `by` says, a (site, lane) for lanes."""

    bucket: int
    direction: str
    value: Any


@dataclass(slots=True)
class Group:
    """The sums of one row, and how far the site-days behind them differ."""

    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    bands: dict[int, int] = field(default_factory=dict)
    excluded: dict[int, int] = field(default_factory=dict)
    net_trucks: int = 0
    net_over: int = 0
    spread: Spread = field(default_factory=Spread)
    lane_hours_observed: int = 0
    lane_hours: int = 0

    def add(self, key: Key, counts: Sequence[int]) -> None:
        """Add one row of counts."""
        for index, count in enumerate(counts):
            self.counts[index] += count
        _, trucks, over_nominal, over, _, _ = counts
        if over_nominal and key.band:
            self.bands[key.band] = self.bands.get(key.band, 0) + over_nominal
        if key.excluded:
            self.excluded[key.excluded] = self.excluded.get(key.excluded, 0) + trucks
        else:
            self.net_trucks += trucks
            self.net_over += over


def query(conn: Connection, extents: Sequence[Extent], question: Question) -> dict[str, RateTable]:
    """The rates of some corridors, by corridor; `conn` must be a reading one, because it is read in several statements.

    Only passages of the corridors in `extents` can be in the answer.
    """
    counts = Counts(conn, [extent.corridor for extent in extents], question.rule_set)
    rule_sets, revisions = counts.rule_sets(), counts.revisions()
    tables: dict[str, RateTable] = {}
    for zone in dict.fromkeys(extent.timezone for extent in extents):
        here = [extent for extent in extents if extent.timezone == zone]
        answers = {extent.corridor: _Answer(extent, question) for extent in here}
        _fill(answers, counts, question, zone)
        for corridor, answer in answers.items():
            answer.observe(conn, counts.waiting_hours())
            used = (question.rule_set,) if question.rule_set is not None else tuple(rule_sets[corridor])
            tables[corridor] = RateTable(corridor, used, revisions[corridor], answer.rows(), answer.sites())
    return tables


class _Answer:
    """The groups of one corridor while they are filled."""

    def __init__(self, extent: Extent, question: Question) -> None:
        self._extent, self._question = extent, question
        self._spans = buckets(Span(question.from_s, question.to_s), extent.timezone, question.bucket)
        self._starts = [span.from_s for span in self._spans]
        self._areas = {lane.site: lane.area for lane in extent.lanes}
        self._groups: dict[GroupKey, Group] = {}
        self._sites: set[str] = set()

    def add(self, key: Key, counts: Sequence[int]) -> None:
        self._group(key).add(key, counts)

    def add_spread(self, key: Key, spread: Spread) -> None:
        if key.site and spread.clusters:
            self._sites.add(key.site)
        group = self._group(key)
        group.spread += spread

    def observe(self, conn: Connection, waiting: Mapping[tuple[str, int], Iterable[int]]) -> None:
        """Count the lane-hours of every row, and make the rows that counted nothing."""
        lanes = [lane for lane in self._extent.lanes if self._wants(lane.direction)]
        period = Span(self._question.from_s, self._question.to_s)
        keys = [LaneKey(lane.site, lane.lane) for lane in lanes]
        fresh = {LaneKey(*lane): hours for lane, hours in waiting.items()}
        observed = observed_hours(conn, keys, period, fresh)
        edges = [(start - period.from_s) // HOUR_S for start in self._starts]
        per_bucket = np.add.reduceat(observed, edges, axis=1, dtype=np.int64).tolist()
        for lane, hours in zip(lanes, per_bucket, strict=True):
            for bucket, span in enumerate(self._spans):
                for group in self._groups_of(lane, bucket):
                    group.lane_hours_observed += hours[bucket]
                    group.lane_hours += (span.to_s - span.from_s) // HOUR_S

    def rows(self) -> tuple[dict[str, Any], ...]:
        zone = ZoneInfo(self._extent.timezone)
        # What was moved elsewhere leaves cells of nothing behind: no class and no band of its own.
        real = [key for key, group in self._groups.items() if any(group.counts) or not self._is_kind]
        return tuple(self._row(key, self._groups[key], zone) for key in sorted(real, key=_order))

    def sites(self) -> tuple[str, ...]:
        return tuple(sorted(self._sites))

    @property
    def _is_kind(self) -> bool:
        """Whether rows tell kinds of vehicles apart, which are there or not, rather than places."""
        return self._question.by in ("axles", "band")

    def _group(self, key: Key) -> Group:
        bucket = 0 if self._question.bucket is None else bucket_of(self._starts, key.start_s or 0)
        direction = _BOTH if key.direction is None else _DIRECTIONS[Direction(key.direction)]
        return self._groups.setdefault(GroupKey(bucket, direction, self._value(key)), Group())

    def _value(self, key: Key) -> Any:
        match self._question.by:
            case "axles":
                return key.axle_class
            case "band":
                return BANDS[key.band or 0] or None
            case "lane":
                return key.site, key.lane
            case "site":
                return key.site
            case "area":
                return self._areas.get(key.site or "")
        return None

    def _wants(self, direction: int) -> bool:
        return self._question.direction in (None, _BOTH, _DIRECTIONS[Direction(direction)])

    def _groups_of(self, lane: CountedLane, bucket: int) -> Iterator[Group]:
        """The rows that a lane's hours belong to: its own, or all of the classes and bands that it could have had."""
        direction = _BOTH if self._question.direction == _BOTH else _DIRECTIONS[Direction(lane.direction)]
        if self._is_kind:
            yield from (group for key, group in self._groups.items() if key[:2] == (bucket, direction))
        else:
            key = Key("", None, None, lane.site, lane.lane, None, None, None)
            yield self._groups.setdefault(GroupKey(bucket, direction, self._value(key)), Group())

    def _row(self, key: GroupKey, group: Group, zone: ZoneInfo) -> dict[str, Any]:
        span = self._spans[key.bucket]
        passages, trucks, over_nominal, over, hundred_tonne, plates_read = group.counts
        # Without a registered lane nothing can be observed; a rate of what was counted all the same is still one.
        watched = group.lane_hours_observed > 0
        rate = rate_of(over, trucks, design_effect(group.spread)) if watched else None
        net = rate_of(group.net_over, group.net_trucks) if watched else None
        return {
            "from": _rfc3339(span.from_s, zone),
            "to": _rfc3339(span.to_s, zone),
            "direction": key.direction,
            **self._named(key.value),
            "passages": passages,
            "trucks": trucks,
            "over_nominal": over_nominal,
            "over_beyond_tolerance": over,
            **_percentages(rate),
            "hundred_tonne": hundred_tonne,
            "bands": {BANDS[band]: group.bands.get(band, 0) for band in range(1, len(BANDS))},
            "excluded": {_reason(number): trucks for number, trucks in sorted(group.excluded.items()) if trucks},
            "net": {
                "trucks": group.net_trucks,
                "over_beyond_tolerance": group.net_over,
                "rate_percent": _percentages(net)["rate_percent"],
            },
            "lane_hours_observed": group.lane_hours_observed,
            "lane_hours": group.lane_hours,
            "plate_read_percent": round(plates_read / passages * 100, 4) if passages else None,
        }

    def _named(self, value: Any) -> dict[str, Any]:
        if self._question.by is None:
            return {}
        if self._question.by == "lane":
            # A lane's number is unique in its site only.
            return {"site": value[0], "lane": value[1]}
        return {self._question.by: value}


def _fill(answers: Mapping[str, _Answer], counts: Counts, question: Question, zone: str) -> None:
    period, apart = Span(question.from_s, question.to_s), _apart(question)
    month, day, day_sum = _GRAINS[question.by]
    for grain, span in _pieces(period, zone, question.bucket or "month", month, day):
        for key, row in counts.rows(grain, span, apart | {"band", "excluded"}):
            if key.corridor in answers and _asked(key, question):
                answers[key.corridor].add(key, row)
    finest = "hour" if question.bucket == "hour" else "day"
    for grain, span in _pieces(period, zone, finest, month, day_sum):
        for key, spread in _spreads(counts, grain, span, apart, finest):
            if key.corridor in answers and _asked(key, question):
                answers[key.corridor].add_spread(key, spread)


def _spreads(
    counts: Counts, grain: Grain, span: Span, apart: frozenset[str], finest: str
) -> Iterator[tuple[Key, Spread]]:
    """The spreads of a piece of the period; the hours that are left of a day are one site-day, not one each."""
    if grain is Grain.HOUR and finest == "day":
        for key, spread in counts.spreads(grain, span, apart - {"start_s"}):
            yield key._replace(start_s=span.from_s), spread
    else:
        yield from counts.spreads(grain, span, apart)


def _apart(question: Question) -> frozenset[str]:
    apart = _APART.get(question.by or "", frozenset())
    if question.bucket is not None:
        apart |= {"start_s"}
    return apart if question.direction == _BOTH else apart | {"direction"}


def _pieces(period: Span, zone: str, coarsest: str, month: Grain, day: Grain) -> Iterator[tuple[Grain, Span]]:
    pieces = parts(period, zone, coarsest)
    for grain, spans in ((month, pieces.months), (day, pieces.days), (Grain.HOUR, pieces.hours)):
        yield from ((grain, span) for span in spans)


def _asked(key: Key, question: Question) -> bool:
    return key.direction is None or question.direction in (None, _DIRECTIONS[Direction(key.direction)])


def _order(key: GroupKey) -> tuple[int, bool, bool, Any]:
    """By time, up before down, the unknown value last; bands in their own order."""
    value = BANDS.index(key.value) if key.value in BANDS else key.value
    return key.bucket, key.direction == "down", value is None, value if value is not None else 0


def _rfc3339(at_s: int, zone: ZoneInfo) -> str:
    return datetime.datetime.fromtimestamp(at_s, zone).isoformat()


def _percentages(rate: Rate | None) -> dict[str, float | None]:
    """A rate and its ends in percent to 4 decimals: enough to tell 1 truck in a million apart."""
    fractions = (rate.value, rate.low, rate.high) if rate else (None, None, None)
    percent = (None if fraction is None else round(fraction * 100, 4) for fraction in fractions)
    return dict(zip(("rate_percent", "rate_low_percent", "rate_high_percent"), percent, strict=True))


def _reason(number: int) -> str:
    """The name of the flag for which net leaves a truck out, or BY_PERSON."""
    if number == BY_PERSON:
        return "BY_PERSON"
    name = Flag(1 << (number - 1)).name
    return name or f"bit {number - 1}"


def sites_that_changed(now: RateTable, before: RateTable) -> dict[str, Collection[str]]:
    """Which sites counted in only one of two periods: what a comparison of them has to mention."""
    came, went = set(now.sites) - set(before.sites), set(before.sites) - set(now.sites)
    return {"came": sorted(came), "went": sorted(went)}
