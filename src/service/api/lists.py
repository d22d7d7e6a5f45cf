"""Lists of things that lie at a site: as JSON or as a map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec
from fastapi import Request, Response

from service.api import cursors, etags, geojson
from service.api.negotiation import GEOJSON, JSON
from service.store.paging import Cursor
from wim.sites import Network


class Placed(Protocol):
    """A row of the store that lies at a site."""

    @property
    def id(self) -> str: ...
    @property
    def site(self) -> str: ...


def placed(
    request: Request,
    form: str,
    network: Network,
    rows: Sequence[Placed],
    documents: Sequence[bytes],
    following: Cursor | None,
) -> Response:
    """A page of rows, each with its document as JSON."""
    if form == JSON:
        return cursors.page(request, documents, following)
    features = (
        geojson.feature(geojson.of_site(network, row.site), msgspec.Raw(document), row.id)
        for row, document in zip(rows, documents, strict=True)
    )
    return mapped(request, features, following)


def mapped(request: Request, features: Iterable[dict[str, Any]], following: Cursor | str | None) -> Response:
    """A page of features; `next` stands beside them as it does in JSON."""
    mark = None if following is None else cursors.written(following)
    body = geojson.collection(features, next=mark)
    return etags.of_content(request, body, GEOJSON, cursors.link(request, mark))
