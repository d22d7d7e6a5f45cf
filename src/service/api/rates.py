"""`GET /v1/corridors/{corridor}/rates` and `GET /v1/rates`: overload rates as JSON, CSV or GeoJSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from service.api import etags, negotiation, rate_forms
from service.api.answers import PERSONS, answer, documented
from service.api.auth import Asker, allow
from service.api.fields import CorridorPath
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem, wrong_question
from service.api.rate_query import RateQuery
from service.api.tags import Tag
from service.rating.periods import QuestionError
from service.rating.questions import answers
from wim.sites import Corridor

router = APIRouter(prefix="/v1", tags=[Tag.RATES])

_Reader = Annotated[Asker, allow(*PERSONS)]
_FORMS = (negotiation.JSON, negotiation.CSV, negotiation.GEOJSON)


@router.get(
    "/corridors/{corridor}/rates",
    responses=documented(answer("Rates", *_FORMS[1:]), "corridor_unknown", "not_acceptable"),
)
def corridor_rates(
    corridor: CorridorPath, query: Annotated[RateQuery, Query()], request: Request, asker: _Reader, parts: PartsOf
) -> Response:
    """Trucks, overloads and the rate with its 95 % interval.

    Rates count passages. `rate_percent` is over_beyond_tolerance of trucks of every grade; `net` leaves out what is
    graded count or reject, and `excluded` says why. No data gives null, never 0.
    """
    form = negotiation.chosen(request, *_FORMS)
    known = parts.registry.network.corridors.get(corridor)
    if known is None or not asker.scope.has(corridor):
        raise Problem("corridor_unknown", "GET /v1/corridors lists those within your rights")
    (found,) = _answers(parts, [known], query)
    if form == negotiation.JSON:
        return etags.of_content(request, msgspec.json.encode(found), form)
    return _otherwise(request, parts, form, [found], found)


@router.get("/rates", responses=documented(answer("RatesOfAll", *_FORMS[1:]), "not_acceptable"))
def all_rates(query: Annotated[RateQuery, Query()], request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """The same for every corridor within your rights; dates are each corridor's own."""
    form = negotiation.chosen(request, *_FORMS)
    seen = [corridor for corridor in parts.registry.network.corridors.values() if asker.scope.has(corridor.id)]
    found = _answers(parts, seen, query)
    told: dict[str, Any] = {"unit": "passages", "bucket": query.bucket}
    if form == negotiation.JSON:
        return etags.of_content(request, msgspec.json.encode({**told, "corridors": found}), form)
    return _otherwise(request, parts, form, found, told)


def _answers(parts: Parts, corridors: Iterable[Corridor], query: RateQuery) -> list[dict[str, Any]]:
    try:
        return answers(parts, corridors, query.question())
    except QuestionError as wrong:
        raise wrong_question(wrong) from None


def _otherwise(
    request: Request, parts: Parts, form: str, found: list[dict[str, Any]], told: Mapping[str, Any]
) -> Response:
    if form == negotiation.CSV:
        return etags.of_content(request, rate_forms.csv_of(found), f"{form}; charset=utf-8")
    return etags.of_content(request, rate_forms.geojson_of(found, told, parts.registry.network), form)
