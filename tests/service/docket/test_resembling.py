"""A plateless vehicle that probably is one that a squad is after moves that intercept on, and a person can undo it."""

from __future__ import annotations

import itertools
import json
import tomllib
from typing import Any

import pytest

from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.splitting import Apart, NotProbableError, not_the_same
from service.docket.terms import Terms
from service.docket.timing import fire_due
from service.messages import Intercept
from service.registry import parse_registry
from service.store import audit, ledger
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_cloning import ROADS
from tests.service.docket.test_likeness import HERE, RARE, THERE, known, seen
from tests.service.docket.test_likeness import desk as desk
from tests.service.roads import site
from tests.service.told import MINUTE_NS

SQUAD, DUTY = Actor("li", "squad", "road", "liyang-2"), Actor("wang", "duty", "road")
#: The same vehicle as another scale sees it.
AGAIN = (8_330, 2_055), (15_100, 15_200, 9_300)
LATER = 90
#: A third site on the same road, which knows as many vehicles.
BEYOND = "G104-K180"
FARTHER = ROADS + site(BEYOND, 180.0)


def plateless(desk: Desk) -> list[Intercept]:
    """Its intercepts, in the order in which they opened."""
    return sorted((told for told in desk.intercepts() if not told.plate), key=lambda told: told.opened_at or "")


def do(desk: Desk, told: Intercept, actor: Actor, action: str, **given: Any) -> None:
    with desk.store.writing(durable=True) as conn:
        act(conn, told.id, Deed(action=action, **given), actor, desk.now_ns, desk.terms)


def taken(desk: Desk, *actions: str) -> Intercept:
    """The truck was seen and a squad has it, when it is seen again far on."""
    desk.file(seen(desk, HERE, 0, *RARE, severity=4))
    (told,) = plateless(desk)
    for action in actions or ("claim",):
        do(desk, told, SQUAD, action)
    desk.now_ns += LATER * MINUTE_NS
    return told


def again(desk: Desk, **changed: Any) -> bytes:
    return seen(desk, THERE, LATER, *AGAIN, **({"severity": 5} | changed))


def anew(value: bytes, severity: int = 5) -> bytes:
    """The same crossing in its next version, as after a downgrade."""
    worse = value.replace(b'"severity":5,', b'"severity":%d,' % severity, 1)
    return worse.replace(b'"version":1,', b'"version":2,', 1)


def apart(desk: Desk, passage: str, reason: str = "another cab") -> Apart:
    with desk.store.writing(durable=True) as conn:
        return not_the_same(conn, passage, reason, DUTY, desk.now_ns, desk.terms)


def known_beyond(desk: Desk) -> list[bytes]:
    return [value.replace(THERE.encode(), BEYOND.encode()) for value in known(desk)]


def later_of(told: Intercept) -> str:
    return told.sightings[-1].passage


def test_it_moves_the_intercept_on_and_opens_none(desk: Desk) -> None:
    """The newer place, the better evidence, one alert; the crossing says how likely it is the same."""
    first = taken(desk)
    filed = desk.file(again(desk))
    (told,) = plateless(desk)
    assert (told.id, told.squad, told.state, told.alerts, filed.alerted) == (first.id, "liyang-2", "claimed", 1, [])
    assert [(one.site, one.probable is not None) for one in told.sightings] == [(HERE, False), (THERE, True)]
    assert (told.best.severity, told.probable) == (5, None)
    assert (told.sightings[-1].probable or 0) >= 0.999


def test_trips_stay_apart_whatever_is_probable(desk: Desk) -> None:
    """Each crossing is a case of its own, as without any likeness."""
    taken(desk)
    before = len(desk.trips())
    desk.file(again(desk))
    assert len(desk.trips()) == before + 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
