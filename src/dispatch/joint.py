"""Joint action: what two agencies owe each other about one truck, side by side (dispatch.md §4).

Each side has a state of its own:

=========  ==========================================================================================
state      meaning
=========  ==========================================================================================
proposed   nobody knows whether that side's system has it
delivered  that side's system has confirmed receipt
accepted   that side takes part; `unit` says who
declined   that side does not, and says why; it may still think again
on_scene   its unit is at the truck
done       its part is done, with what came of it
=========  ==========================================================================================

The whole is `open`, `done` (one side is, or both: `completion`), `declined` (as it stands it cannot be done any more)
or `cancelled`. `SIDE_LIFE` is the only place that knows the changes of a side.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dispatch.cases import Reason
from dispatch.life import Role

_SECOND_NS: Final = 10**9

ROAD, POLICE = "road", "police"


class SideState(enum.StrEnum):
    """Where one side stands; the module's table says what each means."""

    PROPOSED = "proposed"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ON_SCENE = "on_scene"
    DONE = "done"


class Status(enum.StrEnum):
    """Where the whole stands."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Trigger(enum.StrEnum):
    """Why a truck is a matter of both agencies."""

    HUNDRED_TONNE = "hundred_tonne"
    LEGAL_REPEAT = "legal_repeat"
    CLONED_PLATE = "cloned_plate"
    COVERED_PLATE = "covered_plate"
    DROVE_OFF = "drove_off"
    REFUSED = "refused"


class Completion(enum.StrEnum):
    """Whose work ends it."""

    ANY = "any"
    ALL = "all"


#: Which completion a trigger has; a region's policy may say otherwise.
#: ALL where each agency has a decision of its own to take: a 百噸王 and a legal repeat cost the transport permit (road)
#: and points on the licence (police), and who refuses the scale is made to stand on it by one and weighed by the other.
#: ANY where one finding ends the matter: a plate is real or false, a truck that drove off is stopped once.
COMPLETIONS: Mapping[Trigger, Completion] = {
    Trigger.HUNDRED_TONNE: Completion.ALL,
    Trigger.LEGAL_REPEAT: Completion.ALL,
    Trigger.CLONED_PLATE: Completion.ANY,
    Trigger.COVERED_PLATE: Completion.ANY,
    Trigger.DROVE_OFF: Completion.ANY,
    Trigger.REFUSED: Completion.ALL,
}

#: How long a side may stay in a state before both duty desks hear of it; a region's policy may say otherwise. Receipt
#: is a machine's, so a minute; to accept is a look at a screen; to arrive takes the length of a section; to weigh,
#: write and sign takes an afternoon at worst. A side that has declined or is done owes nothing.
DEADLINES_NS: Mapping[SideState, int] = {
    SideState.PROPOSED: 60 * _SECOND_NS,
    SideState.DELIVERED: 180 * _SECOND_NS,
    SideState.ACCEPTED: 45 * 60 * _SECOND_NS,
    SideState.ON_SCENE: 240 * 60 * _SECOND_NS,
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two agencies have agreed upon, as a region's policy has it."""

    triggers: frozenset[Trigger] = frozenset(Trigger)
    completions: Mapping[Trigger, Completion] = field(default_factory=lambda: COMPLETIONS)
    deadlines_ns: Mapping[SideState, int] = field(default_factory=lambda: DEADLINES_NS)


@dataclass(frozen=True, slots=True)
class SideStep:
    """One row of a side's life. A squad may do only what its side's `unit` does, and only where it is that unit."""

    action: str
    from_states: tuple[SideState, ...]
    to_state: SideState
    who: tuple[Role, ...]
    needs: tuple[str, ...] = ()


_DESKS = (Role.DUTY, Role.POLICE)
_UNDECIDED = (SideState.PROPOSED, SideState.DELIVERED)

#: What each side may do. Receipt is told by the other system (a webhook that answered, or `receive`); a side that knows
#: of it has received it, so nobody must say so first.
SIDE_LIFE: tuple[SideStep, ...] = (
    SideStep("receive", (SideState.PROPOSED,), SideState.DELIVERED, (*_DESKS, Role.SYSTEM)),
    SideStep("accept", (*_UNDECIDED, SideState.DECLINED), SideState.ACCEPTED, _DESKS),
    SideStep("decline", (*_UNDECIDED, SideState.ACCEPTED), SideState.DECLINED, _DESKS, ("note",)),
    SideStep("on_scene", (SideState.ACCEPTED,), SideState.ON_SCENE, (*_DESKS, Role.SQUAD)),
    SideStep("done", (SideState.ACCEPTED, SideState.ON_SCENE), SideState.DONE, (*_DESKS, Role.SQUAD)),
)

