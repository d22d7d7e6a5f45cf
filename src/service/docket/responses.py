"""What an agency's own system says that it did: done as if its people had done it here, or refused with the reason.

The topic says which agency speaks, never the message. A response acts on the agency's side of a joint action where its
action is one of those (`receive`, `accept`, `decline`, `on_scene`, `done`) or `joint` names one, else on the intercept:
for the squad that `unit` names, or for the agency's desk. The same `idempotency_key` acts once. What says `after` or,
of a squad, `done_at` waited for a network: a fact of the roadside among it is kept even where it does not fit, as a
conflict. A refusal changes nothing, is owed to the joint-action topic, and leaves the key free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from dispatch import joint as joint_life
from dispatch import life
from dispatch.joint import SIDE_LIFE
from dispatch.life import Role
from service import messages
from service.docket import actions, joint
from service.docket.actions import RefusedError, StaleError, UnknownInterceptError
from service.docket.deeds import Actor, ContradictionError, Deed
from service.docket.joint import JointDeed, JointRefusedError, StaleJointError, UnitError, UnknownJointError
from service.docket.joint_drafting import joint_of
from service.docket.terms import Terms
from service.store import audit, idempotency, joint_actions, outbox
from service.store.errors import KeyReusedError
from service.store.idempotency import Answer, Request
from service.store.outbox import Owed
from service.topics import JOINT_ACTION
from wim.forms import FormError
from wim.forms.json_form import instant_ns

#: Who an agency's system acts as, where no squad of it does.
_DESKS = {joint_life.ROAD: Role.DUTY, joint_life.POLICE: Role.POLICE}

_SIDE_ACTIONS = frozenset(step.action for step in SIDE_LIFE)

#: Another system's clock may be this far ahead of ours; what is further ahead has not happened.
AHEAD_NS = 60 * 10**9

_ROUTE = "responses"


@dataclass(frozen=True, slots=True)
class Answered:
    """A response from an agency's topic, under the intercept of its key."""

    agency: str
    intercept: str
    response: messages.Response


