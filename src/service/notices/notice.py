"""The port: what every adapter takes, and how it says that it could not."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct


class Code(enum.StrEnum):
    """What a notice is about; programs and translations go by it (`texts`)."""

    #: A squad is asked to stop a truck.
    OFFERED = "offered"
    #: Nobody answered in time: the duty desk has it.
    DESK = "desk"
    #: A truck of 100 t is to be looked at before it alarms a squad.
    VERIFY = "verify"
    #: Another agency was given it.
    HANDED_OVER = "handed_over"
    #: The truck is on its way to a stop point that has a sign.
    PASSING = "passing"
    #: What two squads say of a truck does not fit: the desks settle it.
    CONFLICT = "conflict"
    #: One agency has not done its part of a joint action in time.
    JOINT_LATE = "joint_late"
    #: One agency said no, and without it the joint action cannot end.
    JOINT_DECLINED = "joint_declined"


#: What a desk must settle whatever becomes of the truck: news of it must not take the place of one another.
DESK_MATTERS = frozenset({Code.CONFLICT, Code.JOINT_LATE, Code.JOINT_DECLINED})


class Facts(Struct, frozen=True, kw_only=True):
    """What the words of a notice are made of; times are the site's clock, "21:34"."""

    plate: str
    gross_kg: int
    limit_kg: int
    excess_kg: int
    rate_percent: float
    hundred_tonne: bool
    unverified: bool
    corridor: str
    stop_point: str | None = None
    truck_eta: str | None = None
    answer_by: str | None = None
    #: Chainage of the nearest place ahead where a truck can be unloaded.
    yard_km: float | None = None
    #: Who disagrees, is late or said no.
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one target; the same `id` is the same notice, however often it comes."""

    id: str
    code: Code
    intercept: str
    facts: Facts
    #: For how long anybody wants it.
    seconds: int


class NoticeError(Exception):
    """It did not arrive; `word` is short, and names neither plate, phone, address nor key.

    `retryable`: the same may succeed later, not before `wait_s`. `gone`: the target is no more.
    """

    def __init__(self, word: str, *, retryable: bool, wait_s: float = 0.0, gone: bool = False) -> None:
        super().__init__(word)
        self.word, self.retryable, self.wait_s, self.gone = word, retryable, wait_s, gone


class Port(Protocol):
    """Where notices leave."""

    async def send(self, notice: Notice) -> None:
        """Return once the other side has it. Raises `NoticeError`."""
