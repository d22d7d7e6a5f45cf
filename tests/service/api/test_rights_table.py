"""Every route, every role that it serves, and an object that is one's own, somebody else's, or not there at all.

The routes are the application's own: one that is added fails here until it says what it does with what is foreign.
"""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from service.access import Admission, Principal, Role, default_plates
from service.api.app import build, routed
from service.api.auth import declared
from service.registry import Registry, parse_registry
from service.store import audit
from tests.service.api.conftest import G104, REGISTRY, S340, Api, MakeParts
from tests.service.api.test_joint_actions import hundred_tonne
from tests.service.docket.test_joint import only
from tests.service.told import PLATE
from wim.periods import NEVER_NS

#: Where the objects of this test are, and a squad that is there.
SITE = "G104-K080"
SQUADS = """
[[squad]]
id = "north-1"
agency = "road"
base = "yard"
sections = [{corridor = "G104", from_km = 60.0, to_km = 120.0}]
"""

#: What a route does with an object of another's road. placed: it looks like none. listed: it is left out.
#: everywhere: it would be in force on the asker's road too and beyond, so who has one road only does not write it.
#: free: there is no object, or none of a road.
KINDS: dict[str, str] = {
    "GET /v1/corridors": "listed",
    "GET /v1/sites": "listed",
    "GET /v1/sites/{site}/health": "placed",
    "POST /v1/sites/{site}/downgrades": "placed",
    "POST /v1/sites/{site}/restores": "placed",
    "GET /v1/corridors/{corridor}/rates": "placed",
    "GET /v1/rates": "listed",
    "GET /v1/effectiveness": "listed",
    "GET /v1/effectiveness/{figure}/items": "listed",
    "GET /v1/violations": "listed",
    "GET /v1/violations/{violation}": "placed",
    "POST /v1/violations/{violation}/exclusions": "placed",
    "POST /v1/violations/{violation}/restorations": "placed",
    "GET /v1/violations/{violation}/exclusions": "placed",
    "POST /v1/violations/{violation}/not-the-same": "placed",
    "GET /v1/violations/{violation}/signal": "placed",
    "GET /v1/violations/{violation}/why": "placed",
    "GET /v1/intercepts": "listed",
    "GET /v1/intercepts/{intercept}": "placed",
    "POST /v1/intercepts/{intercept}/actions": "placed",
    "GET /v1/intercepts/{intercept}/why": "placed",
    "GET /v1/cases/{case}": "placed",
    "GET /v1/joint-actions": "listed",
    "GET /v1/joint-actions/{joint}": "placed",
    "POST /v1/joint-actions": "placed",
    "POST /v1/joint-actions/{joint}/actions": "placed",
    "GET /v1/ledger": "listed",
    "GET /v1/squads": "listed",
    "POST /v1/squads/{squad}/status": "placed",
    "GET /v1/offenders/{plate}": "listed",
    "GET /v1/permits": "listed",
    "GET /v1/permits/{key:path}": "placed",
    "PUT /v1/permits": "everywhere",
    "DELETE /v1/permits/{key:path}": "placed",
    **{f"GET /v1/{kind}": "free" for kind in ("vehicles", "exempt", "watch")},
    **{f"GET /v1/{kind}/{{key:path}}": "free" for kind in ("vehicles", "exempt", "watch")},
    **{f"PUT /v1/{kind}": "everywhere" for kind in ("vehicles", "exempt", "watch")},
    **{f"DELETE /v1/{kind}/{{key:path}}": "free" for kind in ("vehicles", "exempt")},
    "DELETE /v1/watch/{key:path}": "everywhere",
    "POST /v1/passages": "everywhere",
    "PUT /v1/passages/{passage}/media/{kind}": "free",
    "GET /v1/passages/{passage}/media/{kind}": "placed",
    "GET /v1/notices": "listed",
    "GET /v1/push-subscriptions": "free",
    "PUT /v1/push-subscriptions": "free",
    "DELETE /v1/push-subscriptions/{subscription}": "free",
    "GET /v1/live": "listed",
    "GET /v1/session": "free",
    "GET /v1/sessions": "listed",
    "DELETE /v1/sessions/{session}": "placed",
    "GET /v1/pairings/{code}": "free",
    "POST /v1/pairings/{code}": "free",
}

