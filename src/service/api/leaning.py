"""The alarm of exclusions that lean (`dispatch.exclusions`): looked at with each exclusion and each restoration."""

from __future__ import annotations

import calendar
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from dispatch.exclusions import GRAVE_FROM, Excluded, Lean, leans
from service.api.parts import Parts
from service.store import exclusions, violations
from service.store.exclusions import Exclusion
from wim.periods import to_local, to_ns
from wim.records import DAY_NS

log = structlog.get_logger(__name__)

#: What the exclusions are held against: the violations of a year, so that a season weighs little.
_AGAINST_NS = 365 * DAY_NS


def look(parts: Parts) -> tuple[Lean, ...]:
    """Where the standing exclusions of this month lean: told to the log and to the metrics."""
    with parts.store.reading() as conn:
        found = _leans(conn, parts)
    parts.meters.exclusions_leaning.clear()
    for lean in found:
        parts.meters.exclusions_leaning.labels(lean.kind, lean.value).set(lean.leaning / lean.excluded)
        log.warning(
            "exclusions lean",
            kind=lean.kind,
            value=lean.value,
            leaning=lean.leaning,
            excluded=lean.excluded,
            expected_share=round(lean.expected_share, 4),
            chance=lean.chance,
        )
    return found


def _leans(conn: Connection, parts: Parts) -> tuple[Lean, ...]:
    now_ns, zone = parts.clock_ns(), parts.registry.timezone
    month = [_excluded(one, zone) for one in exclusions.made_between(conn, _month_ns(now_ns, zone), now_ns + 1)]
    counted = violations.counts(conn, now_ns - _AGAINST_NS, now_ns + 1, GRAVE_FROM)
    whole = sum(count.violations for count in counted)
    if not whole:
        return ()
    shares = {count.corridor: count.violations / whole for count in counted}
    return leans(month, sum(count.grave for count in counted) / whole, shares, parts.policy.exclusions_lean_below)


def _month_ns(now_ns: int, zone: str) -> int:
    first = to_local(now_ns, zone).replace(day=1)
    return to_ns(datetime(first.year, first.month, 1, tzinfo=ZoneInfo(zone)))


def _excluded(one: Exclusion, zone: str) -> Excluded:
    day = to_local(one.at_ns, zone)
    return Excluded(one.severity, one.corridor, day.day, calendar.monthrange(day.year, day.month)[1])
