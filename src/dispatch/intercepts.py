"""Intercepts: what a squad is asked to stop. One trip's violations, the newest place, and how sure we are.

What may happen to one is `dispatch.life`; here is what sightings, time and merging trips make of it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from dispatch.cases import REACH_HORIZON_NS, Reason, is_late
from dispatch.life import ACTIVE_STATES, DORMANT_STATES, State, by_system, progress


class Ended(enum.StrEnum):
    """Why an intercept expired."""

    LATE = "late"
    OUT_OF_REACH = "out_of_reach"


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
    #: When somebody last did something to it on the road; a sighting after that shows that the truck drove on.
    acted_ns: int = 0
    #: It was confirmed, and seen heavy again before anybody unloaded it.
    escaped: bool = False

    def expires_ns(self, horizon_ns: int = REACH_HORIZON_NS) -> int:
        """When nobody can reach the truck any more, unless it is seen again."""
        return self.newest_ns + horizon_ns


def strongest(found: Iterable[Evidence]) -> Evidence:
    """The one that proves most; of equals that of the greatest passage id, so that no order matters."""
    return max(found, key=_rank)


@dataclass(frozen=True, slots=True)
class Charged:
    """A violation as `begin` and `see` take it; without reasons it opens nothing, but may be the best evidence.

    `unverified`: a person must look before anybody is sent (decision.md §6).
    """

    best: Evidence
    reasons: tuple[str, ...]
    priority: float
    unverified: bool = False


def begin(intercept: str, case: str, charged: Charged, as_of_ns: int, newest_ns: int, late: bool) -> Intercept:
    """The intercept that a violation opens; a late one is expired from birth and alerts nobody.

    `newest_ns` is the newest sighting of the case, which a sighting without violation may have been.
    """
    fresh = State.UNVERIFIED if charged.unverified else State.OPEN
    return Intercept(
        id=intercept,
        case=case,
        state=State.EXPIRED if late else fresh,
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

    Nothing changes once it is closed. One that expired or was lost opens again where the truck is in reach again, and
    one that was confirmed where the truck is charged again before it was unloaded; only such a sighting alerts.
    """
    if intercept.state not in (*ACTIVE_STATES, *DORMANT_STATES):
        return intercept
    seen = replace(intercept, newest_ns=max(intercept.newest_ns, time_ns))
    if charged is not None:
        seen = _charge(seen, charged, time_ns)
    if _drives_again(intercept, time_ns, charged) and not is_late(seen.newest_ns, now_ns, horizon_ns):
        escaped = seen.escaped or seen.state == State.CONFIRMED
        seen = replace(seen, state=by_system(seen.state, "reopen"), ended=None, alerts=seen.alerts + 1, escaped=escaped)
    return replace(seen, version=seen.version + 1) if seen != intercept else intercept


def _drives_again(intercept: Intercept, time_ns: int, charged: Charged | None) -> bool:
    """Whether a sighting shows that a truck is on the road again that nobody was after any more."""
    if intercept.state == State.EXPIRED:
        return True
    after = time_ns > intercept.acted_ns
    if intercept.state == State.LOST:
        return after
    return intercept.state == State.CONFIRMED and after and charged is not None and bool(charged.reasons)


def expire(intercept: Intercept) -> Intercept:
    """The intercept after its truck got out of reach."""
    state = by_system(intercept.state, "expire")
    return replace(intercept, state=state, ended=Ended.OUT_OF_REACH, version=intercept.version + 1)


def merge(one: Intercept, other: Intercept) -> tuple[Intercept, Intercept]:
    """Two intercepts of what turned out to be one trip: (the one that goes on, the one merged into it).

    The one that people have brought further goes on; among equals the smallest id. Raises `NotAllowedError` where the
    one that would end is closed.
    """
    kept, gone = sorted((one, other), key=lambda intercept: (progress(intercept.state), intercept.id))
    state = by_system(gone.state, "merge")
    reasons = _in_order({*kept.reasons, *gone.reasons})
    kept = replace(
        kept,
        version=kept.version + 1,
        best=strongest((kept.best, gone.best)),
        reasons=reasons,
        as_of_ns=max(kept.as_of_ns, gone.as_of_ns),
        newest_ns=max(kept.newest_ns, gone.newest_ns),
        priority=max(kept.priority, gone.priority),
        escaped=kept.escaped or gone.escaped,
    )
    return kept, replace(gone, state=state, merged_into=kept.id, version=gone.version + 1)


def _charge(intercept: Intercept, charged: Charged, time_ns: int) -> Intercept:
    reasons = _in_order({*intercept.reasons, *charged.reasons})
    same = charged.best.passage == intercept.best.passage
    state = intercept.state
    if state == State.UNVERIFIED and not charged.unverified and charged.reasons:
        # Another site weighed it well enough: nobody need look first.
        state = by_system(state, "open")
    return replace(
        intercept,
        state=state,
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