@pytest.mark.parametrize("together", [True, False])
def test_trips_and_violations_do_not_depend_on_the_order(desk: Desk, order: tuple[int, ...], together: bool) -> None:
    """Nor on how the stream is cut: only what an intercept went through does."""
    values = [seen(desk, HERE, 0, *RARE), again(desk)]
    desk.now_ns += LATER * MINUTE_NS
    arrived = [values[number] for number in order]
    for batch in [arrived] if together else [[one] for one in arrived]:
        desk.file(*batch)
    cases = [row for row in desk.rows("sightings") if not row.plate]
    assert len({row.case_id for row in cases}) == len(cases) == 2
    assert sum(not row.plate for row in desk.rows("violations")) == 2


@pytest.mark.parametrize("state", ["stop", "expired"])
def test_one_that_drives_nowhere_is_not_moved(desk: Desk, state: str) -> None:
    """Who stands at the roadside is not elsewhere; who is out of reach is alerted anew, with what is probable."""
    desk.file(seen(desk, HERE, 0, *RARE))
    (first,) = plateless(desk)
    for action in ("claim", "stop") if state == "stop" else ():
        do(desk, first, SQUAD, action)
    desk.now_ns += LATER * MINUTE_NS
    desk.file(again(desk))
    (_, second) = plateless(desk)
    assert second.probable is not None
    assert second.probable.passage == first.best.id


def weighed_legal(desk: Desk, static_kg: int) -> None:
    desk.file(seen(desk, HERE, 0, *RARE))
    (first,) = plateless(desk)
    do(desk, first, SQUAD, "claim")
    do(desk, first, SQUAD, "stop")
    do(desk, first, SQUAD, "weigh", static_gross_kg=static_kg, scale_certificate="JJG-S")
    do(desk, first, SQUAD, "legal", note="within the limit")
    desk.now_ns += LATER * MINUTE_NS


def test_one_that_a_scale_found_legal_is_not_stopped_again(desk: Desk) -> None:
    """With the same load it opens nothing farther on, and says why."""
    weighed_legal(desk, sum(AGAIN[1]))
    value = again(desk)
    desk.file(value)
    assert [told.state for told in plateless(desk)] == ["legal"]
    crossing = desk.arrival(value).message.id
    (why,) = [json.loads(row.document) for row in desk.rows("decisions") if row.subject == crossing]
    assert (why["why"], bool(why["waived"]), why["score"] >= 0.999) == ("found_legal", True, True)