#: A squad on the same road has that road's figures and permits whole, and knows who else serves it.
OF_THE_WHOLE_ROAD = {
    route: {Role.SQUAD}
    for route in (
        "GET /v1/corridors",
        "GET /v1/rates",
        "GET /v1/corridors/{corridor}/rates",
        "GET /v1/squads",
        "POST /v1/squads/{squad}/status",
        "GET /v1/permits/{key:path}",
    )
}

ROLES = {route: roles for route, roles in declared(routed()) if roles is not None}


@dataclass(frozen=True)
class Named:
    """A door that takes a name for a token: what is checked here is rights, not secrets."""

    accounts: dict[str, Principal]

    def verify(self, token: str, now_ns: int) -> Principal | None:
        return self.accounts.get(token)

    def admit(self, token: str, now_ns: int) -> Admission | None:
        return Admission(self.accounts[token], NEVER_NS, token)

    def holder(self, reference: str, now_ns: int) -> Principal | None:
        return self.accounts.get(reference)


def principals() -> dict[str, Principal]:
    """Of each role one on G104 and one on S340; of squads one there and one on the other end of the same road."""
    found = {}
    for role in set(Role) - {Role.SQUAD}:
        agency = "police" if role is Role.POLICE else "road"
        for name, corridors in (("own", G104), ("away", S340)):
            found[f"{name}-{role}"] = Principal(f"{name}-{role}", role, agency, None, corridors, default_plates(role))
    for name, squad in (("own", "north-1"), ("away", "liyang-2")):
        found[f"{name}-squad"] = Principal(f"{name}-squad", Role.SQUAD, "road", squad, None, True)
    return found


@dataclass(frozen=True)
class Road:
    """An API with one of everything on G104 at km 80, and what each address is filled with."""

    api: Api
    ids: dict[str, str]

    def ask(self, name: str, route: str, ids: dict[str, str]) -> Any:
        """A request to a route by an account about the objects of those ids."""
        method, path = route.split(" ")
        for key, value in ids.items():
            path = path.replace(f"{{{key}}}", value)
        who = {"Authorization": f"Bearer {name}", "Wim-Reason": "table"}
        write = {"If-Match": '"1"', "Idempotency-Key": uuid.uuid4().hex}
        body = BODIES.get(route)
        if name.endswith("-squad") and body is not None:
            body = {key: value for key, value in body.items() if key != "squad"}
        if route == "POST /v1/joint-actions":
            body = {**BODIES[route], "intercept": ids["intercept"]}
        return self.api.client.request(method, path, headers=who if method == "GET" else who | write, json=body)


#: A body that is right in itself, so that what is refused is refused for its object.
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/sites/{site}/downgrades": {"reason": "strip is loose"},
    "POST /v1/sites/{site}/restores": {"downgrade": "0" * 16, "reason": "strip is fixed"},
    "POST /v1/violations/{violation}/exclusions": {"reason": "lost appeal"},
    "POST /v1/violations/{violation}/restorations": {"reason": "not lost"},
    "POST /v1/violations/{violation}/not-the-same": {"reason": "another cab"},
    "POST /v1/intercepts/{intercept}/actions": {"action": "claim", "squad": "north-1"},
    "POST /v1/joint-actions": {"trigger": "drove_off", "note": "over the field"},
    "POST /v1/joint-actions/{joint}/actions": {"action": "accept"},
    "POST /v1/squads/{squad}/status": {"signed_in": True},
    "PUT /v1/permits": {
        "number": "N9",
        "plate": PLATE,
        "from": "2026-01-01",
        "until": "2027-01-01",
        "corridors": ["G104"],
        "gross_kg": 98_000,
    },
    "PUT /v1/vehicles": {"plate": PLATE, "axles": "1-2-3"},
    "PUT /v1/exempt": {"plate": PLATE, "kind": "crane", "source": "list", "from": "2026-01-01", "until": "2027-01-01"},
    "PUT /v1/watch": {"plate": PLATE, "reason": "fled", "until": "2027-01-01", "agency": "police"},
}


