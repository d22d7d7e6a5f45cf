"""The life of an intercept: one table says who may do what, everything else follows from it.

An intercept is what a squad is asked to stop: one trip's violations, the newest place, and how sure we are. Its states:

=========  ==========================================================================================
state      meaning
=========  ==========================================================================================
open       anybody in reach may claim it
claimed    one squad has it
closed     over, with an outcome
expired    the truck got out of reach before anybody claimed it, or was so when it was judged (`late`)
merged     a late sighting showed that another intercept is the same trip; that one goes on
=========  ==========================================================================================

`LIFE` is the only place that knows the changes between them; the API, the messages and the documentation ask it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from dispatch.cases import REACH_HORIZON_NS, Reason, is_late


class State(enum.StrEnum):
    """Where an intercept stands; the module's table says what each means."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"
    EXPIRED = "expired"
    MERGED = "merged"


class Role(enum.StrEnum):
    """Who acts; `system` is this program, by a timer or a sighting."""

    SQUAD = "squad"
    DUTY = "duty"
    POLICE = "police"
    SYSTEM = "system"


class Outcome(enum.StrEnum):
    """How an intercept was closed."""

    CONFIRMED = "confirmed"
    LEGAL = "legal"
    LOST = "lost"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


class Ended(enum.StrEnum):
    """Why an intercept expired."""

    LATE = "late"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the life cycle."""

    action: str
    from_states: tuple[str, ...]
    to_state: str
    who: tuple[str, ...]
    #: Rows of one action differ in their outcome.
    outcome: str | None = None
    #: Fields that must be given.
    needs: tuple[str, ...] = ()
    #: A squad may do this only to what it holds itself.
    holder: bool = False


_ROADSIDE = (Role.SQUAD, Role.DUTY)
_ACTIVE = (State.OPEN, State.CLAIMED)
_HELD = (State.CLAIMED,)
#: A verdict about the truck is worth its scale: without the certificate of the scale it proves nothing.
_WEIGHED = ("static_gross_kg", "scale_certificate")

#: dispatch.md §3 as far as it is built. What a squad does at the roadside (weigh, confirm, lose, hand over) is given at
#: once, as the outcome of `close`; duty may act for a squad that reports by radio.
LIFE: tuple[Step, ...] = (
    Step("claim", (State.OPEN,), State.CLAIMED, _ROADSIDE),
    Step("close", _HELD, State.CLOSED, _ROADSIDE, Outcome.CONFIRMED, _WEIGHED, holder=True),
    Step("close", _HELD, State.CLOSED, _ROADSIDE, Outcome.LEGAL, _WEIGHED, holder=True),
    Step("close", _HELD, State.CLOSED, _ROADSIDE, Outcome.LOST, holder=True),
    Step("close", _ACTIVE, State.CLOSED, (Role.DUTY, Role.POLICE), Outcome.HANDED_OVER, ("note",)),
    Step("close", _ACTIVE, State.CLOSED, (Role.DUTY,), Outcome.CANCELLED, ("note",)),
    Step("expire", (State.OPEN,), State.EXPIRED, (Role.SYSTEM,)),
    Step("reopen", (State.EXPIRED,), State.OPEN, (Role.SYSTEM,)),
    Step("merge", (State.OPEN, State.CLAIMED, State.EXPIRED), State.MERGED, (Role.SYSTEM,)),
)

#: States in which somebody can still act; what is in one of them is shown, sent again by a new relay, and moved on.
ACTIVE_STATES: tuple[State, ...] = _ACTIVE


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


def allowed(state: str, role: str, holds: bool = True, life: Iterable[Step] = LIFE) -> tuple[str, ...]:
    """The actions that `role` may take in `state`, each once, in the order of the table.

    `holds` says whether the acting squad is the one that claimed; it matters to squads only.
    """
    return tuple(dict.fromkeys(step.action for step in life if _open_to(step, state, role, holds)))


def outcomes(state: str, role: str, holds: bool = True, life: Iterable[Step] = LIFE) -> tuple[str, ...]:
    """The outcomes with which `role` may close in `state`, in the order of the table."""
    return tuple(step.outcome for step in life if step.outcome and _open_to(step, state, role, holds))


def next_actions(state: str, life: Iterable[Step] = LIFE) -> tuple[str, ...]:
    """The actions that some person may take in `state`: what a message to everybody can say."""
    persons = set(Role) - {Role.SYSTEM}
    return tuple(dict.fromkeys(step.action for step in life if state in step.from_states and persons & set(step.who)))


def advance(
    state: str,
    action: str,
    role: str,
    outcome: str | None = None,
    given: Collection[str] = (),
    holds: bool = True,
    life: Iterable[Step] = LIFE,
) -> str:
    """The state after `action` by `role`; `given` are the names of the fields that came with it.

    Raises `NotAllowedError` with the actions that are possible, or `IncompleteError` with the fields that are missing.
    """
    rows = tuple(life)
    steps = [step for step in rows if step.action == action and _open_to(step, state, role, holds)]
    if not steps:
        raise NotAllowedError(action, state, allowed(state, role, holds, rows))
    step = next((step for step in steps if step.outcome == outcome), None)
    if step is None and outcome is None:
        raise IncompleteError(action, ("outcome",))
    if step is None:
        raise NotAllowedError(f"{action} as {outcome}", state, tuple(f"{action} as {step.outcome}" for step in steps))
    missing = tuple(name for name in step.needs if name not in given)
    if missing:
        raise IncompleteError(action, missing)
    return step.to_state


def _open_to(step: Step, state: str, role: str, holds: bool) -> bool:
    return state in step.from_states and role in step.who and (holds or not step.holder or role != Role.SQUAD)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much a violation proves; compared field by field in this order, so the strongest is the greatest."""

    evidence: bool
    grade: int
    p_over: float
    excess_kg: int
    passage: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """The policy numbers of an intercept's priority, with the values of dispatch.md §2."""

    #: By severity 0 … 6: a squad that can stop one truck should stop the one that is a step worse.
    severity_weights: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    hundred_tonne_factor: float = 2.0
    repeat_factor: float = 1.5

    def priority(self, severity: int, p_over: float, reasons: Collection[str]) -> float:
        """Severity weight × p_over, raised for a 百噸王 and for a repeat offender; 3 decimals."""
        value = self.severity_weights[severity] * p_over
        if Reason.HUNDRED_TONNE in reasons:
            value *= self.hundred_tonne_factor
        if Reason.REPEAT_CONFIRMED in reasons or Reason.REPEAT_SUSPECTED in reasons:
            value *= self.repeat_factor
        return round(value, 3)


