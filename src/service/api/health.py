"""`GET /v1/sites/{site}/health`: what is known of a site's sensors, and what is doubted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from dispatch.cases import PlateReads
from service import messages
from service.api import etags, health_answers, times
from service.api.answers import PERSONS, answer, documented
from service.api.auth import Asker, allow
from service.api.downgrades import known_site, told
from service.api.fields import Moment, SitePath
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.problems import wrong_question
from service.api.tags import Tag
from service.rating import periods
from service.rating.periods import Period, QuestionError
from service.store import lane_reads
from service.store.downgrades import EVERY_LANE
from service.store.spans import HOUR_S, Span
from service.watch.report import Charts, LaneHour, LaneReport, SiteReport, report
from wim.sites import Calibration, Certificate, Lane, Site

router = APIRouter(prefix="/v1/sites", tags=[Tag.SITES])

_Reader = Annotated[Asker, allow(*PERSONS)]

#: Of a period whose beginning nobody gave: a day and a night.
USUAL_HOURS = 24


class HealthQuery(BaseModel):
    """The period."""

    from_: Moment | None = Field(None, alias="from", description="On a whole hour; without it 24 hours before `to`.")
    to: Moment | None = Field(None, description="Exclusive; without it the hour that runs is the last.")


@router.get("/{site}/health", responses=documented(answer("SiteState"), "site_unknown"))
def site_health(
    site: SitePath, query: Annotated[HealthQuery, Query()], request: Request, asker: _Reader, parts: PartsOf
) -> Response:
    """Heartbeat, losses, hours without data, plate reads by day and night, flags, drift, authenticity, downgrades.

    Each figure has its own denominator beside it. An hour without data is not an hour without trucks. What the watch
    keeps of single hours reaches back `keep_days.watch` days, and so does this answer.
    """
    known = known_site(parts, asker, site)
    period = _period(parts, known, query)
    with parts.store.reading() as conn:
        found = report(conn, known, Span(period.from_s, period.to_s))
        reads = lane_reads.until(conn, known.id, parts.clock_ns(), parts.policy.plate_read_window_ns)
    return etags.of_content(request, msgspec.json.encode(_state(parts, known, period, found, reads)), JSON)


def _period(parts: Parts, site: Site, query: HealthQuery) -> Period:
    zone, days = site.timezone, parts.policy.keep_days.watch + 1
    try:
        to = periods.period(None, query.to, zone, parts.clock_ns(), days).to_s
        begin = query.from_ or periods.rfc3339(to - USUAL_HOURS * HOUR_S, zone)
        return periods.period(begin, periods.rfc3339(to, zone), zone, parts.clock_ns(), days)
    except QuestionError as wrong:
        raise wrong_question(wrong) from None


def _state(
    parts: Parts, site: Site, period: Period, found: SiteReport, reads: Mapping[int, PlateReads]
) -> health_answers.SiteState:
    zone, now_ns = site.timezone, parts.clock_ns()
    certificate = site.certificate_at(now_ns)
    return health_answers.SiteState(
        site=site.id,
        from_=periods.rfc3339(period.from_s, zone),
        to=periods.rfc3339(period.to_s, zone),
        unit=_unit(found.beat) if found.beat else None,
        certificate=_certified(certificate, zone) if certificate else None,
        downgraded=any(one.until_ns is None for one in found.downgrades),
        downgrades=[told(one, zone, found.recalled[one.id]) for one in found.downgrades],
        lanes=[
            _lane(site, site.lanes[one.lane], one, found, now_ns, _plates_now(parts, site, reads.get(one.lane)))
            for one in found.lanes
        ],
    )


def _unit(beat: messages.Health) -> health_answers.Unit:
    return health_answers.Unit(beat.time, beat.run, beat.camera.value, beat.clock.value)


def _certified(one: Certificate, zone: str) -> health_answers.Certified:
    begin, end = times.local_ns(one.from_ns, zone), times.local_ns(one.until_ns, zone)
    return health_answers.Certified(one.number, one.class_percent, begin, end)


def _calibrated(one: Calibration, zone: str) -> health_answers.Calibration:
    return health_answers.Calibration(one.version, times.local_ns(one.from_ns, zone))


def _lane(
    site: Site, lane: Lane, found: LaneReport, whole: SiteReport, now_ns: int, plates_now: health_answers.PlatesNow
) -> health_answers.LaneState:
    beat = next((one for one in whole.beat.lanes if one.lane == lane.number), None) if whole.beat else None
    calibration = lane.calibration_at(now_ns)
    here = (EVERY_LANE, lane.number)
    zone = site.timezone
    return health_answers.LaneState(
        lane=lane.number,
        direction=lane.direction.name.lower(),
        up=beat.up if beat else None,
        strips=beat.strips if beat else [],
        calibration=_calibrated(calibration, zone) if calibration else None,
        downgraded=any(one.until_ns is None and one.lane in here for one in whole.downgrades),
        hours=_hours(found),
        lost=_lost(found),
        plates_by_day=_plates(*found.plates(zone, by_day=True)),
        plates_by_night=_plates(*found.plates(zone, by_day=False)),
        plates_now=plates_now,
        flags=health_answers.Shares(
            found.passages, {name: round(count / found.passages * 100, 4) for name, count in found.flags.items()}
        ),
        drift=_drift(found.figures, zone),
        drift_by_hour=[_drift_hour(hour_s, charts, zone) for hour_s, charts in found.drift.items()],
        authenticity=_timed(found.figures.get("authenticity"), zone),
        by_hour=[_hour(one, zone) for one in found.hours],
    )


def _hours(found: LaneReport) -> health_answers.Hours:
    hours = found.hours
    return health_answers.Hours(
        asked=len(hours),
        observed=sum(one.observed for one in hours),
        without_data=sum(not one.observed and not one.passages for one in hours),
        without_passages=sum(one.observed and not one.passages for one in hours),
        without_trucks=sum((one.observed or one.passages > 0) and not one.trucks for one in hours),
    )


def _lost(found: LaneReport) -> health_answers.Lost:
    records = [one.records_missing for one in found.hours]
    return health_answers.Lost(
        frames_missing=sum(one.frames.missing for one in found.hours),
        frames_late=sum(one.frames.late for one in found.hours),
        records_missing=sum(one or 0 for one in records) if any(one is not None for one in records) else None,
    )


def _plates(passages: int, read: int) -> health_answers.Plates:
    return health_answers.Plates(passages, read, round(read / passages * 100, 4) if passages else None)


def _plates_now(parts: Parts, site: Site, reads: PlateReads | None) -> health_answers.PlatesNow:
    found, floor = reads or PlateReads(0, 0), parts.policy.plate_read_percent_from
    counted = _plates(found.passages, found.read)
    judged_by = lane_reads.window(parts.clock_ns(), parts.policy.plate_read_window_ns)
    return health_answers.PlatesNow(
        from_=periods.rfc3339(judged_by.from_s, site.timezone),
        passages=counted.passages,
        read=counted.read,
        percent=counted.percent,
        floor_percent=floor,
        dark=found.passages > 0 and not found.camera_works(floor),
    )


def _hour(one: LaneHour, zone: str) -> health_answers.Hour:
    return health_answers.Hour(
        from_=periods.rfc3339(one.hour_s, zone),
        observed=one.observed,
        passages=one.passages,
        trucks=one.trucks,
        plates_read=one.plates_read,
        frames_missing=one.frames.missing,
        frames_late=one.frames.late,
        records_missing=one.records_missing,
        flags=dict(one.flags),
    )


def _drift(figures: Mapping[str, Any], zone: str) -> dict[str, Any] | None:
    """The charts, traffic's and the lines'."""
    if "traffic" not in figures:
        return None
    charts = {name: _timed(figures.get(name), zone) for name in ("traffic", "lines")}
    return {**charts, "steer_axles": figures["steer_axles"]}


def _drift_hour(hour_s: int, charts: Charts, zone: str) -> health_answers.DriftHour:
    told = {name: health_answers.DriftScore(*one) for name, one in charts.items()}
    return health_answers.DriftHour(periods.rfc3339(hour_s, zone), told)


def _timed(value: Any, zone: str) -> Any:
    """The same figures with times as people read them."""
    if isinstance(value, list):
        return [_timed(item, zone) for item in value]
    if not isinstance(value, Mapping):
        return value
    return dict(_named(name, item, zone) for name, item in value.items())


def _named(name: str, item: Any, zone: str) -> tuple[str, Any]:
    if not name.endswith("_ns"):
        return name, _timed(item, zone)
    return name.removesuffix("_ns"), times.local_ns(item, zone) if item else None