@pytest.fixture
def registry() -> Registry:
    """With a squad on the far end of G104."""
    return parse_registry(tomllib.loads(REGISTRY + SQUADS), "sites.toml")


@pytest.fixture
def road(make_parts: MakeParts) -> Iterator[Road]:
    """Filed as the lanes do it."""
    parts = make_parts(door=Named(principals()))
    with TestClient(build(parts), raise_server_exceptions=False) as client:
        api = Api(parts, client, {name: name for name in principals()})
        desk = hundred_tonne(api.desk, passage_site=SITE, chainage_km=80.0)
        intercept = desk.only_intercept()
        signed_in = client.post("/v1/session", json={"token": "own-duty"})
        ids = {
            "site": SITE,
            "corridor": "G104",
            "violation": intercept.best.id,
            "passage": intercept.best.id,
            "intercept": intercept.id,
            "case": intercept.case,
            "joint": only(desk).id,
            "squad": "north-1",
            "session": signed_in.cookies["wim_session"].partition(".")[0],
            "key:path": client.get("/v1/permits", headers=api.headers("own-duty")).json()["items"][0]["key"],
        }
        client.cookies.clear()
        yield Road(api, ids | FIXED)


#: What lies on no road.
FIXED = {"plate": PLATE, "figure": "on_site_handling", "kind": "front", "subscription": "0" * 16, "code": "ABCDEF"}
#: As `ids`, of what there is not.
NOTHING = {
    "site": "G999-K001", "corridor": "G999", "squad": "nobody", "key:path": "苏A0T009/N7", **FIXED,
    **dict.fromkeys(("violation", "passage", "intercept", "case", "joint", "session"), "0123456789abcdef"),
}  # fmt: skip


def test_every_route_has_a_row() -> None:
    """A new route says what it does with what is foreign before it serves anybody."""
    assert set(KINDS) == set(ROLES)
    assert set(KINDS.values()) == {"placed", "listed", "everywhere", "free"}


def said(answer: Any) -> tuple[int, dict[str, Any]]:
    """Status and problem, without what differs each time."""
    told = answer.json()
    return answer.status_code, {name: value for name, value in told.items() if name != "request_id"}


def test_what_is_anothers_looks_like_nothing(road: Road) -> None:
    """To each role that a route serves, an object of another road gets the very answer of one that there is not.

    Read or written: nothing is given away, and nothing changes.
    """
    before = road.ask("own-duty", "GET /v1/intercepts/{intercept}", road.ids).json()
    for route in (route for route, kind in KINDS.items() if kind == "placed"):
        for role in ROLES[route] - (OF_THE_WHOLE_ROAD.get(route, set())):
            name = f"away-{role}"
            foreign, nothing = (road.ask(name, route, ids) for ids in (road.ids, NOTHING))
            assert foreign.status_code in (403, 404), (route, role, foreign.text)
            assert said(foreign) == said(nothing), (route, role)
    assert road.ask("own-duty", "GET /v1/intercepts/{intercept}", road.ids).json() == before


#: Reads of one's own object that end in 404 all the same here: nobody kept a picture or a frame.
KEPT_NOT = {"GET /v1/violations/{violation}/signal", "GET /v1/passages/{passage}/media/{kind}"}


def test_what_is_ones_own_is_shown(road: Road) -> None:
    """To the same roles on the road itself, each of these objects is there, or the table above would prove nothing."""
    for route in (route for route, kind in KINDS.items() if kind == "placed" and route.startswith("GET")):
        for role in ROLES[route] - {Role.DEVICE}:
            answer = road.ask(f"own-{role}", route, road.ids)
            assert answer.status_code == 200 or route in KEPT_NOT, (route, role, answer.text)


