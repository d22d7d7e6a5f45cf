"""Questions about overload rates: what may be asked, and the answer as contracts.md §7 pins it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, exists, select

from rules.ruleset import load_book
from service.policy import Policy
from service.rating import periods
from service.rating.comparing import compared, comparison
from service.rating.periods import Period, QuestionError
from service.registry import Registry
from service.store import rate_table
from service.store.engine import Store
from service.store.rate_table import CountedLane, Extent, Question, RateTable
from service.store.spans import HOUR_S
from service.store.tables import rate_series, rates
from service.store.tally import Grain
from wim.document import nearest
from wim.sites import Corridor, Network

#: A year of hours, or ten years of days, and a little: more rows than that are an export, not an answer.
MOST_BUCKETS = 9_000

_BUCKET_S = {"hour": HOUR_S, "day": 24 * HOUR_S, "month": 28 * 24 * HOUR_S}

#: What a period may be compared with by name.
_SHIFTS = {"previous": periods.before, "year": periods.year_before}

#: Where a corridor's figures rest on more than one rule set.
MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class RateQuestion:
    """What may be asked; None leaves a choice to us.

    `from_` and `to` are dates of the corridor or RFC 3339 on whole hours (usually the day so far). `bucket` and `by`
    give a row each, `direction` "both" merges. `compare` sets each row against the period before ("previous"), the
    same dates a year earlier ("year"), or a period of its own ("2026-05-01/2026-05-08").
    """

    from_: str | None = None
    to: str | None = None
    bucket: Literal["hour", "day", "month"] | None = None
    direction: Literal["up", "down", "both"] | None = None
    by: Literal["axles", "band", "lane", "site", "area"] | None = None
    compare: str | None = None
    rule_set: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about corridors of one zone, and the period that it is compared with."""

    zone: str
    corridors: tuple[Corridor, ...]
    period: Period
    other: Period | None


class Source(Protocol):
    """Where figures come from: the parts of the API, or those of a command."""

    @property
    def registry(self) -> Registry: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def store(self) -> Store: ...
    @property
    def clock_ns(self) -> Callable[[], int]: ...


def answers(parts: Source, corridors: Iterable[Corridor], query: RateQuestion) -> list[dict[str, Any]]:
    """The answer for each corridor, in their order. Raises QuestionError."""
    asked = [_asked(parts, zone, here, query) for zone, here in _by_zone(corridors).items()]
    found: dict[str, dict[str, Any]] = {}
    with parts.store.reading() as conn:
        for one in asked:
            found.update(_answers(conn, parts.registry.network, one, query))
    return [found[name] for name in sorted(found)]


def _by_zone(corridors: Iterable[Corridor]) -> dict[str, list[Corridor]]:
    found: dict[str, list[Corridor]] = {}
    for corridor in corridors:
        found.setdefault(corridor.timezone, []).append(corridor)
    return found


def _asked(parts: Source, zone: str, corridors: Sequence[Corridor], query: RateQuestion) -> Asked:
    period = periods.period(query.from_, query.to, zone, parts.clock_ns(), parts.policy.range_days_most)
    if query.bucket and (period.to_s - period.from_s) > MOST_BUCKETS * _BUCKET_S[query.bucket]:
        remedy = f"ask for a shorter period or a longer bucket: {MOST_BUCKETS} at most"
        raise QuestionError("bucket", f"makes too many rows of that period by {query.bucket}", remedy)
    return Asked(zone, tuple(corridors), period, _other(query.compare, period, zone, parts.policy.range_days_most))


def _other(compare: str | None, period: Period, zone: str, most_days: int) -> Period | None:
    """The period to compare with."""
    if compare is None:
        return None
    if shifted := _SHIFTS.get(compare):
        return shifted(period, zone)
    return periods.written("compare", compare, zone, most_days)


def _answers(conn: Connection, network: Network, asked: Asked, query: RateQuestion) -> dict[str, dict[str, Any]]:
    if query.rule_set is not None:
        _check_rule_set(conn, query.rule_set)
    extents = [_extent(network, corridor) for corridor in asked.corridors]
    now = rate_table.query(conn, extents, _question(asked.period, query))
    before = rate_table.query(conn, extents, _question(asked.other, query)) if asked.other else {}
    return {name: _answer(conn, asked, query, now[name], before.get(name)) for name in now}


def _check_rule_set(conn: Connection, name: str) -> None:
    """A mistyped rule set must not read as a road without traffic."""
    counted = set(conn.execute(select(rate_series.c.rule_set).distinct()).scalars())
    known = sorted(counted.union(rule_set.id for rule_set in load_book().rule_sets))
    if name not in known:
        raise QuestionError("rule_set", "there is no such rule set", nearest(name, known, "rule set"))


def _question(period: Period, query: RateQuestion) -> Question:
    return Question(period.from_s, period.to_s, query.bucket, query.direction, query.by, query.rule_set)


def _extent(network: Network, corridor: Corridor) -> Extent:
    lanes = tuple(
        CountedLane(site.id, lane.number, lane.direction, site.area or corridor.area)
        for site in network.sites.values()
        if site.corridor == corridor.id
        for lane in site.lanes.values()
    )
    return Extent(corridor.id, corridor.timezone, lanes)


def _answer(
    conn: Connection, asked: Asked, query: RateQuestion, table: RateTable, before: RateTable | None
) -> dict[str, Any]:
    used = _rule_sets_in(conn, table, asked.period)
    rows: Sequence[Mapping[str, Any]] = [{**row, "trips": None} for row in table.rows]
    told: dict[str, Any] = {
        "corridor": table.corridor,
        "from": periods.rfc3339(asked.period.from_s, asked.zone),
        "to": periods.rfc3339(asked.period.to_s, asked.zone),
        "bucket": query.bucket,
        "by": query.by,
        "rule_set": used[0] if len(used) == 1 else MIXED if used else None,
        "rule_sets": used,
        "revision": table.revision,
        "unit": "passages",
    }
    if before is not None and asked.other is not None:
        rows = compared(rows, before, asked.period, asked.other, asked.zone, query.bucket)
        told["compare"] = comparison(table, before, asked.other, asked.zone, query.compare or "")
    return {**told, "rows": rows}


def _rule_sets_in(conn: Connection, table: RateTable, period: Period) -> list[str]:
    """The rule sets behind the period's figures; the store names those that the corridor ever had."""
    if len(table.rule_sets) < 2:
        return list(table.rule_sets)
    counted = exists().where(
        rates.c.series == rate_series.c.id,
        rates.c.grain == Grain.HOUR,
        rates.c.start_s >= period.from_s,
        rates.c.start_s < period.to_s,
    )
    here = rate_series.c.corridor == table.corridor
    known = set(conn.execute(select(rate_series.c.rule_set).where(here).distinct()).scalars())
    used = set(conn.execute(select(rate_series.c.rule_set).where(here, counted).distinct()).scalars())
    # What waits to be spread under a new rule set has no series yet, and is of these very hours.
    return [name for name in table.rule_sets if name in used or name not in known]
