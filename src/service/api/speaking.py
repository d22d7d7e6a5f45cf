"""For which squads somebody speaks: a squad for itself, a desk for those of its own agency that serve its roads."""

from __future__ import annotations

from dispatch.network import Squad
from service.access import Role
from service.api.auth import Asker


def not_spoken_for(asker: Asker, squad: Squad) -> str | None:
    """Why the asker does not speak for a squad; None where it does."""
    who = asker.principal
    if who.role is Role.SQUAD:
        return None if who.squad == squad.id else f"{squad.id} is another squad"
    if squad.agency != who.agency:
        return f"{squad.id} is of {squad.agency}"
    if not any(asker.scope.has(section.corridor) for section in squad.sections):
        return f"{squad.id} serves none of your roads"
    return None
