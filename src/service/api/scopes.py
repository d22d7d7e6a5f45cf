"""What of the road an account may see: the corridors of its entry, and for a squad only the sites on its sections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dispatch.network import Squad
from service.access import Principal, Role
from service.registry import Registry
from service.store.paging import Cursor


class Placed(Protocol):
    """A row of the store that lies at a site."""

    @property
    def id(self) -> str: ...
    @property
    def corridor(self) -> str: ...
    @property
    def site(self) -> str: ...


R = TypeVar("R", bound=Placed)


@dataclass(frozen=True, slots=True)
class Scope:
    """Corridors are part of every query (None: all); `sites`, where given, narrow what it found."""

    corridors: frozenset[str] | None = None
    sites: frozenset[str] | None = None

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
    return Scope(corridors, _sites(squad, registry) if squad else frozenset())


def _sites(squad: Squad, registry: Registry) -> frozenset[str]:
    return frozenset(
        site.id
        for site in registry.network.sites.values()
        for section in squad.sections
        if section.corridor == site.corridor and section.from_km <= site.chainage_km <= section.to_km
    )


#: Pages that one request reads at most: a squad's sections normally hold most of the sites of their corridors, so one
#: or two fill an answer. An answer may therefore hold fewer rows than asked for, and still have a next page.
_MOST_READS = 10


def filled(
    read: Callable[[Cursor | None], Sequence[R]],
    at: Callable[[R], Cursor],
    scope: Scope,
    after: Cursor | None,
    limit: int,
) -> tuple[list[R], Cursor | None]:
    """Up to `limit` rows within the scope, and where the next page begins (None: there is none).

    `read` gives the page after a cursor in the store's order, one row more than `limit` where there are as many.
    """
    rows: list[R] = []
    for _ in range(_MOST_READS):
        page = read(after)
        for row in _within(page[:limit], scope):
            rows.append(row)
            if len(rows) == limit:
                last = row is page[-1]
                return rows, None if last else at(row)
        if len(page) <= limit:
            return rows, None
        after = at(page[limit - 1])
    return rows, after


def _within(rows: Sequence[R], scope: Scope) -> Iterator[R]:
    return (row for row in rows if scope.holds(row.corridor, row.site))
