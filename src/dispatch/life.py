"""The life cycle of an intercept: one table says who may do what, everything else asks it.

============  =======================================================================================
state         meaning
============  =======================================================================================
unverified    a 百噸王 of grade count: the duty desk looks at picture and signal first
open          nobody has it: about to be offered, or nobody in reach, or at the duty desk (`desk`)
offered       one squad is asked, and has until `answer_by`
claimed       one squad has it
en_route      it is on its way to the stop point
stopped       the truck stands
weighed       it stood on a static scale
confirmed     overloaded by that scale; it must not drive on before it is unloaded
unloaded      closed: unloaded and weighed again
legal         closed: legal by the scale, or by a permit shown at the roadside
lost          the truck got away; a later sighting opens it again
handed_over   closed here: the other agency or another authority has it
expired       the truck got out of reach before anybody claimed it, or was so when it was judged
cancelled     closed: dismissed, or a mistake
merged        a late sighting showed that another intercept is the same trip; that one goes on
============  =======================================================================================

`LIFE` is the only place that knows the changes between them: code, messages, API, documents and tests read it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass


class State(enum.StrEnum):
    """Where an intercept stands; the module's table says what each means."""

    UNVERIFIED = "unverified"
    OPEN = "open"
    OFFERED = "offered"
    CLAIMED = "claimed"
    EN_ROUTE = "en_route"
    STOPPED = "stopped"
    WEIGHED = "weighed"
    CONFIRMED = "confirmed"
    UNLOADED = "unloaded"
    LEGAL = "legal"
    LOST = "lost"
    HANDED_OVER = "handed_over"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Role(enum.StrEnum):
    """Who acts; `system` is this program, by a timer or a sighting."""

    SQUAD = "squad"
    DUTY = "duty"
    POLICE = "police"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the life cycle."""

    action: str
    from_states: tuple[str, ...]
    to_state: str
    who: tuple[str, ...]
    #: Fields that must be given.
    needs: tuple[str, ...] = ()
    #: A squad may do this only to what it has itself, or was offered itself.
    holder: bool = False


#: Somebody is at it or should be: shown, sent again by a new relay, moved on by sightings.
ACTIVE_STATES: tuple[State, ...] = (
    State.UNVERIFIED,
    State.OPEN,
    State.OFFERED,
    State.CLAIMED,
    State.EN_ROUTE,
    State.STOPPED,
    State.WEIGHED,
    State.CONFIRMED,
)

#: Nobody has taken it yet; it dies when the truck is out of reach.
WAITING_STATES: tuple[State, ...] = (State.UNVERIFIED, State.OPEN, State.OFFERED)

#: Over for good; what was found out stays found out.
CLOSED_STATES: tuple[State, ...] = (State.UNLOADED, State.LEGAL, State.HANDED_OVER, State.CANCELLED, State.MERGED)

#: Over unless the truck turns up again.
DORMANT_STATES: tuple[State, ...] = (State.EXPIRED, State.LOST)

#: What has happened on the road, whoever has the intercept by now: never refused to a phone that had no network.
FACTS = frozenset({"stop", "weigh", "confirm", "legal", "lose", "unload"})

#: Duty acts for a squad that reports by radio; the ledger names both.
_ROADSIDE = (Role.SQUAD, Role.DUTY)
_DUTY, _SYSTEM = (Role.DUTY,), (Role.SYSTEM,)
#: A verdict is worth its scale: without the certificate it proves nothing.
_SCALE = ("static_gross_kg", "scale_certificate")

#: dispatch.md §3. After `pass` and `open` the system offers it to the next squad in the same transaction; where none
#: is left it stays open and the duty desk has it.
LIFE: tuple[Step, ...] = (
    Step("verify", (State.UNVERIFIED,), State.OPEN, _DUTY),
    Step("dismiss", (State.UNVERIFIED,), State.CANCELLED, _DUTY, ("note",)),
    Step("claim", (State.OPEN, State.OFFERED), State.CLAIMED, _ROADSIDE),
    Step("pass", (State.OFFERED, State.CLAIMED, State.EN_ROUTE), State.OPEN, _ROADSIDE, ("note",), holder=True),
    Step("depart", (State.CLAIMED,), State.EN_ROUTE, _ROADSIDE, holder=True),
    Step("stop", (State.CLAIMED, State.EN_ROUTE), State.STOPPED, _ROADSIDE, holder=True),
    Step("stop", DORMANT_STATES, State.STOPPED, _ROADSIDE),
    Step("weigh", (State.STOPPED,), State.WEIGHED, _ROADSIDE, _SCALE, holder=True),
    Step("confirm", (State.WEIGHED,), State.CONFIRMED, _ROADSIDE, holder=True),
    Step("legal", (State.WEIGHED,), State.LEGAL, _ROADSIDE, holder=True),
    Step("unload", (State.CONFIRMED,), State.UNLOADED, _ROADSIDE, ("unloaded_kg", *_SCALE), holder=True),
    Step("lose", (State.CLAIMED, State.EN_ROUTE, State.STOPPED), State.LOST, _ROADSIDE, holder=True),
    Step("hand_over", ACTIVE_STATES, State.HANDED_OVER, (Role.DUTY, Role.POLICE)),
    Step("cancel", (*ACTIVE_STATES, *DORMANT_STATES), State.CANCELLED, _DUTY, ("note",)),
    Step("open", (State.UNVERIFIED,), State.OPEN, _SYSTEM),
    Step("offer", (State.OPEN, State.OFFERED), State.OFFERED, _SYSTEM),
    Step("escalate", (State.OPEN, State.OFFERED, State.CLAIMED), State.OPEN, _SYSTEM),
    Step("expire", WAITING_STATES, State.EXPIRED, _SYSTEM),
    Step("reopen", (*DORMANT_STATES, State.CONFIRMED), State.OPEN, _SYSTEM),
    Step("merge", (*ACTIVE_STATES, *DORMANT_STATES), State.MERGED, _SYSTEM),
)

#: Every action that a person may take, in the order of the table.
PERSONS_ACTIONS: tuple[str, ...] = tuple(dict.fromkeys(step.action for step in LIFE if step.who != _SYSTEM))


class NotAllowedError(ValueError):
    """The life cycle has no such step from here for this person; `allowed` are the actions that it has."""

    def __init__(self, action: str, state: str, allowed: tuple[str, ...]) -> None:
        possible = ", ".join(allowed) or "nothing"
        super().__init__(f"cannot {action} an intercept that is {state}; possible now: {possible}")
        self.action, self.state, self.allowed = action, state, allowed


class IncompleteError(ValueError):
    """The step is allowed, but what it must be given is missing; `missing` names the fields."""

    def __init__(self, action: str, missing: tuple[str, ...]) -> None:
        super().__init__(f"to {action} an intercept give also: {', '.join(missing)}")
        self.action, self.missing = action, missing


def allowed(state: str, role: str, holds: bool = True) -> tuple[str, ...]:
    """The actions that `role` may take in `state`, each once, in the order of the table.

    `holds` says whether the acting squad is the one that has it or was offered it; it matters to squads only.
    """
    return tuple(dict.fromkeys(step.action for step in LIFE if _open_to(step, state, role, holds)))


def next_actions(state: str) -> tuple[str, ...]:
    """The actions that some person may take in `state`: what a message to everybody can say."""
    persons = set(Role) - {Role.SYSTEM}
    return tuple(dict.fromkeys(step.action for step in LIFE if state in step.from_states and persons & set(step.who)))


def advance(state: str, action: str, role: str, given: Collection[str] = (), holds: bool = True) -> str:
    """The state after `action` by `role`; `given` are the names of the fields that came with it.

    Raises `NotAllowedError` with the actions that are possible, or `IncompleteError` with the fields that are missing.
    """
    step = next((step for step in LIFE if step.action == action and _open_to(step, state, role, holds)), None)
    if step is None:
        raise NotAllowedError(action, state, allowed(state, role, holds))
    if missing := tuple(name for name in step.needs if name not in given):
        raise IncompleteError(action, missing)
    return step.to_state


def by_system(state: str, action: str) -> str:
    """The state after what this program does by itself. Raises `NotAllowedError`."""
    return advance(state, action, Role.SYSTEM)


def progress(state: str) -> int:
    """0 for the state that people have brought furthest: it goes on where two turn out to be one trip."""
    return _PROGRESS[state]


_PROGRESS: dict[str, int] = {
    state: place for place, state in enumerate((*reversed(ACTIVE_STATES), State.LOST, State.EXPIRED, *CLOSED_STATES))
}


def _open_to(step: Step, state: str, role: str, holds: bool) -> bool:
    return state in step.from_states and role in step.who and (holds or not step.holder or role != Role.SQUAD)
