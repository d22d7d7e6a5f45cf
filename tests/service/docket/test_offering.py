"""Who is asked to stop a truck: one squad that can, then the next, then the desk; restarts and shifts lose nothing."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from sqlalchemy import update

from dispatch import ledger as chain
from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.offering import offer_waiting
from service.docket.terms import Terms
from service.docket.timing import fire_due
from service.messages import Intercept
from service.registry import parse_registry
from service.store import ledger, squads, tables
from service.store.engine import Store
from service.store.squads import StatusRow
from tests.service.docket.desk import Desk
from tests.service.roads import corridor, site, squad, stop_point
from tests.service.told import MINUTE_NS, TIME_NS

SECOND_NS = 10**9

#: The truck is seen at km 12.4, going up; both yards lie ahead of it, and the road squads serve both.
ROADS = "".join(
    [
        corridor("G104", length_km=120.0),
        site("G104-K012", 12.4),
        stop_point("near", 21.0, static_scale=True),
        stop_point("far", 45.0),
        squad("one", "road", "near"),
        squad("two", "road", "far"),
        squad("patrol", "police", "far"),
    ]
)

ONE = Actor("officer-1", "squad", agency="road", squad="one")
TWO = Actor("officer-2", "squad", agency="road", squad="two")


@pytest.fixture
def desk(store: Store) -> Desk:
    """All three squads are signed in, at their bases."""
    registry = parse_registry(tomllib.loads(ROADS), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    for name in ("one", "two", "patrol"):
        sign(desk, name, True)
    return desk


def sign(desk: Desk, squad: str, signed_in: bool) -> None:
    with desk.store.writing() as conn:
        squads.save(conn, StatusRow(squad, signed_in, desk.now_ns, None, None, 0))


def do(desk: Desk, actor: Actor, **deed: Any) -> Intercept:
    with desk.store.writing(durable=True) as conn:
        return act(conn, desk.only_intercept().id, Deed(**deed), actor, desk.now_ns, desk.terms)


def wait(desk: Desk, seconds: int) -> Intercept:
    """Some time passes, and whoever looks at timers does so once."""
    desk.now_ns += seconds * SECOND_NS
    fire_due(desk.store, desk.now_ns, desk.terms)
    return desk.only_intercept()


def test_a_truck_is_offered_in_the_very_transaction_that_opened_it(desk: Desk) -> None:
    """One version, one alert: the squad, where to stop it, when both are there, how likely, until when to answer."""
    desk.file(desk.violation())
    told = desk.only_intercept()
    assert (told.state, told.version, told.alerts, told.squad, told.stop_point) == ("offered", 1, 1, "one", "near")
    assert told.truck_eta is not None
    assert told.squad_eta is not None
    assert told.truck_eta > told.squad_eta
    assert 0.9 < (told.p_catch or 0) <= 1
    assert [str(action) for action in told.actions] == ["claim", "pass", "hand_over", "cancel"]
    assert desk.feed() == ["violation", "intercept"]


def test_why_this_squad_and_why_no_other_is_kept(desk: Desk) -> None:
    """Every squad with its chance, or the word why not."""
    sign(desk, "two", False)
    desk.file(desk.violation())
    (kept,) = desk.rows("decisions")
    facts = json.loads(kept.document)
    assert (kept.kind, facts["squad"], facts["tier"]) == ("offer", "one", "own_corridor")
    verdicts = {(one["squad"], one.get("stop_point")): one["verdict"] for one in facts["considered"]}
    assert verdicts["one", "near"] == "chosen"
    assert verdicts["two", None] == "off_duty"
    assert verdicts["patrol", "far"] == "later_tier"


def test_who_does_not_answer_is_followed_by_the_next(desk: Desk) -> None:
    """60 s, then another squad; nobody is asked twice."""
    desk.file(desk.violation())
    assert wait(desk, 59).squad == "one"
    told = wait(desk, 1)
    assert (told.state, told.squad, told.passed, told.desk) == ("offered", "two", ["one"], False)


def test_after_three_minutes_without_an_answer_the_desk_has_it(desk: Desk) -> None:
    """The last squad is still asked; the desk looks on."""
    desk.file(desk.violation())
    for _ in range(2):
        wait(desk, 60)
    told = wait(desk, 60)
    assert told.desk is True
    assert told.squad in (None, "patrol")


def test_who_passes_is_followed_by_the_next_at_once(desk: Desk) -> None:
    """With the reason in the ledger."""
    desk.file(desk.violation())
    told = do(desk, ONE, action="pass", note="flat tyre")
    assert (told.state, told.squad, told.passed) == ("offered", "two", ["one"])
    assert do(desk, TWO, action="claim").state == "claimed"


def test_two_trucks_at_once_go_to_two_squads(desk: Desk) -> None:
    """Filed in one transaction, the more urgent one first."""
    worse = desk.violation(passage_plate="苏B00001", severity=6)
    desk.file(desk.violation(), worse)
    squads_of = {told.plate: told.squad for told in desk.intercepts()}
    assert sorted(squads_of.values(), key=str) == ["one", "two"]
    assert squads_of["苏B00001"] == "one"


def test_nobody_on_duty_is_the_desks(desk: Desk) -> None:
    """Open, at the desk, with the reason for each squad; whoever signs in is asked."""
    for name in ("one", "two", "patrol"):
        sign(desk, name, False)
    desk.file(desk.violation())
    told = desk.only_intercept()
    assert (told.state, told.desk, told.squad) == ("open", True, None)
    desk.now_ns += 60 * SECOND_NS
    sign(desk, "two", True)
    with desk.store.writing(durable=True) as conn:
        offer_waiting(conn, desk.now_ns, desk.terms)
    assert (desk.only_intercept().state, desk.only_intercept().squad) == ("offered", "two")


def test_a_new_sighting_moves_the_times_and_asks_nobody_again(desk: Desk) -> None:
    """The same squad, one alert, a new arrival of the truck."""
    desk.file(desk.violation())
    before = desk.only_intercept()
    desk.now_ns += 2 * MINUTE_NS
    desk.file(desk.sighting(2 * MINUTE_NS))
    after = desk.only_intercept()
    assert (after.squad, after.alerts, after.version) == ("one", 1, 2)
    assert (after.truck_eta or "") > (before.truck_eta or "")
    assert after.answer_by == before.answer_by


def test_an_unverified_truck_waits_for_the_desk_and_then_goes_out_marked(desk: Desk) -> None:
    """60 s for somebody to look at the picture; better a squad that is told 未核實 than a bridge."""
    doubtful = {"hundred_tonne": True, "grade": "count", "severity": 6, "passage_gross_kg": 104_000}
    desk.file(desk.violation(**doubtful))
    told = desk.only_intercept()
    assert (told.state, told.unverified, told.squad) == ("unverified", True, None)
    after = wait(desk, 60)
    assert (after.state, after.unverified, after.squad) == ("offered", True, "one")


def test_the_desk_verifies_and_the_squad_is_asked_at_once(desk: Desk) -> None:
    """Nobody waits for the minute."""
    desk.file(desk.violation(hundred_tonne=True, grade="count", severity=6, passage_gross_kg=104_000))
    duty = Actor("desk-1", "duty", agency="road")
    assert (do(desk, duty, action="verify").state, desk.only_intercept().squad) == ("offered", "one")


def test_a_late_truck_is_offered_to_nobody(desk: Desk) -> None:
    """A backlog wakes no squad, whoever is on duty."""
    desk.now_ns = TIME_NS + 16 * MINUTE_NS
    desk.file(desk.violation())
    told = desk.only_intercept()
    assert (told.state, told.squad, told.alerts) == ("expired", None, 0)
    assert [row.kind for row in desk.rows("decisions")] == []
    assert desk.rows("ledger") == []


def test_the_ledger_tells_the_whole_way_in_an_unbroken_chain(desk: Desk) -> None:
    """What the program did and what people did, each behind the one before; the plate stands nowhere in it."""
    desk.file(desk.violation())
    do(desk, ONE, action="pass", note="苏A12345 is too fast")
    do(desk, TWO, action="claim")
    with desk.store.reading() as conn:
        kept = list(ledger.every(conn))
    assert [(one.entry.action, one.entry.to_state) for one in kept] == [
        ("offer", "offered"),
        ("pass", "offered"),
        ("claim", "claimed"),
    ]
    assert kept[1].entry.note == "[plate] is too fast"
    assert chain.verify(kept) is None


def test_an_offer_survives_the_process_that_made_it(desk: Desk, store: Store) -> None:
    """Timers are rows: another process that looks later goes on where this one ended."""
    desk.file(desk.violation())
    later = Desk(store, now_ns=desk.now_ns, terms=desk.terms)
    assert wait(later, 61).squad == "two"


def test_a_timer_that_cannot_be_fired_holds_up_no_other(desk: Desk) -> None:
    """The document of one intercept is damaged; the squad that was asked about the other is followed by the next."""
    desk.file(desk.violation(passage_plate="苏B00001"))
    desk.file(desk.violation())
    damaged = next(one for one in desk.intercepts() if one.plate == "苏B00001")
    with desk.store.writing() as conn:
        conn.execute(update(tables.intercepts).where(tables.intercepts.c.id == damaged.id).values(document="{}"))
    desk.now_ns += 60 * SECOND_NS
    assert fire_due(desk.store, desk.now_ns, desk.terms) == 1
    (told,) = [row for row in desk.rows("intercepts") if row.id != damaged.id]
    assert json.loads(told.document)["passed"] == ["two"]
