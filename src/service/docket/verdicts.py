"""What a trip counts for once its truck stood on a scale, and once an authority decided about it.

The decision may be told with the verdict, with the unloading, or by police as their part of a joint action, before the
verdict or after it; the plate's history has it in each case.
"""

from __future__ import annotations

from sqlalchemy import Connection

from dispatch.life import State
from service import messages
from service.docket import record, rows
from service.store import joint_actions, outcomes, violations, weighings

#: A scale found the truck over.
_OVER = frozenset({State.CONFIRMED, State.UNLOADED})


def remember(conn: Connection, after: messages.Intercept, action: str) -> None:
    """After a person's action: the scale's verdict stands above the strips' suspicion."""
    if action in ("confirm", "legal"):
        record.weighing(conn, after, action == "confirm")
        _keep(conn, after)
    elif action == "unload":
        decide(conn, after)


def decide(conn: Connection, told: messages.Intercept) -> None:
    """After a document number was given: that of a truck that a scale found over makes its trip a decided one."""
    if told.state.value in _OVER and _decided(conn, told):
        _keep(conn, told)


def _keep(conn: Connection, told: messages.Intercept) -> None:
    over = told.state.value in _OVER
    verdict = rows.verdict_row(told, over, decided=over and _decided(conn, told))
    if told.plate_certain:
        outcomes.keep(conn, [verdict])
    if told.plate_certain and not over:
        outcomes.clear_suspicion(conn, told.case)
    # What a person took out of all figures before the truck stood on the scale stays out.
    excluded_by = violations.excluded(conn, [told.best.id]).get(told.best.id)
    if excluded_by is not None:
        weighings.exclude(conn, told.id, excluded_by)
        outcomes.exclude(conn, [verdict.id], excluded_by)


def _decided(conn: Connection, told: messages.Intercept) -> bool:
    """Whether a document number stands on the intercept, or on a side of one of its joint actions."""
    if told.document_number is not None:
        return True
    kept = (
        messages.decode(messages.JointAction, row.document.encode())
        for row in joint_actions.of_intercepts(conn, [told.id])
    )
    return any(side.document_number is not None for one in kept for side in one.sides)
