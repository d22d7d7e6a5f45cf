"""What people do to an intercept: one wins, everything is written down, the scale's verdict becomes history."""

from __future__ import annotations

import json
import threading

import pytest

from dispatch.life import IncompleteError
from service.docket.actions import RefusedError, StaleError, UnknownInterceptError, act
from service.docket.deeds import Actor, ContradictionError, Deed
from service.docket.terms import Terms
from service.docket.timing import fire_due
from service.messages import Intercept
from service.messages.envelope import rfc3339
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


def weigh(desk: Desk, static_gross_kg: int) -> Intercept:
    """From the claim to the scale."""
    do(desk, SQUAD, Deed(action="claim"))
    do(desk, SQUAD, Deed(action="depart"))
    do(desk, SQUAD, Deed(action="stop"))
    return do(desk, SQUAD, Deed(action="weigh", static_gross_kg=static_gross_kg, scale_certificate="S-1"))


def test_weighing_needs_the_scale(desk: Desk) -> None:
    """A weight without its scale is no verdict; nothing is written."""
    do(desk, SQUAD, Deed(action="claim"))
    do(desk, SQUAD, Deed(action="stop"))
    with pytest.raises(IncompleteError, match="scale_certificate"):
        do(desk, SQUAD, Deed(action="weigh", static_gross_kg=40_000))
    assert desk.only_intercept().version == 3


def test_a_confirmed_truck_is_a_repeat_offender_next_time(desk: Desk) -> None:
    """Weighed above the limit today, it opens an intercept tomorrow with a severity that alone would not."""
    weigh(desk, 61_500)
    assert do(desk, SQUAD, Deed(action="confirm")).state == InterceptState.CONFIRMED
    desk.now_ns += DAY_NS
    desk.file(desk.violation(DAY_NS, severity=2))
    told = max(desk.intercepts(), key=lambda told: told.time)
    assert told.reasons == [InterceptReason.REPEAT_CONFIRMED]
    assert (told.history.confirmed_365d, told.history.decided_1y) == (1, 0)


def test_a_decision_with_its_document_counts_as_decided(desk: Desk) -> None:
    """The legal count moves only with a penalty decision."""
    weigh(desk, 61_500)
    do(desk, SQUAD, Deed(action="confirm", document_number="D-1"))
    (row,) = [row for row in desk.rows("outcomes") if row.source == "squad"]
    assert (row.decided, row.confirmed) == (True, True)


def test_a_truck_found_legal_is_no_longer_suspected(desk: Desk) -> None:
    """The static scale stands above the strips, and the verdict is kept for precision and the site's bias."""
    weigh(desk, 24_000)
    do(desk, SQUAD, Deed(action="legal"))
    assert [(row.suspected, row.confirmed) for row in desk.rows("outcomes")] == [(False, False)] * 2
    (kept,) = desk.rows("weighings")
    assert (kept.site, kept.lane, kept.gross_kg, kept.static_gross_kg, kept.confirmed) == (
        "G104-K012",
        1,
        61_000,
        24_000,
        False,
    )


def test_a_truck_found_legal_wakes_nobody_with_the_same_load(desk: Desk) -> None:
    """An hour later on another trip it opens nothing and the reason is kept; with another load it does."""
    weigh(desk, 60_500)
    do(desk, SQUAD, Deed(action="legal", permit_number="P-1"))
    desk.terms = Terms(trip_gap_ns=30 * MINUTE_NS)
    desk.now_ns += 60 * MINUTE_NS
    desk.file(desk.violation(60 * MINUTE_NS, severity=5))
    assert len(desk.intercepts()) == 1
    (kept,) = [row for row in desk.rows("decisions") if row.kind == "not_opened"]
    assert json.loads(kept.document)["why"] == "found_legal"
    desk.file(desk.violation(60 * MINUTE_NS + 10**9, severity=5, passage_gross_kg=81_000))
    assert len(desk.intercepts()) == 2


