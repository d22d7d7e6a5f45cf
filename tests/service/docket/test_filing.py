"""Filing: one trip, one case, one intercept, whatever order, repetition and cut of the stream it came in."""

from __future__ import annotations

import json
import random

import pytest

from dispatch.cases import PlateReads
from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.terms import Terms
from service.messages import Violation, decode
from service.messages.vocabulary import InterceptEnded, InterceptReason, InterceptState
from service.store import cases
from service.store.engine import Store
from service.store.tables import metadata
from tests.service.docket.desk import DARK, Desk
from tests.service.told import MINUTE_NS, PLATE, TIME_NS

HOUR_NS = 60 * MINUTE_NS


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_a_violation_opens_an_intercept_that_is_told_and_timed(desk: Desk) -> None:
    """From one message: its row, its case, the intercept with best evidence, place and reasons, the feed, the timer."""
    value = desk.violation()
    filed = desk.file(value)
    told = desk.only_intercept()
    assert (told.state, told.version, told.alerts) == (InterceptState.OPEN, 1, 1)
    assert told.reasons == [InterceptReason.SEVERITY]
    assert told.best == decode(Violation, value)
    assert (told.plate, told.plate_certain, [s.site for s in told.sightings]) == (PLATE, True, ["G104-K012"])
    assert [str(action) for action in told.actions] == ["claim", "hand_over", "cancel"]
    assert told.expires_at is not None
    assert desk.to_publish() == [told.id]
    assert desk.feed() == ["violation", "intercept"]
    assert [row.subject for row in desk.rows("timers")] == [told.id]
    assert [row.document for row in desk.rows("violations")] == [value.decode()]
    assert (filed.violations, filed.alerted, filed.due) == (1, ["severity"], True)


def test_a_violation_without_reason_is_history_only(desk: Desk) -> None:
    """Severity 3 of a truck nobody looks for is kept and wakes nobody."""
    filed = desk.file(desk.violation(severity=3))
    assert len(desk.rows("violations")) == len(desk.rows("cases")) == 1
    assert desk.intercepts() == []
    assert (filed.alerted, filed.due) == ([], False)


def test_a_message_that_comes_again_changes_nothing(desk: Desk) -> None:
    """In the same batch, in a later one, beside its own sighting: one effect."""
    value = desk.violation()
    desk.file(value, value)
    before = [desk.rows(table) for table in ("violations", "sightings", "cases", "intercepts", "feed", "outcomes")]
    filed = desk.file(value)
    assert [
        desk.rows(table) for table in ("violations", "sightings", "cases", "intercepts", "feed", "outcomes")
    ] == before
    assert (filed.repeats, filed.violations, filed.due) == (1, 0, False)


def test_a_second_violation_of_the_trip_updates_and_alerts_nobody(desk: Desk) -> None:
    """New place, better evidence, one more version, the same alert."""
    desk.file(desk.violation(evidence=False))
    desk.now_ns += 10 * MINUTE_NS
    better = desk.violation(10 * MINUTE_NS, evidence=True, severity=5, passage_site="G104-K030")
    filed = desk.file(better)
    told = desk.only_intercept()
    assert (told.version, told.alerts, told.best.id) == (2, 1, decode(Violation, better).id)
    assert [seen.site for seen in told.sightings] == ["G104-K012", "G104-K030"]
    assert (filed.alerted, filed.due) == ([], True)


def test_a_sighting_without_violation_moves_the_intercept_on(desk: Desk) -> None:
    """The squad sees where the truck is now, and that nothing new is wrong with it."""
    desk.file(desk.violation())
    desk.now_ns += 5 * MINUTE_NS
    filed = desk.file(desk.sighting(5 * MINUTE_NS, site="G104-K030"))
    told = desk.only_intercept()
    assert (told.version, told.alerts, len(told.sightings), told.sightings[-1].violation) == (2, 1, 2, False)
    assert told.best.passage.site == "G104-K012"
    assert (filed.violations, filed.sightings) == (0, 1)


