"""`GET /v1/effectiveness` and `…/{figure}/items`: what the programme is judged by, and what each figure counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from dispatch import effectiveness as figures
from dispatch.effectiveness import TARGETS, Bin, Hour, KeyTrip, Share, Weighed
from service import effect
from service.access import Role
from service.api import cursors, etags
from service.api.answers import answer, documented, page_of
from service.api.auth import Asker, allow
from service.api.effect_answers import BinOf, EffectivenessOf, FigureItem, FigureOf, LeftOutOf, PartOf
from service.api.fields import CorridorId, Moment
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.places import known_corridor
from service.api.problems import wrong_question
from service.api.tags import Tag
from service.effect import LeftOut, Span
from service.messages.envelope import rfc3339
from service.rating import periods
from service.rating.periods import QuestionError

router = APIRouter(prefix="/v1/effectiveness", tags=[Tag.RATES])

_Reader = Annotated[Asker, allow(Role.DUTY, Role.ANALYST, Role.POLICE, Role.ADMIN)]
FigurePath = Annotated[
    Literal["on_site_handling", "key_section_cover", "precision"], Path(description="A figure's name.")
]
T = TypeVar("T")


class EffectQuery(BaseModel):
    """The period and the road."""

    corridor: CorridorId | None = Field(None, description="Without one every corridor within your rights.")
    from_: Moment | None = Field(None, alias="from", description="A date, or RFC 3339 on a whole hour. Usually today.")
    to: Moment | None = Field(None, description="The end, exclusive. Usually the end of this hour.")


class ItemQuery(EffectQuery):
    """The same, and which page of what is counted."""

    counted: bool | None = Field(None, description="Only the numerator, or only what is not in it.")
    limit: cursors.Limit = None
    cursor: cursors.CursorText = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question: its span, and how it is answered."""

    parts: Parts
    span: Span
    query: EffectQuery
    zone: str