def test_a_truck_found_legal_is_nobodys_free_pass_for_the_next_day(desk: Desk) -> None:
    """Twelve hours later the same load is a new question."""
    weigh(desk, 60_500)
    do(desk, SQUAD, Deed(action="legal", permit_number="P-1"))
    desk.now_ns += 13 * 60 * MINUTE_NS
    desk.file(desk.violation(13 * 60 * MINUTE_NS, severity=5))
    assert len(desk.intercepts()) == 2


def test_nothing_was_done_to_a_truck_before_it_was_there(desk: Desk) -> None:
    """A phone whose clock fell back is told so, without network too; some minutes between two clocks are no matter."""
    told, seen_ns = desk.only_intercept(), TIME_NS
    early = Deed(action="stop", done_at=rfc3339(seen_ns - 61 * MINUTE_NS))
    for offline in (False, True):
        with pytest.raises(ContradictionError, match="before the truck was first seen"), desk.store.writing() as conn:
            act(conn, told.id, early, SQUAD, desk.now_ns, desk.terms, offline=offline)
    do(desk, SQUAD, Deed(action="claim", done_at=rfc3339(seen_ns - 59 * MINUTE_NS)))
    assert desk.only_intercept().state == InterceptState.CLAIMED


@pytest.mark.parametrize("blank", ["", " ", "\u3000\u3000"])
def test_blanks_are_no_certificate_and_no_reason(desk: Desk, blank: str) -> None:
    """What the step needs is asked for as if it had not come."""
    do(desk, SQUAD, Deed(action="claim"))
    with pytest.raises(IncompleteError, match="note"):
        do(desk, SQUAD, Deed(action="pass", note=blank))
    do(desk, SQUAD, Deed(action="stop"))
    with pytest.raises(IncompleteError, match="scale_certificate"):
        do(desk, SQUAD, Deed(action="weigh", static_gross_kg=60_000, scale_certificate=blank))


@pytest.mark.parametrize(
    ("static_kg", "deed", "problem"),
    [
        (24_900, Deed(action="confirm"), "is not above the limit of 25000 kg"),
        (40_000, Deed(action="legal"), "is above the limit of 26000 kg"),
    ],
)
def test_a_verdict_must_fit_the_scale(desk: Desk, static_kg: int, deed: Deed, problem: str) -> None:
    """A truck is neither confirmed below its limit nor legal above it without a word why."""
    weigh(desk, static_kg)
    with pytest.raises(ContradictionError, match=problem):
        do(desk, SQUAD, deed)
    assert desk.only_intercept().state == InterceptState.WEIGHED


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        ([], Deed(action="legal")),
        ([Deed(action="confirm")], Deed(action="unload", static_gross_kg=62_000, unloaded_kg=1, scale_certificate="S")),
    ],
)
def test_a_fact_that_contradicts_the_scale_is_kept_for_the_desk(desk: Desk, before: list[Deed], deed: Deed) -> None:
    """The phone had no network, so nobody can be asked: state and history stay, what was said is written down."""
    told = weigh(desk, 60_000)
    for one in before:
        told = do(desk, SQUAD, one)
    history = desk.rows("weighings")
    with desk.store.writing(durable=True) as conn:
        after = act(conn, told.id, deed, SQUAD, desk.now_ns, desk.terms, offline=True)
    assert (after.state, after.conflict, after.static_gross_kg) == (told.state, True, 60_000)
    assert desk.rows("weighings") == history
    newest = desk.rows("ledger")[-1]
    assert (newest.action, json.loads(newest.document)["conflict"]) == (deed.action, True)


def test_unloading_closes_and_keeps_both_weights(desk: Desk) -> None:
    """The truck may drive on once it was weighed again; more than before is a slip of the finger."""
    weigh(desk, 61_500)
    do(desk, SQUAD, Deed(action="confirm"))
    again = {"unloaded_kg": 36_000, "scale_certificate": "S-1"}
    with pytest.raises(ContradictionError, match="more than the 61500 kg"):
        do(desk, SQUAD, Deed(action="unload", static_gross_kg=62_000, **again))
    with pytest.raises(ContradictionError, match="61501 kg is more than the whole truck weighed"):
        do(desk, SQUAD, Deed(action="unload", static_gross_kg=25_500, unloaded_kg=61_501, scale_certificate="S-1"))
    told = do(desk, SQUAD, Deed(action="unload", static_gross_kg=25_500, **again))
    assert (told.state, told.static_gross_kg, told.second_gross_kg, told.unloaded_kg, told.actions) == (
        InterceptState.UNLOADED,
        61_500,
        25_500,
        36_000,
        [],
    )


