"""Over HTTP the duty desk tells a plateless crossing apart from the vehicle that it was taken for; nobody else does."""

from __future__ import annotations

import tomllib

import pytest

from service.registry import Registry, parse_registry
from tests.service.api.conftest import Api, MakeApi
from tests.service.docket.test_likeness import HERE, RARE, known, seen
from tests.service.docket.test_resembling import AGAIN, BEYOND, FARTHER, LATER, SQUAD, again, do, known_beyond
from tests.service.told import MINUTE_NS, TIME_NS


@pytest.fixture
def registry() -> Registry:
    """Sites that a road leads between."""
    return parse_registry(tomllib.loads(FARTHER), "here")


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """A truck that a squad has, and probably the same one an hour and a half on."""
    api = make_api(clock_ns=lambda: TIME_NS + LATER * MINUTE_NS)
    desk = api.desk
    desk.now_ns = TIME_NS
    desk.file(*known(desk))
    desk.file(seen(desk, HERE, 0, *RARE))
    (told,) = (one for one in desk.intercepts() if not one.plate)
    do(desk, told, SQUAD, "claim")
    desk.now_ns += LATER * MINUTE_NS
    desk.file(again(desk))
    return api


def crossings_of(api: Api) -> tuple[str, str, str]:
    """The intercept, the crossing that opened it and the one that moved it on."""
    (told,) = (one for one in api.desk.intercepts() if not one.plate)
    return told.id, told.sightings[0].passage, told.sightings[1].passage


def test_the_desk_tells_apart_once(api: Api) -> None:
    """The answer names what it left and what it opened; sent again it is the same; a second desk hears that it is."""
    intercept, first, later = crossings_of(api)
    path, body = f"/v1/violations/{later}/not-the-same", {"reason": "another cab"}
    answer = api.send("duty", "POST", path, body, **{"Idempotency-Key": "one"})
    told = answer.json()
    assert (answer.status_code, told["left"], told["passage"]) == (200, intercept, later), answer.text
    assert api.get("duty", f"/v1/intercepts/{told['opened']}").json()["best"]["id"] == later
    assert api.send("duty", "POST", path, body, **{"Idempotency-Key": "one"}).json() == told
    for passage in (later, first):
        refused = api.send(
            "duty", "POST", f"/v1/violations/{passage}/not-the-same", body, **{"Idempotency-Key": passage}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "not_probable")


def test_both_cases_tell_of_it(api: Api) -> None:
    """With score and place; told apart, since when."""
    intercept, first, later = crossings_of(api)
    cases = {row.case_id for row in api.desk.rows("sightings") if row.id in (first, later)}
    for case in cases:
        (alike,) = api.get("duty", f"/v1/cases/{case}").json()["alike"]
        assert (alike["passage"], alike["earlier"], alike["intercept"]) == (later, first, intercept)
        assert {alike["case"], alike["earlier_case"]} == cases
        assert alike["told_apart_at"] is None
    path = f"/v1/violations/{later}/not-the-same"
    api.send("duty", "POST", path, {"reason": "another cab"}, **{"Idempotency-Key": "one"})
    assert all(api.get("duty", f"/v1/cases/{case}").json()["alike"][0]["told_apart_at"] for case in cases)


@pytest.mark.parametrize("account", ["squad", "police", "analyst", "admin"])
def test_nobody_else_does(api: Api, account: str) -> None:
    """It opens an intercept: a matter of the desk."""
    _, _, later = crossings_of(api)
    path = f"/v1/violations/{later}/not-the-same"
    answer = api.send(account, "POST", path, {"reason": "another cab"}, **{"Idempotency-Key": "one"})
    assert answer.status_code == 403


def test_the_intercept_must_be_on_ones_roads_too(make_api: MakeApi) -> None:
    """The crossing was on this desk's road, and the truck is another desk's by now: that one has the squad."""
    api = make_api(clock_ns=lambda: TIME_NS + 2 * LATER * MINUTE_NS)
    desk = api.desk
    desk.now_ns = TIME_NS
    desk.file(*known(desk), *known_beyond(desk))
    desk.file(seen(desk, HERE, 0, *RARE))
    (told,) = (one for one in desk.intercepts() if not one.plate)
    do(desk, told, SQUAD, "claim")
    for minutes, value in (
        (LATER, again(desk).replace(b'"corridor":"G104"', b'"corridor":"S340"')),
        (2 * LATER, seen(desk, BEYOND, 2 * LATER, *AGAIN)),
    ):
        desk.now_ns = TIME_NS + minutes * MINUTE_NS
        desk.file(value)
    (told,) = (one for one in desk.intercepts() if not one.plate)
    assert [one.corridor for one in told.sightings] == ["G104", "S340", "G104"]
    path = f"/v1/violations/{told.sightings[1].passage}/not-the-same"
    answer = api.send("foreign", "POST", path, {"reason": "another cab"}, **{"Idempotency-Key": "one"})
    assert (answer.status_code, answer.json()["code"]) == (404, "intercept_unknown")
    assert next(one for one in desk.intercepts() if one.id == told.id) == told