class _Refused(Exception):  # noqa: N818 -- it is an answer, as `problems.Problem` is
    """Why nothing was done, as the other system is told."""

    def __init__(
        self,
        code: str,
        detail: str,
        state: str | None = None,
        version: int | None = None,
        allowed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.state, self.version, self.allowed = code, detail, state, version, allowed


def take(conn: Connection, answered: Answered, now_ns: int, terms: Terms) -> bool:
    """Do what a response says, once; gives whether it was new and done. In a durable transaction of the caller's.

    Raises `FencedError` where somebody else was quicker by a moment; the transaction must be given up.
    """
    try:
        # What a refusal leaves behind must be nothing, the key included.
        with conn.begin_nested():
            return _once(conn, answered, now_ns, lambda: _do(conn, answered, now_ns, terms))
    except _Refused as refused:
        _tell(conn, answered, refused, now_ns)
        return False


def _once(conn: Connection, answered: Answered, now_ns: int, act: Callable[[], None]) -> bool:
    key = answered.response.idempotency_key
    digest = hashlib.blake2b(answered.intercept.encode() + msgspec.json.encode(answered.response), digest_size=32)
    wanted = Request(_actor_key(answered.agency), key, _ROUTE, digest.digest())
    try:
        if idempotency.begin(conn, wanted, now_ns) is not None:
            return False
    except KeyReusedError as error:
        raise _Refused("idempotency_key_reused", str(error)) from None
    act()
    idempotency.finish(conn, wanted, Answer(200, b""))
    return True


def _do(conn: Connection, answered: Answered, now_ns: int, terms: Terms) -> None:
    response = answered.response
    _check_time(response, now_ns)
    if response.after is not None and response.action not in life.FACTS and not _known(conn, answered, response.after):
        raise _Refused("after_unknown", "send the response of that key first, then this one again")
    if response.joint is not None or response.action in _SIDE_ACTIONS:
        _move(conn, answered, now_ns, terms)
    else:
        _act(conn, answered, now_ns, terms)


def _known(conn: Connection, answered: Answered, key: str) -> bool:
    return idempotency.known(conn, _actor_key(answered.agency), key) is not None


def _check_time(response: messages.Response, now_ns: int) -> None:
    if response.done_at is None:
        return
    try:
        done_ns = instant_ns("done_at", response.done_at)
    except FormError as error:
        raise _Refused("body_invalid", f"{error.field} {error.problem}; {error.remedy}") from None
    if done_ns > now_ns + AHEAD_NS:
        raise _Refused("body_invalid", "done_at is in the future; correct it by the offset of your clock")


def _act(conn: Connection, answered: Answered, now_ns: int, terms: Terms) -> None:
    response, actor = answered.response, _actor(answered, terms)
    if response.action not in {step.action for step in life.LIFE}:
        raise _Refused(
            "body_invalid", f"action is {response.action!r}; docs/schemas and dispatch.life have all of them"
        )
    given = {name: getattr(response, name) for name in Deed.__struct_fields__ if hasattr(response, name)}
    deed = Deed(**given, squad=response.unit if actor.squad is None else None)
    waited = response.after is not None or (response.done_at is not None and actor.squad is not None)
    version = None if waited else response.if_version
    try:
        actions.act(conn, answered.intercept, deed, actor, now_ns, terms, if_version=version, offline=waited)
    except UnknownInterceptError as error:
        raise _Refused("intercept_unknown", str(error)) from None
    except StaleError as stale:
        told = stale.told
        allowed = life.allowed(told.state.value, actor.role, told.squad is not None and told.squad == actor.squad)
        raise _Refused("version_conflict", str(stale), told.state.value, told.version, allowed) from None
    except RefusedError as refusal:
        told = refusal.told
        raise _Refused(
            "action_not_allowed", str(refusal), told.state.value, told.version, tuple(refusal.allowed)
        ) from None
    except (life.IncompleteError, ContradictionError) as error:
        raise _Refused("body_invalid", str(error)) from None


def _move(conn: Connection, answered: Answered, now_ns: int, terms: Terms) -> None:
    response = answered.response
    given = {name: getattr(response, name) for name in JointDeed.__struct_fields__}
    actor = Actor(response.actor, _DESKS[answered.agency], answered.agency)
    try:
        joint.act(
            conn, _joint(conn, answered), JointDeed(**given), actor, now_ns, terms, if_version=response.if_version
        )
    except UnknownJointError as error:
        raise _Refused("joint_unknown", str(error)) from None
    except StaleJointError as stale:
        told = joint_of(stale.told)
        raise _Refused(
            "version_conflict",
            str(stale),
            *_standing(told, answered.agency),
            joint_life.allowed(told, joint.mover_of(actor)),
        ) from None
    except JointRefusedError as refusal:
        told = joint_of(refusal.told)
        raise _Refused("action_not_allowed", str(refusal), *_standing(told, answered.agency), refusal.allowed) from None
    except (joint_life.IncompleteError, UnitError) as error:
        raise _Refused("body_invalid", str(error)) from None


def _joint(conn: Connection, answered: Answered) -> str:
    """The joint action that is meant: the one that is named, or the only one that the intercept has."""
    rows = joint_actions.of_intercepts(conn, [answered.intercept])
    if answered.response.joint is not None:
        rows = [row for row in rows if row.id == answered.response.joint]
    elif any(row.active for row in rows):
        rows = [row for row in rows if row.active]
    if len(rows) == 1:
        return rows[0].id
    named = ", ".join(row.id for row in rows)
    remedy = f"name one of {named} as `joint`" if rows else "this intercept has no such joint action"
    raise _Refused("joint_unknown", remedy)


def _actor(answered: Answered, terms: Terms) -> Actor:
    """The squad that is named, if it is one of the agency's; else the agency's desk."""
    response = answered.response
    squad = terms.forces.squads.get(response.unit or "")
    if squad is not None and squad.agency == answered.agency:
        return Actor(response.actor, Role.SQUAD, answered.agency, squad.id)
    if response.unit is not None:
        raise _Refused("body_invalid", f"unit {response.unit!r} is no squad of {answered.agency}")
    return Actor(response.actor, _DESKS[answered.agency], answered.agency)


def _standing(told: joint_life.Joint, agency: str) -> tuple[str | None, int]:
    side = told.side(agency)
    return (side.state if side else None), told.version


def _actor_key(agency: str) -> str:
    """Whose keys they are: one topic, one system."""
    return f"topic:{agency}"


def _tell(conn: Connection, answered: Answered, refused: _Refused, now_ns: int) -> None:
    response, agency = answered.response, answered.agency
    identity = hashlib.blake2b(f"{agency}/{response.idempotency_key}".encode(), digest_size=8, person=b"wim refusal")
    refusal = messages.Refusal(
        id=identity.hexdigest(),
        # A later refusal of the same key is news: what is possible may have changed.
        version=now_ns,
        time=messages.rfc3339(now_ns),
        intercept=answered.intercept,
        joint=response.joint,
        agency=agency,
        idempotency_key=response.idempotency_key,
        code=refused.code,
        detail=refused.detail,
        state=refused.state,
        present_version=refused.version,
        allowed=list(refused.allowed),
    )
    outbox.owe(conn, [Owed(JOINT_ACTION, answered.intercept, now_ns, messages.encode(refusal).decode())])
    facts = msgspec.json.encode({"refused": refused.code, **msgspec.to_builtins(response)}).decode()
    subject = response.joint or answered.intercept
    action = f"response.{response.action}.refused"
    role = _DESKS[agency]
    audit.note(conn, audit.Entry(now_ns, response.actor, role, agency, action, subject, response.note, facts))
