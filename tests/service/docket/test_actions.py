"""What people do to an intercept: one wins, everything is written down, the scale's verdict becomes history."""

from __future__ import annotations

import json
import threading

import pytest

from dispatch.intercepts import IncompleteError
from service.docket.actions import Actor, Deed, RefusedError, StaleError, UnknownInterceptError, act
from service.docket.expiry import expire_due
from service.messages import Intercept
from service.messages.vocabulary import InterceptEnded, InterceptReason, InterceptState
from service.store import audit
from service.store.engine import Store
from service.store.errors import FencedError
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, TIME_NS

SQUAD = Actor("officer-7", "squad", agency="road", squad="liyang-2")
OTHERS = Actor("officer-9", "squad", agency="police", squad="liyang-3")
DUTY = Actor("desk-1", "duty", agency="road")
DAY_NS = 24 * 60 * MINUTE_NS


@pytest.fixture
def desk(store: Store) -> Desk:
    desk = Desk(store)
    desk.file(desk.violation(evidence=True))
    return desk


def do(
    desk: Desk, actor: Actor, deed: Deed, if_version: int | None = None, corridors: set[str] | None = None
) -> Intercept:
    intercept = desk.only_intercept().id
    with desk.store.writing(durable=True) as conn:
        return act(conn, intercept, deed, actor, desk.now_ns, desk.terms, corridors, if_version)


def test_a_claim_is_told_kept_and_written_down(desk: Desk) -> None:
    """State, squad, lead agency, version, feed, outbox and audit."""
    told = do(desk, SQUAD, Deed(action="claim", note="from the yard"))
    assert (told.state, told.squad, told.lead_agency, told.version) == (InterceptState.CLAIMED, "liyang-2", "road", 2)
    assert told == desk.only_intercept()
    assert desk.feed() == ["violation", "intercept", "intercept"]
    assert desk.to_publish() == [told.id]
    with desk.store.reading() as conn:
        ((_, entry),) = audit.of_subject(conn, told.id)
    assert (entry.actor, entry.agency, entry.action, entry.reason) == (
        "officer-7",
        "road",
        "intercept.claim",
        "from the yard",
    )
    assert json.loads(entry.document) == {
        "action": "claim",
        "note": "from the yard",
        "from": "open",
        "to": "claimed",
        "version": 2,
    }


def test_the_second_claim_hears_who_has_it(desk: Desk) -> None:
    """And what may be done now: nothing, for another squad."""
    do(desk, SQUAD, Deed(action="claim"))
    with pytest.raises(RefusedError, match="liyang-2 has it") as refused:
        do(desk, OTHERS, Deed(action="claim"))
    assert (refused.value.told.squad, refused.value.allowed) == ("liyang-2", ())
    assert desk.only_intercept().version == 2