@pytest.mark.parametrize(("static_kg", "review"), [(61_500, False), (24_000, True)])
def test_a_static_weight_far_from_the_dynamic_one_is_taken_and_marked(desk: Desk, static_kg: int, review: bool) -> None:
    """The scale may be right; a person looks at both."""
    assert weigh(desk, static_kg).review is review


def test_a_passed_truck_is_nobodys(desk: Desk) -> None:
    """Who passes says why, and is not asked again."""
    do(desk, SQUAD, Deed(action="claim"))
    with pytest.raises(IncompleteError, match="note"):
        do(desk, SQUAD, Deed(action="pass"))
    told = do(desk, SQUAD, Deed(action="pass", note="flat tyre"))
    assert (told.state, told.squad, told.passed, told.lead_agency) == (InterceptState.OPEN, None, ["liyang-2"], None)


def test_a_lost_truck_that_is_found_is_stopped_by_whoever_found_it(desk: Desk) -> None:
    """It stands at the roadside: the squad that stopped it has it."""
    do(desk, SQUAD, Deed(action="claim"))
    assert do(desk, SQUAD, Deed(action="lose")).state == InterceptState.LOST
    told = do(desk, OTHERS, Deed(action="stop"))
    assert (told.state, told.squad) == (InterceptState.STOPPED, "liyang-3")


def test_a_fact_of_a_phone_without_network_is_kept_as_a_conflict(desk: Desk) -> None:
    """Two squads say that they have the truck: the state stays, the desk hears of it, both words are kept."""
    do(desk, OTHERS, Deed(action="claim"))
    intercept = desk.only_intercept().id
    with desk.store.writing(durable=True) as conn:
        told = act(conn, intercept, Deed(action="stop"), SQUAD, desk.now_ns, desk.terms, offline=True)
    assert (told.state, told.squad, told.conflict, told.version) == (InterceptState.CLAIMED, "liyang-3", True, 3)
    with desk.store.reading() as conn:
        (newest, _) = audit.of_subject(conn, intercept)
    assert newest.entry.action == "intercept.stop.conflict"


def test_duty_settles_a_conflict(desk: Desk) -> None:
    """The squad that has the truck goes on and it stays marked; once the desk has acted it is settled."""
    do(desk, OTHERS, Deed(action="claim"))
    with desk.store.writing(durable=True) as conn:
        act(conn, desk.only_intercept().id, Deed(action="stop"), SQUAD, desk.now_ns, desk.terms, offline=True)
    assert do(desk, OTHERS, Deed(action="depart")).conflict
    assert not do(desk, DUTY, Deed(action="stop", note="both stand beside it")).conflict


def test_a_verdict_in_conflict_is_nobodys_history(desk: Desk) -> None:
    """Confirmed on a phone that does not know that the desk cancelled it: kept, and counted nowhere."""
    do(desk, SQUAD, Deed(action="claim"))
    do(desk, DUTY, Deed(action="cancel", note="escort vehicle"))
    for action in ("stop", "confirm"):
        with desk.store.writing(durable=True) as conn:
            act(conn, desk.only_intercept().id, Deed(action=action), SQUAD, desk.now_ns, desk.terms, offline=True)
    assert (desk.only_intercept().state, desk.only_intercept().conflict) == (InterceptState.CANCELLED, True)
    assert desk.rows("weighings") == []
    assert [row.source for row in desk.rows("outcomes")] == ["screen"]


def test_a_claim_of_a_phone_without_network_can_lose(desk: Desk) -> None:
    """A wish is no fact: who was first has it."""
    do(desk, OTHERS, Deed(action="claim"))
    with desk.store.writing() as conn, pytest.raises(RefusedError):
        act(conn, desk.only_intercept().id, Deed(action="claim"), SQUAD, desk.now_ns, desk.terms, offline=True)