#: What ends the whole: the desk of the side that proposed it takes it back.
CANCEL = "cancel"

#: What the other side must be given under ALL: the weigh slip, or the decision and its number. Under ANY a sentence.
PROOF: Mapping[str, tuple[str, ...]] = {
    ROAD: ("static_gross_kg", "scale_certificate"),
    POLICE: ("outcome", "document_number"),
}
_SENTENCE = ("outcome",)


@dataclass(frozen=True, slots=True)
class Side:
    """One agency's part. `deadline_ns` None: it owes nothing now, or is late; both desks know that since `late_ns`."""

    agency: str
    state: SideState
    since_ns: int
    deadline_ns: int | None
    unit: str | None = None
    late_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Joint:
    """One joint action: the side that proposed it first, then the other."""

    id: str
    intercept: str
    trigger: Trigger
    completion: Completion
    status: Status
    version: int
    sides: tuple[Side, Side]
    #: When both duty desks were last told that something is late or declined; None: not since it last moved.
    escalated_ns: int | None = None

    def side(self, agency: str) -> Side | None:
        """The part of an agency."""
        return next((side for side in self.sides if side.agency == agency), None)

    @property
    def deadline_ns(self) -> int | None:
        """When the first side is late; None where nobody owes anything now."""
        if self.status != Status.OPEN:
            return None
        return min((side.deadline_ns for side in self.sides if side.deadline_ns is not None), default=None)


@dataclass(frozen=True, slots=True)
class Mover:
    """Who acts on a joint action, for which agency; `unit` the squad that this person belongs to."""

    role: Role
    agency: str
    unit: str | None = None


class NotAllowedError(ValueError):
    """The joint action has no such step from here for this person; `allowed` are the actions that it has."""

    def __init__(self, action: str, state: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"cannot {action} where your side is {state}; possible now: {', '.join(allowed) or 'nothing'}")
        self.action, self.state, self.allowed = action, state, allowed


class IncompleteError(ValueError):
    """The step is allowed, but what it must be given is missing; `missing` names the fields."""

    def __init__(self, action: str, missing: tuple[str, ...]) -> None:
        super().__init__(f"for {action} give also: {', '.join(missing)}")
        self.action, self.missing = action, missing


def trigger_of(reasons: Collection[str], legal_repeat: bool, triggers: Collection[Trigger]) -> Trigger | None:
    """What makes an intercept a joint matter by itself, first things first; None: nothing does.

    Driving off and refusing the scale are told by a squad and not by a weight, so they are not here.
    """
    found = {
        Trigger.HUNDRED_TONNE: Reason.HUNDRED_TONNE in reasons,
        Trigger.LEGAL_REPEAT: legal_repeat,
        Trigger.CLONED_PLATE: Reason.CLONED_PLATE in reasons,
        Trigger.COVERED_PLATE: Reason.NO_PLATE in reasons,
    }
    return next((trigger for trigger, holds in found.items() if holds and trigger in triggers), None)


def propose(joint: str, intercept: str, trigger: Trigger, lead: str, now_ns: int, agreement: Agreement) -> Joint:
    """A new joint action. The side that proposes it has it already: it stands in its own system."""
    other = POLICE if lead == ROAD else ROAD
    sides = (_side(lead, SideState.DELIVERED, now_ns, agreement), _side(other, SideState.PROPOSED, now_ns, agreement))
    return Joint(joint, intercept, trigger, agreement.completions[trigger], Status.OPEN, 1, sides)


def allowed(joint: Joint, mover: Mover, life: Iterable[SideStep] = SIDE_LIFE) -> tuple[str, ...]:
    """The actions that this person may take now, in the order of the table."""
    side = joint.side(mover.agency)
    if side is None or joint.status in (Status.DONE, Status.CANCELLED):
        return ()
    found = [step.action for step in life if _open_to(step, side, mover)]
    return (*found, CANCEL) if _may_cancel(joint, mover) else tuple(found)