@dataclass(frozen=True, slots=True)
class Intercept:
    """What the life cycle needs of an intercept; times by event time in ns.

    `alerts` counts how often it went out as something new: once when it opened, once more each time that a truck
    out of reach came back. A new sighting of an open one changes the version and not the alerts.
    """

    id: str
    case: str
    state: str
    version: int
    best: Evidence
    #: In the order of `Reason`. A reason that was given stays; `as_of_ns` is the crossing that gave the newest.
    reasons: tuple[str, ...]
    as_of_ns: int
    newest_ns: int
    priority: float
    alerts: int = 1
    ended: str | None = None
    merged_into: str | None = None

    def expires_ns(self, horizon_ns: int = REACH_HORIZON_NS) -> int:
        """When nobody can reach the truck any more, unless it is seen again."""
        return self.newest_ns + horizon_ns


def strongest(found: Iterable[Evidence]) -> Evidence:
    """The one that proves most; of equals that of the greatest passage id, so that no order matters."""
    return max(found, key=_rank)


@dataclass(frozen=True, slots=True)
class Charged:
    """A violation as `begin` and `see` take it; without reasons it opens nothing, but may be the best evidence."""

    best: Evidence
    reasons: tuple[str, ...]
    priority: float


def begin(intercept: str, case: str, charged: Charged, as_of_ns: int, newest_ns: int, late: bool) -> Intercept:
    """The intercept that a violation opens; a late one is expired from birth and alerts nobody.

    `newest_ns` is the newest sighting of the case, which a sighting without violation may have been.
    """
    return Intercept(
        id=intercept,
        case=case,
        state=State.EXPIRED if late else State.OPEN,
        version=1,
        best=charged.best,
        reasons=charged.reasons,
        as_of_ns=as_of_ns,
        newest_ns=newest_ns,
        priority=charged.priority,
        alerts=0 if late else 1,
        ended=Ended.LATE if late else None,
    )


