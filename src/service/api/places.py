"""Corridors that requests name."""

from __future__ import annotations

from service.api.auth import Asker
from service.api.parts import Parts
from service.api.problems import Problem


def known_corridor(parts: Parts, asker: Asker, corridor: str | None) -> str:
    """The zone of a corridor's dates, the registry's without one.

    Raises the problem of a corridor that there is not, or that is another's: the two look alike.
    """
    if corridor is None:
        return parts.registry.timezone
    known = parts.registry.network.corridors.get(corridor)
    if known is None or not asker.scope.has(corridor):
        raise Problem("corridor_unknown", "GET /v1/corridors lists those within your rights")
    return known.timezone