def test_of_two_claims_at_once_exactly_one_wins(desk: Desk) -> None:
    """Two transactions that both saw it open: one is kept, the other refused or fenced, and one squad has it."""
    together, results = threading.Barrier(2), []

    def claim(actor: Actor) -> None:
        together.wait(timeout=10)
        try:
            results.append(do(desk, actor, Deed(action="claim")).squad)
        except (RefusedError, FencedError) as error:
            results.append(type(error))

    threads = [threading.Thread(target=claim, args=(actor,)) for actor in (SQUAD, OTHERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    winners = [result for result in results if isinstance(result, str)]
    assert len(results) == 2
    assert winners == [desk.only_intercept().squad]


def test_who_looked_at_an_older_version_must_look_again(desk: Desk) -> None:
    """If-Match protects from acting on what is no longer so."""
    desk.file(desk.violation(MINUTE_NS))
    with pytest.raises(StaleError, match="version 1"):
        do(desk, SQUAD, Deed(action="claim"), if_version=1)
    assert do(desk, SQUAD, Deed(action="claim"), if_version=2).version == 3


@pytest.mark.parametrize("corridors", [set(), {"S340"}])
def test_an_intercept_elsewhere_does_not_exist(desk: Desk, corridors: set[str]) -> None:
    """A squad can neither change nor find out about what is not on its corridors."""
    with pytest.raises(UnknownInterceptError):
        do(desk, SQUAD, Deed(action="claim"), corridors=corridors)
    assert do(desk, SQUAD, Deed(action="claim"), corridors={"G104"}).state == InterceptState.CLAIMED


def test_closing_needs_what_the_outcome_needs(desk: Desk) -> None:
    """A weight without its scale is no verdict; nothing is written."""
    do(desk, SQUAD, Deed(action="claim"))
    with pytest.raises(IncompleteError, match="scale_certificate"):
        do(desk, SQUAD, Deed(action="close", outcome="confirmed", static_gross_kg=40_000))
    assert desk.only_intercept().version == 2


def test_a_confirmed_truck_is_a_repeat_offender_next_time(desk: Desk) -> None:
    """Weighed above the limit today, it opens an intercept tomorrow with a severity that alone would not."""
    do(desk, SQUAD, Deed(action="claim"))
    weighed = Deed(action="close", outcome="confirmed", static_gross_kg=40_000, scale_certificate="S-1")
    assert do(desk, SQUAD, weighed).ended == InterceptEnded.CONFIRMED
    desk.now_ns += DAY_NS
    desk.file(desk.violation(DAY_NS, severity=2))
    told = max(desk.intercepts(), key=lambda told: told.time)
    assert told.reasons == [InterceptReason.REPEAT_CONFIRMED]
    assert (told.history.confirmed_365d, told.history.decided_1y) == (1, 0)


def test_a_decision_with_its_document_counts_as_decided(desk: Desk) -> None:
    """The legal count moves only with a penalty decision."""
    do(desk, SQUAD, Deed(action="claim"))
    decision = Deed(
        action="close", outcome="confirmed", static_gross_kg=40_000, scale_certificate="S-1", document_number="D-1"
    )
    do(desk, SQUAD, decision)
    (row,) = [row for row in desk.rows("outcomes") if row.source == "squad"]
    assert (row.decided, row.confirmed) == (True, True)


def test_a_truck_found_legal_is_no_longer_suspected(desk: Desk) -> None:
    """The static scale stands above the strips."""
    do(desk, SQUAD, Deed(action="claim"))
    do(desk, SQUAD, Deed(action="close", outcome="legal", static_gross_kg=24_000, scale_certificate="S-1"))
    assert [(row.suspected, row.confirmed) for row in desk.rows("outcomes")] == [(False, False)] * 2


def test_a_further_sighting_of_a_closed_trip_opens_nothing(desk: Desk) -> None:
    """The squad was there; the crossing is kept with its case."""
    do(desk, DUTY, Deed(action="close", outcome="cancelled", note="escort vehicle"))
    desk.file(desk.violation(5 * MINUTE_NS, severity=6))
    told = desk.only_intercept()
    assert (told.state, told.note, told.version) == (InterceptState.CLOSED, "escort vehicle", 2)
    assert len(desk.rows("sightings")) == 2


def test_duty_claims_for_a_squad_that_called(desk: Desk) -> None:
    """The intercept is the squad's, the audit log names the desk."""
    told = do(desk, DUTY, Deed(action="claim", squad="liyang-2"))
    assert told.squad == "liyang-2"
    with desk.store.reading() as conn:
        ((_, entry),) = audit.of_subject(conn, told.id)
    assert entry.actor == "desk-1"


def test_nobody_in_reach_ends_an_open_intercept(desk: Desk) -> None:
    """Fifteen minutes after the newest sighting it expires, is told so, and only once."""
    due_ns = TIME_NS + 15 * MINUTE_NS
    with desk.store.writing() as conn:
        assert expire_due(conn, due_ns - 1, desk.terms) == 0
        assert expire_due(conn, due_ns, desk.terms) == 1
        assert expire_due(conn, due_ns, desk.terms) == 0
    told = desk.only_intercept()
    assert (told.state, told.ended, told.version, told.expires_at) == ("expired", InterceptEnded.OUT_OF_REACH, 2, None)
    assert desk.feed()[-1] == "intercept"
    assert desk.to_publish() == [told.id]


def test_a_newer_sighting_moves_the_expiry(desk: Desk) -> None:
    """The truck is where it was seen last."""
    desk.now_ns += 10 * MINUTE_NS
    desk.file(desk.sighting(10 * MINUTE_NS))
    with desk.store.writing() as conn:
        assert expire_due(conn, TIME_NS + 15 * MINUTE_NS, desk.terms) == 0
        assert expire_due(conn, TIME_NS + 25 * MINUTE_NS, desk.terms) == 1


def test_a_claimed_intercept_does_not_expire(desk: Desk) -> None:
    """Somebody is after that truck, whatever the timers say."""
    do(desk, SQUAD, Deed(action="claim"))
    desk.file(desk.sighting(MINUTE_NS))
    with desk.store.writing() as conn:
        assert expire_due(conn, TIME_NS + DAY_NS, desk.terms) == 0
    assert desk.only_intercept().state == InterceptState.CLAIMED