def test_an_intercept_tells_the_sightings_from_before_it_was_opened(desk: Desk) -> None:
    """A truck that was seen legal first and overloaded later was still there first."""
    desk.file(desk.sighting(), desk.violation(MINUTE_NS, severity=3))
    desk.file(desk.violation(2 * MINUTE_NS))
    assert [seen.violation for seen in desk.only_intercept().sightings] == [False, True, True]


def test_several_sightings_in_one_transaction_are_one_version(desk: Desk) -> None:
    """However a batch is cut, each transaction is one step for whoever follows."""
    desk.file(desk.violation(), desk.violation(MINUTE_NS), desk.violation(2 * MINUTE_NS))
    assert desk.only_intercept().version == 1
    desk.file(desk.violation(3 * MINUTE_NS), desk.violation(4 * MINUTE_NS))
    assert desk.only_intercept().version == 2


def test_a_late_violation_is_kept_expired_and_wakes_nobody(desk: Desk) -> None:
    """A replayed year fills history: no feed, nothing to publish, no timer, counted as late."""
    desk.now_ns = TIME_NS + 16 * MINUTE_NS
    filed = desk.file(desk.violation())
    told = desk.only_intercept()
    assert (told.state, told.ended, told.alerts) == (InterceptState.EXPIRED, InterceptEnded.LATE, 0)
    assert told.reasons == [InterceptReason.SEVERITY]
    assert (desk.to_publish(), desk.feed(), desk.rows("timers")) == ([], [], [])
    assert (filed.made, filed.alerted, filed.due) == ({(told.best.severity, "expired"): 1}, [], False)


def test_a_case_that_was_late_and_is_seen_in_reach_alerts_then(desk: Desk) -> None:
    """Late is a matter of the newest sighting: the truck that is seen again can be caught."""
    desk.now_ns = TIME_NS + 16 * MINUTE_NS
    desk.file(desk.violation())
    filed = desk.file(desk.sighting(16 * MINUTE_NS))
    told = desk.only_intercept()
    assert (told.state, told.ended, told.alerts) == (InterceptState.OPEN, None, 1)
    assert desk.to_publish() == [told.id]
    assert filed.alerted == ["severity"]


def test_a_violation_that_arrives_late_for_a_truck_in_reach_is_not_late(desk: Desk) -> None:
    """The case's newest sighting decides, not the message's own age."""
    desk.now_ns = TIME_NS + 20 * MINUTE_NS
    desk.file(desk.sighting(19 * MINUTE_NS))
    desk.file(desk.violation())
    assert desk.only_intercept().state == InterceptState.OPEN


def test_a_late_sighting_makes_one_intercept_of_two(desk: Desk) -> None:
    """Two trips turn out to be one: the smallest case stays, both intercepts are told of it, one goes on."""
    desk.now_ns = TIME_NS + 6 * HOUR_NS
    desk.terms = Terms(horizon_ns=24 * HOUR_NS)
    desk.file(desk.violation(), desk.violation(6 * HOUR_NS))
    assert len(desk.trips()) == 2
    first, second = desk.intercepts()
    filed = desk.file(desk.sighting(3 * HOUR_NS))
    kept, gone = desk.intercepts()
    assert (kept.id, kept.case, kept.state, kept.version) == (first.id, min(first.case, second.case), "open", 2)
    assert (gone.id, gone.state, gone.merged_into, gone.version) == (second.id, "merged", first.id, 2)
    assert len(kept.sightings) == 3
    assert len(desk.trips()) == 1
    assert set(desk.to_publish()) == {kept.id, gone.id}
    assert filed.merged_cases == 1
    merged = {row.id: row.merged_into for row in desk.rows("cases") if row.state == "merged"}
    assert merged == {max(first.case, second.case): min(first.case, second.case)}


