"""What of the road an account may see: the corridors of its entry, and for a squad only the sites on its sections.

Beside that a squad sees each truck that it was ever asked about: who is asked goes by where it can stop the truck."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dispatch.network import Squad
from service.access import Principal, Role
from service.registry import Registry


@dataclass(frozen=True, slots=True)
class Scope:
    """Corridors and sites are part of every query (None: all of them): what lies elsewhere is not read at all."""

    corridors: frozenset[str] | None = None
    sites: frozenset[str] | None = None
    #: Whose trucks are seen wherever they are.
    squad: str | None = None

    def has(self, corridor: str | None) -> bool:
        """Whether a corridor is within. What lies on no known corridor is within nothing but everything."""
        return self.corridors is None or corridor in self.corridors

    def holds(self, corridor: str | None, site: str | None) -> bool:
        """Whether a place is within."""
        return self.has(corridor) and (self.sites is None or site in self.sites)

    def on(self, corridor: str | None) -> Collection[str] | None:
        """The corridors to ask for where the reader wants only one; None: all of them."""
        if corridor is None or self.corridors is None:
            return self.corridors if corridor is None else {corridor}
        return {corridor} & self.corridors


def scope_of(principal: Principal, registry: Registry) -> Scope:
    """The account's scope."""
    if principal.role is not Role.SQUAD:
        return Scope(principal.corridors)
    squad = registry.squads.get(principal.squad or "")
    served = frozenset(section.corridor for section in squad.sections) if squad else frozenset()
    corridors = served if principal.corridors is None else served & principal.corridors
    return Scope(corridors, _sites(squad, registry) if squad else frozenset(), squad.id if squad else None)


def _sites(squad: Squad, registry: Registry) -> frozenset[str]:
    return frozenset(
        site.id
        for site in registry.network.sites.values()
        for section in squad.sections
        if section.corridor == site.corridor and section.from_km <= site.chainage_km <= section.to_km
    )
