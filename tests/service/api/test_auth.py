"""Who is let in where: the whole table, and how a refusal is told and kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from service.access import Role
from service.api.app import routed
from service.api.auth import UndeclaredRouteError, check_routes, declared
from service.api.limits import Allowance, Strangers
from service.store import audit
from tests.service.api.conftest import Api, MakeApi
from wim.records import DAY_NS

PERSONS = {Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.TECHNICIAN, Role.ADMIN}
ROADSIDE = {Role.SQUAD, Role.POLICE, Role.DUTY}
PLATES = {Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN}
DESKS = {Role.DUTY, Role.ADMIN}

#: The documents and files of the pages hold nothing of the road.
PAGES = (
    *("/", "/login", "/squad", "/board", "/joint", "/cases/{case}", "/sites"),
    *("/assets/{name}", "/icons/{name}", "/sw.js", "/manifest.webmanifest"),
)

#: The table of rights: what dispatch.md §5 says of the roles, route by route. None is everybody.
TABLE: dict[str, set[Role] | None] = {
    "GET /v1/corridors": PERSONS,
    "GET /v1/sites": PERSONS,
    "GET /v1/corridors/{corridor}/rates": PERSONS,
    "GET /v1/rates": PERSONS,
    "GET /v1/sites/{site}/health": PERSONS,
    "POST /v1/sites/{site}/downgrades": {Role.TECHNICIAN, Role.ADMIN},
    "POST /v1/sites/{site}/restores": {Role.TECHNICIAN, Role.ADMIN},
    "GET /v1/violations": PERSONS,
    "GET /v1/violations/{violation}": PERSONS,
    "GET /v1/intercepts": PERSONS - {Role.TECHNICIAN},
    "GET /v1/intercepts/{intercept}": PERSONS - {Role.TECHNICIAN},
    "POST /v1/intercepts/{intercept}/actions": ROADSIDE,
    "POST /v1/violations/{violation}/not-the-same": {Role.DUTY},
    "GET /v1/intercepts/{intercept}/why": {Role.DUTY, Role.POLICE, Role.ADMIN},
    "GET /v1/violations/{violation}/why": {Role.DUTY, Role.POLICE, Role.ADMIN},
    "GET /v1/effectiveness": {Role.DUTY, Role.ANALYST, Role.POLICE, Role.ADMIN},
    "GET /v1/effectiveness/{figure}/items": {Role.DUTY, Role.ANALYST, Role.POLICE, Role.ADMIN},
    "GET /v1/violations/{violation}/signal": PERSONS - {Role.TECHNICIAN},
    "POST /v1/violations/{violation}/exclusions": DESKS,
    "POST /v1/violations/{violation}/restorations": DESKS,
    "GET /v1/violations/{violation}/exclusions": DESKS | {Role.POLICE},
    "GET /v1/cases/{case}": PERSONS - {Role.TECHNICIAN},
    "GET /v1/joint-actions": {Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN},
    "GET /v1/joint-actions/{joint}": {Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN},
    "POST /v1/joint-actions": ROADSIDE,
    "POST /v1/joint-actions/{joint}/actions": ROADSIDE,
    "GET /v1/ledger": {Role.DUTY, Role.POLICE, Role.ADMIN},
    "GET /v1/squads": {Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN},
    "POST /v1/squads/{squad}/status": {Role.SQUAD, Role.DUTY},
    "GET /v1/offenders/{plate}": PERSONS - {Role.TECHNICIAN},
    **{f"GET /v1/{kind}": PLATES for kind in ("permits", "vehicles", "exempt", "watch")},
    **{f"GET /v1/{kind}/{{key:path}}": PLATES for kind in ("permits", "vehicles", "exempt", "watch")},
    **{f"PUT /v1/{kind}": DESKS for kind in ("permits", "vehicles", "exempt")},
    **{f"DELETE /v1/{kind}/{{key:path}}": DESKS for kind in ("permits", "vehicles", "exempt")},
    "PUT /v1/watch": DESKS | {Role.POLICE},
    "DELETE /v1/watch/{key:path}": DESKS | {Role.POLICE},
    "POST /v1/passages": {Role.DEVICE, Role.ADMIN},
    "PUT /v1/passages/{passage}/media/{kind}": {Role.DEVICE, Role.ADMIN},
    "GET /v1/passages/{passage}/media/{kind}": PERSONS,
    "GET /v1/notices": DESKS | {Role.TECHNICIAN},
    "GET /v1/push-subscriptions": ROADSIDE | {Role.ADMIN},
    "PUT /v1/push-subscriptions": ROADSIDE,
    "DELETE /v1/push-subscriptions/{subscription}": ROADSIDE | {Role.ADMIN},
    "GET /v1/live": PERSONS - {Role.TECHNICIAN},
    "POST /v1/session": None,
    "GET /v1/session": set(Role),
    "GET /v1/session/oidc": None,
    "GET /v1/session/oidc/callback": None,
    "DELETE /v1/session": None,
    "GET /v1/sessions": DESKS,
    "DELETE /v1/sessions/{session}": DESKS,
    "POST /v1/pairings": None,
    "GET /v1/pairings/{code}": {Role.DUTY},
    "POST /v1/pairings/{code}": {Role.DUTY},
    "GET /livez": None,
    "GET /readyz": None,
    "GET /metrics": None,
    "GET /openapi.json": None,
    **{f"GET {path}": None for path in PAGES},
}


def address(route: str) -> tuple[str, str]:
    """Method and a path of a route in which nothing exists."""
    method, path = route.split(" ")
    filled = path.replace("{corridor}", "G999").replace("{plate}", "苏A0T009").replace("{key:path}", "苏A0T009")
    filled = filled.replace("{code}", "ABCDEF")
    return method, re.sub(r"{\w+}", "0123456789abcdef", filled)


def test_every_route_serves_whom_the_table_says() -> None:
    """A route that is added, or opens to another role, fails here until the table says so."""
    assert dict(declared(routed())) == TABLE


def test_a_route_without_a_right_keeps_the_process_from_starting() -> None:
    """Forgetting to say whom a route serves is found at start and not by a visitor."""
    app = FastAPI(openapi_url=None)
    app.get("/v1/secrets")(lambda: "everything")
    with pytest.raises(UndeclaredRouteError, match="/v1/secrets"):
        check_routes(app)


GUARDED = {route: roles for route, roles in TABLE.items() if roles is not None}


def test_a_role_is_served_or_refused_as_the_table_says(api: Api) -> None:
    """Each role at each route: 403 where the table has it not, and never 401 or 403 where it has."""
    for route, roles in GUARDED.items():
        method, path = address(route)
        # Refused for its corridor before it streams.
        query = "?corridor=G999" if route == "GET /v1/live" else ""
        for role in Role:
            status = api.send(role.value, method, path + query).status_code
            # Whether an analyst sees plates is a further question.
            hidden = route == "GET /v1/offenders/{plate}" and role is Role.ANALYST
            assert (status != 403) == (role in roles and not hidden), (route, role, status)
            assert status != 401, (route, role)


def test_nobody_is_served_without_a_token(make_api: MakeApi) -> None:
    """No header, another scheme, a wrong secret and nonsense get 401 everywhere, before anything else is looked at."""
    api = make_api(strangers=Patient())
    right = api.tokens["admin"]
    wrong = ({}, {"Authorization": f"Basic {right}"}, {"Authorization": "Bearer x"}, bearer(right[:-1] + "?"))
    for route in GUARDED:
        method, path = address(route)
        for header in wrong:
            answer = api.client.request(method, path, headers=header, content=b"{", params={"bucket": "decade"})
            assert answer.status_code == 401, (route, header)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.json()["code"] in ("token_missing", "token_refused")


class Patient(Strangers):
    """Slows nobody down."""

    def admit(self, token: str, address: str, now_s: float) -> float:
        return 0.0


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_probes_need_no_token(api: Api) -> None:
    """What runs the process must not need an account."""
    for path in ("/livez", "/readyz", "/metrics", "/openapi.json"):
        assert api.client.get(path).status_code == 200


FOREIGN = ("foreign", "squad")


def objects(api: Api) -> dict[str, str]:
    """An address on G104 at km 80 for each route that shows one object: not S340's, and off the squad's sections."""
    desk = api.desk
    desk.file(desk.violation(passage_site="G104-K080", chainage_km=80.0))
    told = desk.only_intercept()
    return {
        "violation": f"/v1/violations/{told.best.id}",
        "intercept": f"/v1/intercepts/{told.id}",
        "actions": f"/v1/intercepts/{told.id}/actions",
    }


def test_a_foreign_object_looks_like_none(api: Api) -> None:
    """What is on another's road gets the very answer of what does not exist, to reading and to acting."""
    where = objects(api)
    for name in FOREIGN:
        for kind in ("violation", "intercept"):
            assert api.get("duty", where[kind]).status_code == 200
            found, none = api.get(name, where[kind]), api.get(name, f"/v1/{kind}s/0123456789abcdef")
            assert found.status_code == none.status_code == 404
            assert without_id(found.json()) == without_id(none.json())
        act = {"action": "claim", **({} if name == "squad" else {"squad": "liyang-2"})}
        answer = api.send(name, "POST", where["actions"], act, Idempotency_Key="k", If_Match='"1"')
        assert (answer.status_code, answer.json()["code"]) == (404, "intercept_unknown")