def test_an_outcome_goes_along_when_its_case_is_merged(desk: Desk) -> None:
    """A trip that was closed opens no second intercept, though its case got another name since."""
    desk.now_ns = TIME_NS + 3 * HOUR_NS
    desk.terms = Terms(horizon_ns=24 * HOUR_NS)
    desk.file(desk.violation())
    with desk.store.writing() as conn:
        cancelled = Deed(action="cancel", note="escort vehicle")
        act(conn, desk.only_intercept().id, cancelled, Actor("desk-1", "duty"), desk.now_ns, desk.terms)
    for hours in range(30, 60, 6):  # trips of their own, until one has a smaller id than the closed one
        desk.file(desk.violation(hours * HOUR_NS, severity=3))
    desk.file(*[desk.sighting(hours * HOUR_NS) for hours in range(3, 60, 3)])
    desk.file(desk.violation(57 * HOUR_NS))
    assert len(desk.trips()) == 1
    told = desk.only_intercept()
    assert (told.state, {row.case_id for row in desk.rows("sightings")}) == (InterceptState.CANCELLED, {told.case})


def test_three_suspected_trips_make_a_repeat_offender(desk: Desk) -> None:
    """The fourth trip opens an intercept with the history that made it, as of its crossing."""
    days = [desk.violation(-day * 24 * HOUR_NS, severity=3, evidence=True) for day in (3, 2, 1)]
    desk.file(*days)
    desk.file(desk.violation(severity=3, evidence=True))
    told = desk.only_intercept()
    assert told.reasons == [InterceptReason.REPEAT_SUSPECTED]
    assert (told.history.suspected_365d, told.history.confirmed_365d) == (3, 0)
    assert told.as_of == told.best.time


def test_history_counts_trips_and_not_crossings(desk: Desk) -> None:
    """One truck seen by three sites in one night is one suspicion."""
    night = [desk.violation(-24 * HOUR_NS + hour * HOUR_NS, severity=3, evidence=True) for hour in range(3)]
    desk.file(*night)
    desk.file(desk.violation(severity=3, evidence=True))
    assert desk.intercepts() == []


def test_an_uncertain_plate_has_no_history(desk: Desk) -> None:
    """What might be somebody else's past opens nothing."""
    desk.file(*[desk.violation(-day * 24 * HOUR_NS, severity=3, evidence=True) for day in (3, 2, 1)])
    desk.file(desk.violation(severity=3, passage_plate_confidence=79))
    assert desk.intercepts() == []
    assert len(desk.trips()) == 4


@pytest.mark.parametrize(("counts", "opened"), [(False, 0), (True, 1)])
def test_simulated_trips_count_where_policy_says_so(desk: Desk, counts: bool, opened: int) -> None:
    """A demo has repeat offenders, a road has none by simulation."""
    desk.terms = Terms(simulated_counts=counts)
    flags = {"flags": ["SIMULATED"], "passage_flags": 1 << 17, "proposal": True}
    desk.file(*[desk.violation(-day * 24 * HOUR_NS, severity=3, **flags) for day in (3, 2, 1)])
    desk.file(desk.violation(severity=3, **flags))
    assert len(desk.intercepts()) == opened


@pytest.mark.parametrize(("reads", "severity", "opened"), [(PlateReads(90, 100), 2, 1), (DARK, 4, 0), (DARK, 5, 1)])
def test_a_missing_plate_is_judged_by_the_lanes_camera(
    desk: Desk, reads: PlateReads, severity: int, opened: int
) -> None:
    """A working camera makes the missing plate a reason; a dark one asks for more than severity 4."""
    desk.reads = reads
    desk.file(desk.violation(severity=severity, flags=["NO_PLATE"], passage_plate=""))
    assert len(desk.intercepts()) == opened


def test_why_a_dark_camera_woke_nobody_is_kept(desk: Desk) -> None:
    """With how few plates were read; what would have woken nobody with a plate either is not blamed on the camera."""
    desk.reads = DARK
    unread = {"flags": ["NO_PLATE"], "passage_plate": ""}
    desk.file(desk.violation(severity=4, **unread))
    desk.file(desk.violation(MINUTE_NS, severity=2, **{**unread, "flags": [], "passage_plate": "苏A12345"}))
    dark, light = (json.loads(row.document) for row in sorted(desk.rows("decisions"), key=lambda row: row.at_ns))
    assert (dark["why"], dark["lane_plates_read"], dark["lane_passages"]) == ("camera_dark", DARK.read, DARK.passages)
    assert (light["why"], "lane_passages" in light) == ("no_reason", False)