@router.get("", responses=documented(answer("EffectivenessOf"), "corridor_unknown"))
def read_effectiveness(
    query: Annotated[EffectQuery, Query()], request: Request, asker: _Reader, parts: PartsOf
) -> Response:
    """On-site handling of key vehicles, 24-hour cover of key sections, and precision, each with what it counts.

    A figure of nothing is null. What is simulated counts only where the policy says so; what a person excluded never.
    """
    asked = _asked(parts, asker, query)
    with parts.store.reading() as conn:
        found = [_handling(conn, asked), _cover(conn, asked), _precision(conn, asked)]
    told = EffectivenessOf(
        corridor=query.corridor,
        from_=periods.rfc3339(asked.span.from_ns // 10**9, asked.zone),
        to=periods.rfc3339(asked.span.to_ns // 10**9, asked.zone),
        figures=found,
    )
    return etags.of_content(request, msgspec.json.encode(told), JSON)


@router.get("/{figure}/items", responses=documented(page_of("FigureItem"), "corridor_unknown"))
def list_figure_items(
    figure: FigurePath, query: Annotated[ItemQuery, Query()], request: Request, asker: _Reader, parts: PartsOf
) -> Response:
    """What a figure counts, by id: the whole denominator, `counted` says what of it is in the numerator."""
    asked = _asked(parts, asker, query)
    after, limit = cursors.name(query.cursor), cursors.rows(query.limit, parts.policy)
    with parts.store.reading() as conn:
        found = sorted(_ITEMS[figure](conn, asked), key=lambda item: item.id)
    wanted = [item for item in found if item.id > after and query.counted in (None, item.counted)]
    page = wanted[:limit]
    following = page[-1].id if len(wanted) > limit else None
    return cursors.page(request, [msgspec.json.encode(item) for item in page], following)


def _asked(parts: Parts, asker: Asker, query: EffectQuery) -> _Asked:
    zone = known_corridor(parts, asker, query.corridor)
    try:
        period = periods.period(query.from_, query.to, zone, parts.clock_ns(), parts.policy.range_days_most)
    except QuestionError as wrong:
        raise wrong_question(wrong) from None
    span = Span(period.from_s * 10**9, period.to_s * 10**9, asker.scope.on(query.corridor))
    return _Asked(parts, span, query, zone)


def _handling(conn: Connection, asked: _Asked) -> FigureOf:
    trips = effect.key_trips(conn, asked.span, asked.parts.policy)
    missed = Counter(trip.why for trip in trips.items if trip.why is not None)
    whole = len(trips.items)
    parts = [_part("why", why, figures.share(count, whole, 0)) for why, count in sorted(missed.items())]
    return _figure(figures.ON_SITE_HANDLING, figures.handling(trips.items), asked, parts, trips.left_out)


def _cover(conn: Connection, asked: _Asked) -> FigureOf:
    hours = _hours(conn, asked)
    parts = _parts("section", hours, _section, figures.cover)
    return _figure(figures.KEY_SECTION_COVER, figures.cover(hours), asked, parts, LeftOut())


def _precision(conn: Connection, asked: _Asked) -> FigureOf:
    found = effect.weighed(conn, asked.span, asked.parts.policy)
    parts = _parts("site", found.items, lambda one: one.site, figures.precision)
    parts += _parts("zone", found.items, lambda one: figures.zone_of(one.p_over), figures.precision)
    told = _figure(figures.PRECISION, figures.precision(found.items), asked, parts, found.left_out)
    return msgspec.structs.replace(told, calibration=[_bin(one) for one in figures.calibration(found.items)])


def _hours(conn: Connection, asked: _Asked) -> list[Hour]:
    parts = asked.parts
    return effect.section_hours(conn, asked.span, parts.terms, parts.policy, parts.clock_ns())


def _parts(
    by: str, items: Iterable[T], value_of: Callable[[T], str], share: Callable[[Sequence[T]], Share]
) -> list[PartOf]:
    groups: dict[str, list[T]] = {}
    for item in items:
        groups.setdefault(value_of(item), []).append(item)
    return [_part(by, value, share(group)) for value, group in sorted(groups.items())]


def _part(by: str, value: str, share: Share) -> PartOf:
    return PartOf(
        by=by,
        value=value,
        numerator=share.numerator,
        denominator=share.denominator,
        share=share.value,
        low=share.low,
        high=share.high,
    )


def _figure(name: str, share: Share, asked: _Asked, parts: list[PartOf], left_out: LeftOut) -> FigureOf:
    return FigureOf(
        figure=name,
        numerator=share.numerator,
        denominator=share.denominator,
        value=share.value,
        low=share.low,
        high=share.high,
        target=TARGETS[name] / 100,
        missing=share.missing,
        left_out=LeftOutOf(simulated=left_out.simulated, excluded=left_out.excluded),
        parts=parts,
        items=f"/v1/effectiveness/{name}/items",
    )


def _bin(one: Bin) -> BinOf:
    return BinOf(
        from_p=one.from_p,
        to_p=one.to_p,
        mean_p=one.mean_p,
        confirmed=one.found.numerator,
        weighed=one.found.denominator,
        share=one.found.value,
        low=one.found.low,
        high=one.found.high,
    )


def _section(hour: Hour) -> str:
    return f"{hour.corridor}/{hour.section.from_km:g}-{hour.section.to_km:g}"


def _trip_item(trip: KeyTrip) -> FigureItem:
    return FigureItem(
        id=trip.case,
        counted=trip.handled,
        time=rfc3339(trip.time_ns),
        corridor=trip.corridor,
        intercept=trip.intercept,
        reasons=list(trip.reasons),
        why=trip.why,
    )


def _hour_item(hour: Hour) -> FigureItem:
    time, section = rfc3339(hour.from_ns), _section(hour)
    return FigureItem(
        id=f"{section}/{time}", counted=hour.covered, time=time, corridor=hour.corridor, section=hour.section.name
    )


def _weighed_item(one: Weighed) -> FigureItem:
    return FigureItem(
        id=one.intercept,
        counted=one.confirmed,
        time=rfc3339(one.time_ns),
        corridor=one.corridor,
        site=one.site,
        p_over=one.p_over,
    )


_ITEMS: dict[str, Callable[[Connection, _Asked], list[FigureItem]]] = {
    figures.ON_SITE_HANDLING: lambda conn, asked: [
        _trip_item(trip) for trip in effect.key_trips(conn, asked.span, asked.parts.policy).items
    ],
    figures.KEY_SECTION_COVER: lambda conn, asked: [_hour_item(hour) for hour in _hours(conn, asked)],
    figures.PRECISION: lambda conn, asked: [
        _weighed_item(one) for one in effect.weighed(conn, asked.span, asked.parts.policy).items
    ],
}