def test_a_further_sighting_of_a_closed_trip_opens_nothing(desk: Desk) -> None:
    """The squad was there; the crossing is kept with its case, and why nobody heard of it."""
    do(desk, DUTY, Deed(action="cancel", note="escort vehicle"))
    desk.file(desk.violation(5 * MINUTE_NS, severity=6))
    told = desk.only_intercept()
    assert (told.state, told.note, told.version) == (InterceptState.CANCELLED, "escort vehicle", 2)
    assert len(desk.rows("sightings")) == 2
    (kept,) = [row for row in desk.rows("decisions") if row.kind == "not_opened"]
    assert json.loads(kept.document)["why"] == "closed"


def test_duty_claims_for_a_squad_that_called(desk: Desk) -> None:
    """The intercept is the squad's, the audit log names the desk."""
    told = do(desk, DUTY, Deed(action="claim", squad="liyang-2"))
    assert told.squad == "liyang-2"
    with desk.store.reading() as conn:
        ((_, entry),) = audit.of_subject(conn, told.id)
    assert entry.actor == "desk-1"


def test_what_the_desk_verified_is_no_longer_marked(store: Store) -> None:
    """Until another crossing is the best evidence: what was seen of one says nothing of the other."""
    desk = Desk(store)
    doubtful = {"hundred_tonne": True, "grade": "count", "severity": 6}
    desk.file(desk.violation(**doubtful))
    assert desk.only_intercept().unverified
    told = do(desk, DUTY, Deed(action="verify"))
    assert (told.unverified, told.verified_at is not None) == (False, True)
    desk.file(desk.sighting(MINUTE_NS))
    assert not desk.only_intercept().unverified
    desk.file(desk.violation(2 * MINUTE_NS, **doubtful, evidence=True))
    told = desk.only_intercept()
    assert (told.best.id != told.sightings[0].passage, told.unverified, told.verified_at) == (True, True, None)


def test_nobody_in_reach_ends_an_open_intercept(desk: Desk) -> None:
    """Fifteen minutes after the newest sighting it expires, is told so, and only once."""
    due_ns = TIME_NS + 15 * MINUTE_NS
    assert fire_due(desk.store, due_ns - 1, desk.terms) == 0
    assert fire_due(desk.store, due_ns, desk.terms) == 1
    assert fire_due(desk.store, due_ns, desk.terms) == 0
    told = desk.only_intercept()
    assert (told.state, told.ended, told.version, told.expires_at) == ("expired", InterceptEnded.OUT_OF_REACH, 2, None)
    assert desk.feed()[-1] == "intercept"
    assert desk.to_publish() == [told.id]


def test_a_truck_that_is_stopped_after_all_has_not_ended_out_of_reach(desk: Desk) -> None:
    """It stands at the roadside, so nothing says any more that it got away."""
    fire_due(desk.store, TIME_NS + 15 * MINUTE_NS, desk.terms)
    assert desk.only_intercept().ended == InterceptEnded.OUT_OF_REACH
    told = do(desk, SQUAD, Deed(action="stop"))
    assert (told.state, told.ended) == (InterceptState.STOPPED, None)


def test_a_newer_sighting_moves_the_expiry(desk: Desk) -> None:
    """The truck is where it was seen last."""
    desk.now_ns += 10 * MINUTE_NS
    desk.file(desk.sighting(10 * MINUTE_NS))
    assert fire_due(desk.store, TIME_NS + 15 * MINUTE_NS, desk.terms) == 0
    assert fire_due(desk.store, TIME_NS + 25 * MINUTE_NS, desk.terms) == 1


def test_a_claimed_intercept_does_not_expire(desk: Desk) -> None:
    """Somebody is after that truck, whatever the timers say."""
    do(desk, SQUAD, Deed(action="claim"))
    desk.file(desk.sighting(MINUTE_NS))
    assert fire_due(desk.store, TIME_NS + DAY_NS, desk.terms) == 0
    assert desk.only_intercept().state == InterceptState.CLAIMED
