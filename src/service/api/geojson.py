"""Places as GeoJSON (RFC 7946): WGS-84, longitude before latitude, properties as in the JSON answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from wim.sites import Corridor, Network

Geometry = dict[str, Any] | None


def of_corridor(corridor: Corridor | None) -> Geometry:
    """The corridor's line, where the registry draws one."""
    if corridor is None or not corridor.path:
        return None
    return {"type": "LineString", "coordinates": [list(point) for point in corridor.path]}


def of_site(network: Network, site: str | None) -> Geometry:
    """The site's point, where the registry has one."""
    found = network.sites.get(site or "")
    return {"type": "Point", "coordinates": list(found.position)} if found and found.position else None


def feature(geometry: Geometry, properties: Any, identity: str | None = None) -> dict[str, Any]:
    """One thing at its place; a thing without a known place has the geometry null."""
    named = {} if identity is None else {"id": identity}
    return {"type": "Feature", **named, "geometry": geometry, "properties": properties}


def collection(features: Iterable[Mapping[str, Any]], **more: Any) -> bytes:
    """The answer; `more` are members beside the features, which a map ignores."""
    return msgspec.json.encode({"type": "FeatureCollection", **more, "features": list(features)})
