"""Guarantees of wall screens: let in by a person at the duty desk, they show that person's road and change nothing."""

from __future__ import annotations

from typing import Any

from service.api.auth import declared
from service.store import audit
from tests.service.api.browser import Browser
from tests.service.api.conftest import Api, MakeApi
from tests.service.api.test_auth import address
from tests.service.told import TIME_NS
from wim.records import DAY_NS


def shown(wall: Browser) -> str:
    """The code that a wall screen shows."""
    answer = wall.client.post("/v1/pairings")
    assert answer.status_code == 200
    code: str = answer.json()["code"]
    return code


def paired(api: Api, by: str = "local") -> Browser:
    """A wall screen that somebody let in."""
    wall = Browser(api)
    code = shown(wall)
    assert api.send(by, "POST", f"/v1/pairings/{code}").status_code == 200
    assert wall.enter(pairing=code).status_code == 200
    return wall


def test_a_screen_is_let_in_by_the_duty_desk(api: Api) -> None:
    """It waits until its code is confirmed, and then shows the corridors of whoever did that."""
    wall = Browser(api)
    code = shown(wall)
    waits = wall.enter(pairing=code)
    assert (waits.status_code, waits.json()["code"], waits.headers["Retry-After"]) == (409, "pairing_waits", "2")
    told = api.send("local", "POST", f"/v1/pairings/{code}").json()
    assert (told["code"], told["address"], told["corridors"]) == (code, "testclient", ["G104"])
    who = wall.enter(pairing=code).json()
    assert (who["role"], who["corridors"], who["read_only"]) == ("duty", ["G104"], True)
    assert [one["id"] for one in wall.get("/v1/corridors").json()["items"]] == ["G104"]
    assert who["name"] != "local"


def test_the_desk_sees_which_screen_asks_before_it_lets_it_in(api: Api) -> None:
    """Where it stands, since when, and what it would show; looking confirms nothing, and what is over is none."""
    wall = Browser(api)
    code = shown(wall)
    looked = api.get("local", f"/v1/pairings/{code}").json()
    assert (looked["code"], looked["address"], looked["corridors"]) == (code, "testclient", ["G104"])
    assert wall.enter(pairing=code).json()["code"] == "pairing_waits"
    assert api.send("local", "POST", f"/v1/pairings/{code}").json() == looked
    assert api.get("local", f"/v1/pairings/{code}").json()["code"] == "pairing_unknown"
    assert api.get("local", "/v1/pairings/ZZZZZZ").json()["code"] == "pairing_unknown"


def test_a_screen_writes_nothing(api: Api) -> None:
    """Every write there is gets 403 and is written down, and so is a look at a plate's history."""
    wall = paired(api, "duty")
    # Where everybody may write, nobody's right is used: signing in and out, and asking for a code.
    writes = [name for name, roles in declared(api.client.app) if not name.startswith("GET") and roles is not None]  # type: ignore[arg-type]
    assert len(writes) > 5
    for route in writes:
        method, path = address(route)
        answer = wall.send(method, path, {})
        assert answer.status_code == 403, route
        assert answer.json()["code"] in ("read_only", "role_refused"), route
    for path in ("/v1/offenders/苏A12345?reason=curious", "/v1/violations?plate=苏A12345&reason=curious"):
        assert wall.get(path).json()["code"] == "read_only"
    with api.parts.store.reading() as conn:
        assert {entry.actor for _, entry in audit.page(conn, None, 2)} == {wall.get("/v1/session").json()["name"]}


def test_a_code_works_in_its_own_browser_and_once(api: Api) -> None:
    """Who reads it off the wall gets nothing with it, and neither does who comes after the screen."""
    wall, thief = Browser(api), Browser(api)
    code = shown(wall)
    shown(thief)
    api.send("duty", "POST", f"/v1/pairings/{code}")
    for stranger in (thief, Browser(api)):
        answer = stranger.enter(pairing=code)
        assert (answer.status_code, answer.json()["code"]) == (404, "pairing_unknown")
    assert wall.enter(pairing=code).status_code == 200
    assert wall.enter(pairing=code).status_code == 404


def test_who_guesses_codes_holds_nobody_up(api: Api) -> None:
    """A stranger's tries only read: they are answered while a truck is being filed, and the truck waits for none."""
    wall, thief = Browser(api), Browser(api)
    code = shown(wall)
    with api.parts.store.writing():
        assert thief.enter(pairing=code).json()["code"] == "pairing_unknown"
        assert wall.enter(pairing=code).json()["code"] == "pairing_waits"


def test_a_code_is_confirmed_once_and_in_time(make_api: MakeApi) -> None:
    """A code that was confirmed, has ended or was never shown is unknown alike."""
    now = [TIME_NS]
    api = make_api(clock_ns=lambda: now[0])
    codes = [shown(Browser(api)) for _ in range(2)]
    assert confirm(api, codes[0]).status_code == 200
    now[0] += 5 * 60 * 10**9
    for code in (*codes, "ABCDEF"):
        assert confirm(api, code).json()["code"] == "pairing_unknown"


def confirm(api: Api, code: str, by: str = "duty") -> Any:
    return api.send(by, "POST", f"/v1/pairings/{code}")


def test_only_the_duty_desk_lets_screens_in(api: Api) -> None:
    """Not squads, not police, and no wall screen another one."""
    code = shown(Browser(api))
    for name in ("squad", "police", "analyst", "technician", "admin"):
        assert confirm(api, code, name).json()["code"] == "role_refused"
    assert paired(api).send("POST", f"/v1/pairings/{code}").json()["code"] == "read_only"


def test_an_address_asks_for_few_codes(api: Api) -> None:
    """Nobody fills the table of codes, or tries them through."""
    statuses = [api.client.post("/v1/pairings").status_code for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2


def test_a_screen_stays_for_its_days(make_api: MakeApi) -> None:
    """The policy's number of days, and not a day more."""
    now = [TIME_NS]
    api = make_api(clock_ns=lambda: now[0])
    wall = paired(api)
    now[0] += 30 * DAY_NS - 1
    assert wall.get("/v1/session").status_code == 200
    now[0] += 1
    answer = api.client.get("/v1/session", headers={"Cookie": f"wim_session={wall.cookie}"})
    assert answer.json()["code"] == "session_ended"
