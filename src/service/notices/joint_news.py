"""What of a joint action both duty desks must hear: a side that is late, or a no that ends it.

===============  =====================================================  ============
code             while                                                  goes to
===============  =====================================================  ============
joint_late       a side has not moved since its deadline went by        both desks
joint_declined   what is left of the sides cannot end it                both desks
===============  =====================================================  ============

Neither depends on where the truck is by now: they stay news for a shift at most (policy, `desk_matter_hours`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.notices.news import POLICE, ROAD, Ground, News
from service.notices.notice import Code
from wim.forms.checks import FormError
from wim.forms.json_form import instant_ns


class _Side(msgspec.Struct):
    agency: str
    state: str
    late_at: str | None = None


class ToldJoint(msgspec.Struct):
    """What of a joint action's message matters here."""

    id: str
    intercept: str
    status: str
    sides: list[_Side]
    escalated_at: str | None = None


_TOLD = msgspec.json.Decoder(ToldJoint)


def read_joint(document: str) -> ToldJoint | None:
    """The joint action of a message; None where it is none."""
    try:
        told = _TOLD.decode(document)
        for moment in (told.escalated_at, *(side.late_at for side in told.sides)):
            if moment is not None:
                instant_ns("late_at", moment)
    except (msgspec.DecodeError, FormError):
        return None
    return told


def news_of_joint(told: ToldJoint, ground: Ground, now_ns: int) -> list[News]:
    """All that is news of a joint action as it is now."""
    return [one for one in _news(told, ground) if one.until_ns > now_ns]


def _news(told: ToldJoint, ground: Ground) -> Iterator[News]:
    if told.status == "open":
        for side in told.sides:
            if side.late_at is not None:
                yield from _to_both(Code.JOINT_LATE, told.id, side.late_at, (side.agency,), ground)
    if told.status == "declined" and told.escalated_at is not None:
        who = tuple(side.agency for side in told.sides if side.state == "declined")
        yield from _to_both(Code.JOINT_DECLINED, told.id, told.escalated_at, who, ground)


def _to_both(code: Code, joint: str, at: str, who: tuple[str, ...], ground: Ground) -> Iterator[News]:
    until_ns = instant_ns("late_at", at) + ground.desk_matter_ns
    for desk in (ROAD, POLICE):
        yield News(code, until_ns, desk=desk, which="/".join((joint, *who, at)), who=who)
