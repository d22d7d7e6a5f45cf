"""A person says that a crossing was not of the vehicle whose intercept it moved on: both go their own ways.

The intercept is again what it was by its other crossings. The crossing is in a case of its own already; where its truck
is still in reach it gets the intercept that it would have opened, and takes along what was matched to it since.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection

from dispatch.cases import is_late
from dispatch.intercepts import Charged, strongest
from dispatch.offenders import History
from service import messages
from service.docket import actions, keeping, offering, record, rows
from service.docket.arrivals import Arrival, arrival, charge_of, evidence_of
from service.docket.deeds import Actor
from service.docket.drafting import Known, life_of, redraft, seen_of
from service.docket.openings import Accusation, Trip, changes
from service.docket.resembling import Charges
from service.docket.terms import Terms
from service.store import feed, ledger, resemblances, sightings, violations
from service.store.resemblances import Resemblance
from wim.forms.json_form import instant_ns

#: What the ledger calls it.
NOT_THE_SAME = "not_the_same"


class NotProbableError(ValueError):
    """The crossing moves on nobody's intercept (any more), so there is nothing to be told apart."""

    def __init__(self, passage: str) -> None:
        super().__init__(f"{passage} moves on no intercept of another crossing")
        self.passage = passage


@dataclass(frozen=True, slots=True)
class Apart:
    """A crossing by itself: the intercept that it moved on as it is now, its own case, the intercept that it opened."""

    passage: str
    left: str
    version: int
    case: str
    opened: str | None


def not_the_same(
    conn: Connection,
    passage: str,
    reason: str,
    actor: Actor,
    now_ns: int,
    terms: Terms,
    corridors: Collection[str] | None = None,
) -> Apart:
    """Tell a crossing apart from the vehicle that it was taken for. In a durable transaction of the caller's.

    Raises:
        NotProbableError: nobody takes it for another.
        UnknownInterceptError: what it moved on lies by now in none of these `corridors`: another desk has it.
        FencedError: somebody else was quicker by a moment; the transaction must be given up.
    """
    ledger.hold(conn)
    link = resemblances.of_passages(conn, [passage]).get(passage)
    if link is None or link.apart_ns is not None:
        raise NotProbableError(passage)
    others = [one for one in resemblances.of_intercepts(conn, [link.intercept]) if one.apart_ns is None]
    gone = _with_followers(passage, others)
    told = actions.present(conn, link.intercept, corridors)
    after = _without(conn, told, gone, others, now_ns, terms)
    case = sightings.case_of(conn, passage) or ""
    document = {"passage": passage, "case": case, "score_percent": round(100 * link.score)}
    entry = record.of_desk(conn, told, after, NOT_THE_SAME, actor, now_ns, document, reason)
    kept = keeping.keep(conn, [after], [entry], now_ns, terms)
    opened = _open(conn, case, [one for one in others if one.passage in gone], now_ns, terms)
    feed.append(conn, [rows.intercept_entry(row) for row in kept])
    resemblances.keep(conn, [_apart(one, passage, opened, now_ns) for one in others if one.passage in gone])
    return Apart(passage, link.intercept, after.version, case, opened)


def _with_followers(passage: str, links: Sequence[Resemblance]) -> set[str]:
    """The crossing, and those that were matched to it or to one of these."""
    gone = {passage}
    while more := {one.passage for one in links if one.earlier in gone} - gone:
        gone |= more
    return gone


def _apart(link: Resemblance, passage: str, opened: str | None, now_ns: int) -> Resemblance:
    """What follows the crossing moves on its intercept from now on; without one each is by itself."""
    if link.passage == passage or opened is None:
        return link._replace(apart_ns=now_ns)
    return link._replace(intercept=opened)


def _without(
    conn: Connection,
    told: messages.Intercept,
    gone: Collection[str],
    links: Sequence[Resemblance],
    now_ns: int,
    terms: Terms,
) -> messages.Intercept:
    """The intercept by its other crossings: their places, best evidence, reasons and priority."""
    left = [one for one in told.sightings if one.passage not in gone]
    proofs = list(_violations(conn, [one.passage for one in left if one.violation]).values())
    dropped = _dropped(gone, links)
    reasons = tuple(reason.value for reason in told.reasons if reason.value not in dropped)
    life = replace(
        life_of(told),
        version=told.version + 1,
        best=strongest(map(evidence_of, proofs)),
        reasons=reasons,
        newest_ns=max(instant_ns("time", one.time) for one in left),
        priority=max(terms.ranking.priority(one.severity, one.p_over, reasons) for one in proofs),
    )
    known = Known(violations=proofs, seen=left, history=told.history, certain=told.plate_certain)
    after = redraft(told, life, known, terms.horizon_ns)
    return offering.follow(after, now_ns, terms, offering.force_of(conn, now_ns, terms))


def _dropped(gone: Collection[str], links: Sequence[Resemblance]) -> set[str]:
    """The reasons that only those who leave gave."""
    charges = {one.passage: msgspec.json.decode(one.document, type=Charges) for one in links}
    kept = {reason for passage, one in charges.items() if passage not in gone for reason in one.reasons}
    first = min((one for one in links if one.passage in gone), key=lambda one: (one.at_ns, one.passage))
    kept |= set(charges[first.passage].before)
    return {reason for passage in gone for reason in charges[passage].reasons} - kept


def _open(conn: Connection, case: str, links: Sequence[Resemblance], now_ns: int, terms: Terms) -> str | None:
    """The intercept that these crossings would have opened; None where their truck is out of reach."""
    arrived = _arrivals(conn, [one.passage for one in links], terms)
    newest_ns = max(one.sighting.time_ns for one in arrived)
    if is_late(newest_ns, now_ns, terms.horizon_ns):
        return None
    accused = {one.passage: _accusation(conn, one) for one in links}
    scores = {one.passage: one.score for one in links}
    first = min(arrived, key=lambda one: one.sighting.time_ns).message.id
    seen = [
        told if told.passage == first else msgspec.structs.replace(told, probable=scores[told.passage])
        for told in map(seen_of, arrived)
    ]
    made = changes(Trip(case, newest_ns, arrived, (), seen), accused, now_ns, terms)
    for change in made:
        force = offering.force_of(conn, now_ns, terms)
        after = offering.offer_or_follow(conn, change.after, now_ns, terms, force)
        kept = keeping.keep(conn, [after], [record.of_system(None, after, "open", now_ns)], now_ns, terms)
        feed.append(conn, [rows.intercept_entry(row) for row in kept])
    return next((change.after.id for change in made), None)


def _accusation(conn: Connection, link: Resemblance) -> Accusation:
    """As it was charged when it came; without a certain plate there is no history."""
    violation = _violations(conn, [link.passage])[link.passage]
    charges = msgspec.json.decode(link.document, type=Charges)
    unverified = charge_of(violation).unverified
    return Accusation(Charged(evidence_of(violation), charges.reasons, charges.priority, unverified), History())


def _violations(conn: Connection, passages: Collection[str]) -> dict[str, messages.Violation]:
    found = violations.documents(conn, passages)
    return {passage: messages.decode(messages.Violation, told.encode()) for passage, told in found.items()}


def _arrivals(conn: Connection, passages: Collection[str], terms: Terms) -> list[Arrival]:
    found = violations.documents(conn, passages)
    arrived = [arrival(messages.Violation, told.encode(), terms.certain_from) for told in found.values()]
    return sorted(arrived, key=lambda one: one.sighting.time_ns)