def without_id(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "request_id"}


def test_lists_leave_out_what_is_foreign(api: Api) -> None:
    """A list shows what lies on one's own road, whatever is asked for."""
    objects(api)
    for path in ("/v1/violations", "/v1/intercepts"):
        assert len(api.get("duty", path).json()["items"]) == 1
        assert len(api.get("local", path).json()["items"]) == 1
        for name in FOREIGN:
            assert api.get(name, path).json() == {"items": [], "next": None}
    assert [one["id"] for one in api.get("foreign", "/v1/corridors").json()["items"]] == ["S340"]
    assert [one["id"] for one in api.get("squad", "/v1/sites").json()["items"]] == ["G104-K012"]
    assert [one["corridor"] for one in api.get("foreign", "/v1/rates").json()["corridors"]] == ["S340"]


def test_a_foreign_corridor_looks_like_none(api: Api) -> None:
    """Rates and filters of another's corridor answer as for one that does not exist."""
    for path in ("/v1/corridors/{}/rates", "/v1/violations?corridor={}", "/v1/intercepts?corridor={}"):
        assert api.get("foreign", path.format("S340")).status_code == 200
        found, none = (api.get("foreign", path.format(name)) for name in ("G104", "G999"))
        assert found.status_code == none.status_code == 404
        assert without_id(found.json()) == without_id(none.json())