def next_actions(joint: Joint, agency: str) -> tuple[str, ...]:
    """The actions that some person of an agency may take now: what a message to everybody can say."""
    found = [allowed(joint, Mover(role, agency, _unit(joint, agency))) for role in (*_DESKS, Role.SQUAD)]
    return tuple(dict.fromkeys(action for actions in found for action in actions))


def move(
    joint: Joint,
    action: str,
    mover: Mover,
    given: Collection[str],
    now_ns: int,
    agreement: Agreement,
    unit: str | None = None,
) -> Joint:
    """The joint action after one side moved; `given` are the names of the fields that came, `unit` who takes part.

    Raises `NotAllowedError` with the actions that are possible, or `IncompleteError` with the fields that are missing.
    """
    possible = allowed(joint, mover)
    side = joint.side(mover.agency)
    if side is None or action not in possible:
        raise NotAllowedError(action, side.state if side else "not part of this", possible)
    missing = tuple(name for name in _needs(joint, side, action) if name not in given)
    if missing:
        raise IncompleteError(action, missing)
    if action == CANCEL:
        return cancel(joint)
    state = next(step.to_state for step in SIDE_LIFE if step.action == action and _open_to(step, side, mover))
    moved = replace(_side(side.agency, state, now_ns, agreement), unit=_kept_unit(side, state, unit))
    return _settled(replace(joint, version=joint.version + 1, escalated_ns=None, sides=_with(joint, moved)), now_ns)


def cancel(joint: Joint) -> Joint:
    """The joint action without a purpose any more: its proposer took it back, or the intercept came to nothing."""
    return replace(joint, version=joint.version + 1, status=Status.CANCELLED, sides=_at_rest(joint))


def escalate(joint: Joint, now_ns: int) -> Joint:
    """After a deadline: both desks are told once, and each side that was late is asked no further; unchanged where
    none is late."""
    late = [side.deadline_ns is not None and side.deadline_ns <= now_ns for side in joint.sides]
    if joint.status != Status.OPEN or not any(late):
        return joint
    first, second = (
        replace(side, deadline_ns=None, late_ns=now_ns) if over else side
        for side, over in zip(joint.sides, late, strict=True)
    )
    return replace(joint, version=joint.version + 1, sides=(first, second), escalated_ns=now_ns)


def _needs(joint: Joint, side: Side, action: str) -> tuple[str, ...]:
    if action == "done":
        return PROOF[side.agency] if joint.completion == Completion.ALL else _SENTENCE
    if action == CANCEL:
        return ("note",)
    return next(step.needs for step in SIDE_LIFE if step.action == action)


def _open_to(step: SideStep, side: Side, mover: Mover) -> bool:
    is_unit = mover.unit is not None and mover.unit == side.unit
    return side.state in step.from_states and mover.role in step.who and (mover.role != Role.SQUAD or is_unit)


def _may_cancel(joint: Joint, mover: Mover) -> bool:
    return mover.role in _DESKS and mover.agency == joint.sides[0].agency


def _unit(joint: Joint, agency: str) -> str | None:
    side = joint.side(agency)
    return side.unit if side else None


def _kept_unit(side: Side, state: SideState, unit: str | None) -> str | None:
    return None if state == SideState.DECLINED else unit or side.unit


def _side(agency: str, state: SideState, now_ns: int, agreement: Agreement) -> Side:
    allowed_ns = agreement.deadlines_ns.get(state)
    return Side(agency, state, now_ns, None if allowed_ns is None else now_ns + allowed_ns)


def _with(joint: Joint, moved: Side) -> tuple[Side, Side]:
    first, second = (moved if side.agency == moved.agency else side for side in joint.sides)
    return first, second


def _at_rest(joint: Joint) -> tuple[Side, Side]:
    first, second = (replace(side, deadline_ns=None, late_ns=None) for side in joint.sides)
    return first, second


def _settled(joint: Joint, now_ns: int) -> Joint:
    """The whole by its sides. What cannot be done any more is told to both desks at once."""
    status = _status(joint)
    if status == Status.DONE:
        return replace(joint, status=status, sides=_at_rest(joint))
    return replace(joint, status=status, escalated_ns=now_ns if status == Status.DECLINED else None)


def _status(joint: Joint) -> Status:
    states = [side.state for side in joint.sides]
    every = joint.completion == Completion.ALL
    if (all if every else any)(state == SideState.DONE for state in states):
        return Status.DONE
    if (any if every else all)(state == SideState.DECLINED for state in states):
        return Status.DECLINED
    return Status.OPEN
