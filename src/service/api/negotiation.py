"""Which of the media types that a route has the reader wants (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request

from service.api.problems import Problem

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"


def chosen(request: Request, *offered: str) -> str:
    """The offered type that the reader prefers, the first where it is all the same. Raises the problem of 406."""
    asked = request.headers.get("accept", "*/*")
    ranges = [_range(part) for part in asked.split(",") if part.strip()]
    ranked = [(_weight(kind, ranges), -place, kind) for place, kind in enumerate(offered)]
    weight, _, best = max(ranked)
    if weight <= 0:
        raise Problem("not_acceptable", f"this address has {', '.join(offered)}", available=list(offered))
    return best


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0


def _weight(kind: str, ranges: Iterable[tuple[str, float]]) -> float:
    """The weight of the most specific range that covers the type."""
    family = kind.split("/")[0] + "/*"
    specific = {kind: 2, family: 1, "*/*": 0}
    found = [(specific[asked], weight) for asked, weight in ranges if asked in specific]
    return max(found)[1] if found else 0.0