def test_one_that_was_legal_with_much_less_is_stopped_again(desk: Desk) -> None:
    """The scale said something else of another load."""
    weighed_legal(desk, sum(AGAIN[1]) // 2)
    desk.file(again(desk))
    legal, anew = plateless(desk)
    assert (legal.state, anew.state, anew.alerts) == ("legal", "open", 1)


def test_what_was_judged_anew_stays_with_it(desk: Desk) -> None:
    """A second version of the later crossing opens nothing either, even after the truck was stopped."""
    first = taken(desk)
    value = again(desk)
    desk.file(value)
    do(desk, first, SQUAD, "stop")
    assert desk.file(anew(value)).violations == 1
    assert len(plateless(desk)) == 1


def test_duty_tells_them_apart(desk: Desk) -> None:
    """Each has its own places, evidence, reasons and squad; the ledger has who and why; once is enough."""
    first = taken(desk)
    desk.file(again(desk, hundred_tonne=True))
    passage = later_of(plateless(desk)[0])
    assert "hundred_tonne" in plateless(desk)[0].reasons
    told = apart(desk, passage)
    one, other = plateless(desk)
    assert (one.id, one.best, one.reasons, one.priority, one.squad) == (
        first.id, first.best, first.reasons, first.priority, "liyang-2",
    )  # fmt: skip
    assert [seen.passage for seen in one.sightings] == [first.best.id]
    assert (other.id, other.case, other.best.id, other.alerts) == (told.opened, told.case, passage, 1)
    assert "hundred_tonne" in other.reasons
    assert [seen.probable for seen in other.sightings] == [None]
    with desk.store.reading() as conn:
        (entry,) = [kept.entry for kept in ledger.of_intercept(conn, first.id) if kept.entry.action == "not_the_same"]
        (noted, *_) = audit.of_subject(conn, first.id)
    assert (entry.actor, entry.note, entry.document["passage"]) == ("wang", "another cab", passage)
    assert (noted.entry.action, noted.entry.reason) == ("intercept.not_the_same", "another cab")
    with pytest.raises(NotProbableError):
        apart(desk, passage)


def test_told_apart_it_stays_apart(desk: Desk) -> None:
    """Judged anew it belongs to its own intercept, and nobody is told again that it probably is the other one."""
    taken(desk)
    value = again(desk)
    desk.file(value)
    told = apart(desk, later_of(plateless(desk)[0]))
    assert desk.file(anew(value, severity=6)).violations == 1
    (_, other) = plateless(desk)
    assert (other.id, other.best.severity, other.probable) == (told.opened, 6, None)


def test_out_of_reach_by_now_opens_nothing(desk: Desk) -> None:
    """Half an hour later nobody can stop it; the first goes on, and its places are its own."""
    first = taken(desk)
    desk.file(again(desk))
    desk.now_ns += 30 * MINUTE_NS
    assert apart(desk, later_of(plateless(desk)[0])).opened is None
    (told,) = plateless(desk)
    assert [seen.passage for seen in told.sightings] == [first.best.id]


def test_an_offer_that_loses_its_newest_place_runs_out(desk: Desk) -> None:
    """It was waiting only because of the crossing that was another truck's."""
    desk.terms = type(desk.terms)(network=desk.terms.network, horizon_ns=100 * MINUTE_NS)
    desk.file(seen(desk, HERE, 0, *RARE))
    desk.now_ns += LATER * MINUTE_NS
    desk.file(again(desk))
    (told,) = plateless(desk)
    apart(desk, later_of(told))
    desk.now_ns += 11 * MINUTE_NS
    for _ in range(8):
        fire_due(desk.store, desk.now_ns, desk.terms, 100)
    states = {one.id: one.state.value for one in plateless(desk)}
    assert states.pop(told.id) == "expired"
    assert list(states.values()) == ["open"]


def test_what_has_an_intercept_of_its_own_keeps_it_when_judged_anew(desk: Desk) -> None:
    """The earlier crossing came later: both are out, and a second version tells its own squad, not the other's."""
    desk.terms = type(desk.terms)(network=desk.terms.network, horizon_ns=100 * MINUTE_NS)
    desk.now_ns += LATER * MINUTE_NS
    value = again(desk)
    desk.file(value)
    desk.file(seen(desk, HERE, 0, *RARE))
    desk.file(anew(value, severity=6))
    told = {one.sightings[0].site: one for one in plateless(desk)}
    assert {site: [seen.site for seen in one.sightings] for site, one in told.items()} == {HERE: [HERE], THERE: [THERE]}
    assert told[THERE].best.severity == 6


def test_a_third_crossing_moves_it_on_and_goes_along_with_the_second(store: Store) -> None:
    """Two crossings of one truck do not deny each other; who tells the second apart takes the third along."""
    registry = parse_registry(tomllib.loads(FARTHER), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    desk.file(*known(desk), *known_beyond(desk))
    taken(desk)
    desk.file(again(desk))
    desk.now_ns += LATER * MINUTE_NS
    desk.file(seen(desk, BEYOND, 2 * LATER, *AGAIN))
    assert sites_of(desk) == [[(HERE, False), (THERE, True), (BEYOND, True)]]
    (told,) = plateless(desk)
    opened = apart(desk, told.sightings[1].passage).opened
    assert opened is not None
    assert sites_of(desk) == [[(HERE, False)], [(THERE, False), (BEYOND, True)]]
    apart(desk, told.sightings[2].passage)
    assert sorted(sites_of(desk)) == [[(HERE, False)], [(THERE, False)], [(BEYOND, False)]]


def sites_of(desk: Desk) -> list[list[tuple[str, bool]]]:
    """The places of each intercept, and whether each is of it by likeness only."""
    return [[(one.site, one.probable is not None) for one in told.sightings] for told in plateless(desk)]