def test_lists_hold_nothing_of_another_road(road: Road) -> None:
    """No id of the other road stands in any list, whoever reads it; a plate's trips are told, but not where."""
    marks = {road.ids[name] for name in ("violation", "intercept", "case", "joint", "session", "site", "squad")}
    shown: set[str] = set()
    for route in (route for route, kind in KINDS.items() if kind == "listed" and route != "GET /v1/live"):
        for role in ROLES[route]:
            if route == "GET /v1/offenders/{plate}" and role is Role.ANALYST:
                continue  # sees no plates
            foreign, own = (road.ask(f"{name}-{role}", route, road.ids) for name in ("away", "own"))
            assert (foreign.status_code, own.status_code) == (200, 200), (route, role, foreign.text, own.text)
            if role not in OF_THE_WHOLE_ROAD.get(route, set()):
                hidden = marks - ({road.ids["case"]} if route == "GET /v1/offenders/{plate}" else set())
                assert not {mark for mark in hidden if mark in foreign.text}, (route, role)
            shown |= {mark for mark in marks if mark in own.text}
    assert shown == marks


def test_what_is_in_force_everywhere_is_not_written_by_one_road(road: Road) -> None:
    """A permit, a registration, an exemption, a watched plate: not by whoever has another road only, nor a passage."""
    for route in (route for route, kind in KINDS.items() if kind == "everywhere" and route in BODIES):
        for role in ROLES[route]:
            answer = road.ask(f"away-{role}", route, NOTHING)
            assert (answer.status_code, answer.json()["code"]) == (403, "place_refused"), (route, role, answer.text)


def entries(road: Road) -> list[audit.Entry]:
    with road.api.parts.store.reading() as conn:
        return [one.entry for one in audit.page(conn, None, 1_000)]


def test_a_look_at_what_is_anothers_is_written_down(road: Road) -> None:
    """The answer does not tell foreign from unknown; the log does, for reading and for writing, with the object."""
    looks = ("GET /v1/violations/{violation}", "GET /v1/intercepts/{intercept}", "GET /v1/cases/{case}")
    looks += ("GET /v1/joint-actions/{joint}", "POST /v1/intercepts/{intercept}/actions")
    for route in looks:
        road.ask("away-duty", route, NOTHING)
        assert "foreign" not in {one.reason for one in entries(road) if one.subject == route}
        road.ask("away-duty", route, road.ids)
        newest = entries(road)[0]
        assert (newest.actor, newest.action, newest.subject) == ("away-duty", "refused", route)
        assert newest.reason == "foreign"
        assert any(road.ids[name] in newest.document for name in ("violation", "intercept", "case", "joint"))


def test_a_write_that_is_not_done_is_written_down(road: Road) -> None:
    """An old version, a body that is wrong: who tried what, and why not; once."""
    path = f"/v1/intercepts/{road.ids['intercept']}/actions"
    claim = {"action": "claim", "squad": "north-1"}
    for body, code in ((claim, "version_conflict"), ({"action": "fly"}, "body_invalid")):
        before = len(entries(road))
        answer = road.api.send("own-duty", "POST", path, body, If_Match='"99"', Idempotency_Key=code)
        assert answer.json()["code"] == code
        newest = entries(road)[0]
        assert len(entries(road)) == before + 1
        assert newest.actor == "own-duty"
        assert code in (newest.reason, msgspec.json.decode(newest.document).get("refused"))


def test_refusals_do_not_fill_the_log(road: Road) -> None:
    """A phone that repeats a wrong action for hours is written down some times a minute."""
    path = f"/v1/intercepts/{road.ids['intercept']}/actions"
    before = len(entries(road))
    for number in range(70):
        road.api.send("own-duty", "POST", path, {"action": "fly"}, If_Match='"1"', Idempotency_Key=str(number))
    assert 1 <= len(entries(road)) - before <= 60