def test_a_refusal_is_counted_and_kept(api: Api) -> None:
    """Who was refused what stands in the audit log and in the metrics, by the route and not by the path."""
    assert api.get("technician", "/v1/offenders/苏A12345?reason=curious").status_code == 403
    with api.parts.store.reading() as conn:
        ((_, entry),) = audit.page(conn, None, 10)
    assert (entry.actor, entry.role, entry.action) == ("technician", "technician", "refused")
    assert (entry.subject, entry.reason) == ("GET /v1/offenders/{plate}", "role_refused")
    assert b'wim_http_refused_total{code="role_refused"} 1.0' in api.parts.meters.text()


def test_a_stranger_is_kept_but_cannot_fill_the_log(api: Api) -> None:
    """A token that is nobody's is written down with its address, a few times a minute and no more."""
    for number in range(20):
        api.client.get("/v1/sites", headers=bearer(f"wim_none{number}_x"))
    with api.parts.store.reading() as conn:
        entries = [entry for _, entry in audit.page(conn, None, 100)]
    assert {(entry.actor, entry.role, entry.reason) for entry in entries} == {("testclient", "nobody", "token_refused")}
    assert 1 <= len(entries) < 20


def test_guessing_is_slowed_down_and_shuts_nobody_out(api: Api) -> None:
    """After some wrong tokens an address waits; a token that was right before is served from there all the same."""
    assert api.get("duty", "/v1/sites").status_code == 200
    statuses = [api.client.get("/v1/sites", headers=bearer(f"wim_no_{number}")).status_code for number in range(40)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert api.get("duty", "/v1/sites").status_code == 200
    assert api.get("police", "/v1/sites").status_code == 429


def test_requests_of_one_account_are_bounded(make_api: MakeApi) -> None:
    """Beyond the policy's number a minute one account is told when to come back; others go on."""
    api = make_api(requests=Allowance(10))
    answers = [api.get("duty", "/v1/sites") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 7
    assert api.get("police", "/v1/sites").status_code == 200


def test_an_ended_token_is_nobodys(make_api: MakeApi) -> None:
    """The door is asked with the time of the request."""

    class Closing:
        def verify(self, token: str, now_ns: int) -> None:
            assert now_ns == DAY_NS
            return

    api = make_api(door=Closing(), clock_ns=lambda: DAY_NS)
    assert api.get("duty", "/v1/sites").json()["code"] == "token_refused"