def see(intercept: Intercept, time_ns: int, now_ns: int, horizon_ns: int, charged: Charged | None = None) -> Intercept:
    """The intercept after another sighting of its trip: a newer place, better evidence, further reasons.

    Nothing changes once it is closed or merged. An expired one opens again where the truck is in reach again; that is
    the only sighting that alerts.
    """
    if intercept.state not in (*ACTIVE_STATES, State.EXPIRED):
        return intercept
    seen = replace(intercept, newest_ns=max(intercept.newest_ns, time_ns))
    if charged is not None:
        seen = _charge(seen, charged, time_ns)
    if seen.state == State.EXPIRED and not is_late(seen.newest_ns, now_ns, horizon_ns):
        seen = replace(seen, state=advance(seen.state, "reopen", Role.SYSTEM), ended=None, alerts=seen.alerts + 1)
    return replace(seen, version=seen.version + 1) if seen != intercept else intercept


def expire(intercept: Intercept) -> Intercept:
    """The intercept after its truck got out of reach."""
    state = advance(intercept.state, "expire", Role.SYSTEM)
    return replace(intercept, state=state, ended=Ended.OUT_OF_REACH, version=intercept.version + 1)


def merge(one: Intercept, other: Intercept) -> tuple[Intercept, Intercept]:
    """Two intercepts of what turned out to be one trip: (the one that goes on, the one merged into it).

    A claimed one goes on before an open one and that before an expired one, because people hold it; among equals the
    smallest id. Raises `NotAllowedError` where the one that would end is closed.
    """
    kept, gone = sorted((one, other), key=lambda intercept: (_HOLD[intercept.state], intercept.id))
    state = advance(gone.state, "merge", Role.SYSTEM)
    reasons = _in_order({*kept.reasons, *gone.reasons})
    kept = replace(
        kept,
        version=kept.version + 1,
        best=strongest((kept.best, gone.best)),
        reasons=reasons,
        as_of_ns=max(kept.as_of_ns, gone.as_of_ns),
        newest_ns=max(kept.newest_ns, gone.newest_ns),
        priority=max(kept.priority, gone.priority),
    )
    return kept, replace(gone, state=state, merged_into=kept.id, version=gone.version + 1)


#: Who goes on in a merge, first first.
_HOLD: dict[str, int] = {State.CLAIMED: 0, State.OPEN: 1, State.EXPIRED: 2, State.CLOSED: 3, State.MERGED: 4}


def _charge(intercept: Intercept, charged: Charged, time_ns: int) -> Intercept:
    reasons = _in_order({*intercept.reasons, *charged.reasons})
    same = charged.best.passage == intercept.best.passage
    return replace(
        intercept,
        # Judged anew, a crossing replaces its own evidence, be it weaker.
        best=charged.best if same else strongest((intercept.best, charged.best)),
        reasons=reasons,
        as_of_ns=time_ns if reasons != intercept.reasons else intercept.as_of_ns,
        priority=max(intercept.priority, charged.priority),
    )


def _in_order(reasons: Collection[str]) -> tuple[str, ...]:
    return tuple(reason for reason in Reason if reason in reasons)


def _rank(best: Evidence) -> tuple[bool, int, float, int, str]:
    return (best.evidence, best.grade, best.p_over, best.excess_kg, best.passage)