def test_an_unverified_hundred_tonne_truck_goes_out_marked(desk: Desk) -> None:
    """Grade count: never dropped, never as if it were sure; better evidence takes the mark away."""
    desk.file(desk.violation(hundred_tonne=True, grade="count", severity=6))
    assert desk.only_intercept().unverified
    desk.file(desk.violation(MINUTE_NS, hundred_tonne=True, grade="intercept", severity=6))
    assert not desk.only_intercept().unverified


def test_a_violation_judged_anew_replaces_its_former_self(desk: Desk) -> None:
    """The higher version stands in list, intercept and history; a lower one that comes later does not."""
    first = desk.violation(evidence=True)
    desk.file(first)
    message = json.loads(first)
    anew = json.dumps(message | {"version": 2, "excess_kg": 8_000, "evidence": False}).encode()
    desk.file(anew)
    desk.file(first)
    (row,) = desk.rows("violations")
    assert (row.version, row.excess_kg) == (2, 8_000)
    assert desk.only_intercept().best.excess_kg == 8_000
    assert [outcome.suspected for outcome in desk.rows("outcomes")] == [False]


def test_plates_of_open_trips_are_known_to_whoever_reports_sightings(desk: Desk) -> None:
    """The screen lane asks for certain plates only: nobody can follow a truck that was not read."""
    desk.file(desk.violation(), desk.violation(passage_plate="", flags=["NO_PLATE"]))
    with desk.store.reading() as conn:
        assert {plate for plate, _ in cases.plates_since(conn, "open", TIME_NS - HOUR_NS)} == {PLATE}


def test_the_live_feed_leaves_old_violations_out(desk: Desk) -> None:
    """A backlog beside live traffic shows the live traffic."""
    desk.file(desk.violation(-HOUR_NS, severity=2), desk.violation(severity=2, passage_plate="苏B12345"))
    assert desk.feed() == ["violation"]


@pytest.mark.parametrize("seed", range(6))
def test_the_final_state_does_not_depend_on_order_repetition_and_batches(desk: Desk, store_url: str, seed: int) -> None:
    """Trips, violations, history and what each intercept shows are the same for a shuffled, repeated, cut stream."""
    chance = random.Random(seed)
    plates = ["苏A00001", "苏A00002", "苏A00003", ""]
    stream = []
    for _ in range(40):
        plate = chance.choice(plates)
        after_ns = chance.randrange(-30 * 24, 0) * HOUR_NS // 2
        evidence = chance.random() < 0.5
        severity = chance.randrange(1, 7)
        if plate and chance.random() < 0.3:
            stream.append(desk.sighting(after_ns, plate=plate))
        else:
            flags = [] if plate else ["NO_PLATE"]
            stream.append(
                desk.violation(after_ns, passage_plate=plate, severity=severity, evidence=evidence, flags=flags)
            )
    desk.file(*stream)
    ordered = _state(desk)
    _empty(desk)
    shuffled = stream + chance.sample(stream, 10)
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randrange(1, 8)
        desk.file(*shuffled[:size])
        shuffled = shuffled[size:]
    assert _state(desk) == ordered


def _state(desk: Desk) -> object:
    """Everything that may not depend on the way: names of cases and what intercepts went through may."""
    outcomes = {(row.id, row.suspected) for row in desk.rows("outcomes")}
    shown = {
        (tuple(seen.passage for seen in told.sightings), told.best.id, str(told.state))
        for told in desk.intercepts()
        if told.state != "merged" and set(told.reasons) & {"severity", "hundred_tonne"}
    }
    violations = {(row.id, row.version, row.document) for row in desk.rows("violations")}
    spans = {(row.first_ns, row.newest_ns, row.plate) for row in desk.rows("cases") if row.state == "open"}
    return desk.trips(), violations, outcomes, shown, spans


def _empty(desk: Desk) -> None:
    with desk.store.writing() as conn:
        for name in ("violations", "sightings", "cases", "intercepts", "outcomes", "feed", "timers"):
            conn.execute(metadata.tables[name].delete())
