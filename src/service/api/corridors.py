"""`GET /v1/corridors` and `GET /v1/sites`: the registry as the reader may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct

from service.api import answers, cursors, geojson, times
from service.api.answers import PERSONS, documented, page_of
from service.api.auth import Asker, allow
from service.api.cursors import CursorText, Limit
from service.api.fields import CorridorId
from service.api.lists import mapped
from service.api.negotiation import GEOJSON, JSON, chosen
from service.api.parts import Parts, PartsOf
from service.api.places import known_corridor
from service.api.tags import Tag
from service.registry import Registry
from wim.sites import Certificate, Corridor, Site

router = APIRouter(prefix="/v1", tags=[Tag.REGISTRY])

_Reader = Annotated[Asker, allow(*PERSONS)]

T = TypeVar("T", Corridor, Site)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a thing of the registry is told."""

    told: Callable[[Any], Struct]
    geometry: Callable[[Any], geojson.Geometry]


@router.get("/corridors", responses=documented(page_of("Corridor", GEOJSON), "not_acceptable"))
async def list_corridors(
    request: Request, asker: _Reader, parts: PartsOf, limit: Limit = None, cursor: CursorText = None
) -> Response:
    """The corridors within your rights, by id."""
    registry = parts.registry
    seen = [corridor for corridor in registry.network.corridors.values() if asker.scope.has(corridor.id)]
    drawn = _Drawn(lambda corridor: _corridor(corridor, registry, asker), geojson.of_corridor)
    return _listed(request, parts, _after(seen, cursor), limit, drawn)


@router.get("/sites", responses=documented(page_of("Site", GEOJSON), "corridor_unknown", "not_acceptable"))
async def list_sites(
    request: Request,
    asker: _Reader,
    parts: PartsOf,
    corridor: Annotated[CorridorId | None, Query(description="Only sites of this corridor.")] = None,
    limit: Limit = None,
    cursor: CursorText = None,
) -> Response:
    """The sites within your rights, by id, with the certificate in force now."""
    known_corridor(parts, asker, corridor)
    network, now_ns = parts.registry.network, parts.clock_ns()
    seen = [
        site
        for site in network.sites.values()
        if asker.scope.holds(site.corridor, site.id) and corridor in (None, site.corridor)
    ]
    drawn = _Drawn(lambda site: _site(site, now_ns), lambda site: geojson.of_site(network, site.id))
    return _listed(request, parts, _after(seen, cursor), limit, drawn)


def _after(things: Iterable[T], cursor: str | None) -> list[T]:
    name = cursors.name(cursor)
    return sorted((thing for thing in things if thing.id > name), key=lambda thing: thing.id)


def _listed(request: Request, parts: Parts, rest: Sequence[T], limit: int | None, drawn: _Drawn) -> Response:
    # A registry is small, and a map wants all of it: the usual page is the longest one.
    rows = min(limit or parts.policy.page_rows_most, parts.policy.page_rows_most)
    shown, following = rest[:rows], rest[rows - 1].id if len(rest) > rows else None
    if chosen(request, JSON, GEOJSON) == JSON:
        return cursors.page(request, [msgspec.json.encode(drawn.told(thing)) for thing in shown], following)
    features = [geojson.feature(drawn.geometry(thing), drawn.told(thing), thing.id) for thing in shown]
    return mapped(request, features, following)


def _corridor(corridor: Corridor, registry: Registry, asker: Asker) -> answers.Corridor:
    sites = [site for site in registry.network.sites.values() if asker.scope.holds(site.corridor, site.id)]
    return answers.Corridor(
        id=corridor.id,
        name=corridor.name,
        timezone=corridor.timezone,
        main=corridor.main,
        length_km=corridor.length_km,
        area=corridor.area,
        key_sections=[answers.Section(one.from_km, one.to_km, one.name) for one in corridor.key_sections],
        sites=sorted(site.id for site in sites if site.corridor == corridor.id),
        stop_points=_stop_points(corridor.id, registry),
    )


def _stop_points(corridor: str, registry: Registry) -> list[answers.StopPointOf]:
    here = (point for point in registry.stop_points.values() if point.corridor == corridor)
    return [
        answers.StopPointOf(
            id=point.id,
            chainage_km=point.chainage_km,
            direction=point.direction.name.lower(),
            static_scale=point.static_scale,
            capacity=point.capacity,
        )
        for point in sorted(here, key=lambda point: (point.chainage_km, point.id))
    ]


def _site(site: Site, now_ns: int) -> answers.Site:
    certificate, tolerance = site.certificate_at(now_ns), site.tolerance_at(now_ns)
    lanes = sorted(site.lanes.values(), key=lambda lane: lane.number)
    return answers.Site(
        id=site.id,
        name=site.name,
        corridor=site.corridor,
        chainage_km=site.chainage_km,
        area=site.area,
        timezone=site.timezone,
        position=list(site.position) if site.position else None,
        lanes=[answers.LaneOf(lane.number, lane.direction.name.lower()) for lane in lanes],
        certificate=_certificate(certificate, site.timezone) if certificate else None,
        evidence_approved=site.approval_at(now_ns) is not None,
        tolerance_percent=tolerance.thousandths / 1_000 if tolerance else None,
    )


def _certificate(certificate: Certificate, zone: str) -> answers.CertificateOf:
    return answers.CertificateOf(
        number=certificate.number,
        class_percent=certificate.class_percent,
        from_=times.local_ns(certificate.from_ns, zone),
        until=times.local_ns(certificate.until_ns, zone),
    )
