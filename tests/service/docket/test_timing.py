"""A squad that goes home leaves no truck behind, whatever ended its duty."""

from __future__ import annotations

import tomllib

import pytest

from service.docket.terms import Terms
from service.docket.timing import duty_changed, fire_due
from service.registry import parse_registry
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_offering import ONE, ROADS, do, sign, wait
from tests.service.told import MINUTE_NS, TIME_NS
from wim.records import HOUR_NS

_HOUR = 3_600


def at_duty(store: Store, shifts: str = "") -> Desk:
    """A desk with squad one alone on duty, by its own word where it has no shift."""
    tables = ROADS.replace('id = "one"', f'id = "one"\n{shifts}')
    registry = parse_registry(tomllib.loads(tables), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    if not shifts:
        sign(desk, "one", True)
    return desk


def sign_out(desk: Desk, squad: str) -> None:
    sign(desk, squad, False)
    with desk.store.writing(durable=True) as conn:
        duty_changed(conn, squad, desk.now_ns, desk.terms)


def later(desk: Desk) -> None:
    desk.now_ns += MINUTE_NS


def squads_of(desk: Desk) -> dict[str, str | None]:
    return {told.plate: told.squad for told in desk.intercepts()}


def test_a_squad_whose_truck_got_out_of_reach_is_asked_about_the_next(store: Store) -> None:
    """The first was slow and seen long ago; while its squad was asked, another one came and had nobody."""
    desk = at_duty(store)
    desk.now_ns += 14 * MINUTE_NS + MINUTE_NS // 2
    desk.file(desk.violation(passage_speed_kmh=20.0))
    desk.file(desk.violation(14 * MINUTE_NS, passage_plate="苏B00001"))
    assert sorted(squads_of(desk).values(), key=str) == [None, "one"]
    desk.now_ns = TIME_NS + 15 * MINUTE_NS
    fire_due(desk.store, desk.now_ns, desk.terms)
    assert squads_of(desk)["苏B00001"] == "one"
    assert [told.state for told in desk.intercepts() if told.plate != "苏B00001"] == ["expired"]


def test_a_squad_that_did_not_answer_is_asked_about_the_next(store: Store) -> None:
    """It may answer there; the first truck is the desk's."""
    desk = at_duty(store)
    desk.file(desk.violation(severity=6))
    desk.file(desk.violation(passage_plate="苏B00001"))
    assert squads_of(desk)["苏B00001"] is None
    desk.now_ns += MINUTE_NS
    fire_due(desk.store, desk.now_ns, desk.terms)
    assert squads_of(desk)["苏B00001"] == "one"


@pytest.mark.parametrize("claims", [True, False])
def test_who_signs_out_hands_over_at_once(store: Store, claims: bool) -> None:
    """What it was asked about or took, outside of any shift: at the desk, with a note, in the ledger."""
    desk = at_duty(store)
    desk.file(desk.violation())
    if claims:
        do(desk, ONE, action="claim")
    later(desk)
    sign_out(desk, "one")
    told = desk.only_intercept()
    assert (told.state, told.squad, told.desk, told.passed) == ("open", None, True, ["one"])
    assert told.note == "one 交班 (shift ended)"
    assert [row.action for row in desk.rows("ledger")][-1] == "shift_over"
    assert desk.feed()[-1] == "intercept"


def test_another_squad_is_asked_where_there_is_one(store: Store) -> None:
    """The truck does not wait for the desk to look."""
    desk = at_duty(store)
    desk.file(desk.violation())
    do(desk, ONE, action="claim")
    sign(desk, "two", True)
    later(desk)
    sign_out(desk, "one")
    assert (desk.only_intercept().state, desk.only_intercept().squad) == ("offered", "two")


def test_what_is_begun_is_brought_to_an_end(store: Store) -> None:
    """On the way, it stays the squad's."""
    desk = at_duty(store)
    desk.file(desk.violation())
    do(desk, ONE, action="claim")
    do(desk, ONE, action="depart")
    later(desk)
    sign_out(desk, "one")
    assert (desk.only_intercept().state, desk.only_intercept().squad) == ("en_route", "one")


def test_who_never_signs_out_is_off_after_the_longest_turn(store: Store) -> None:
    """12 h after its word, by a timer of its own."""
    desk = at_duty(store)
    desk.file(desk.violation())
    do(desk, ONE, action="claim")
    assert wait(desk, 12 * _HOUR - 1).state == "claimed"
    assert (wait(desk, 1).squad, desk.only_intercept().desk) == (None, True)


def test_the_shift_that_follows_ends_too(store: Store) -> None:
    """Two shifts in a row: the truck stays at the end of the first and is handed over at the end of the second."""
    # The usual crossing is on a Friday at 04:00 by the road's clock.
    days = 'days = "Mon-Sun"'
    desk = at_duty(
        store, f'shifts = [{{{days}, from = "02:00", until = "06:00"}}, {{{days}, from = "06:00", until = "09:00"}}]'
    )
    desk.file(desk.violation())
    do(desk, ONE, action="claim")
    assert wait(desk, 2 * _HOUR).state == "claimed"
    assert (wait(desk, 3 * _HOUR).squad, desk.only_intercept().desk) == (None, True)


def test_a_squad_signed_in_again_keeps_what_it_has(store: Store) -> None:
    """A second word moves the end of its duty, and takes nothing away."""
    desk = at_duty(store)
    desk.file(desk.violation())
    do(desk, ONE, action="claim")
    desk.now_ns += 6 * HOUR_NS
    sign(desk, "one", True)
    with desk.store.writing(durable=True) as conn:
        duty_changed(conn, "one", desk.now_ns, desk.terms)
    assert wait(desk, 6 * _HOUR).state == "claimed"
    assert wait(desk, 6 * _HOUR).squad is None
