"""A squad that is asked about a truck sees it and can act on it, wherever the truck was seen."""

from __future__ import annotations

import time
import tomllib
from typing import Any

import pytest

from service.docket.terms import terms_of
from service.policy import Policy
from service.registry import Registry, parse_registry
from service.store import squads
from service.store.squads import StatusRow
from tests.service.api.conftest import REGISTRY, Accounts, Api, MakeApi, MakeParts
from tests.service.api.serving import reading, served
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, TIME_NS

#: Both squads serve the road from km 20 on, where their yard is; the truck is seen before it, at km 12.4.
AHEAD = REGISTRY.replace("from_km = 0.0, to_km = 60.0", "from_km = 20.0, to_km = 60.0")

#: The squads serve a side road that the truck comes to by a junction; their yard is there.
JOINED = (
    AHEAD.replace('corridor = "G104", from_km = 20.0', 'corridor = "S340", from_km = 10.0').replace(
        'corridor = "G104"\nchainage_km = 21.0', 'corridor = "S340"\nchainage_km = 20.0'
    )
    + """
[[junction]]
id = "cross"
at = [{corridor = "G104", km = 15.0}, {corridor = "S340", km = 15.0}]
"""
)


@pytest.fixture
def registry() -> Registry:
    return parse_registry(tomllib.loads(AHEAD), "sites.toml")


def sign(desk: Desk, squad: str) -> None:
    with desk.store.writing() as conn:
        squads.save(conn, StatusRow(squad, True, desk.now_ns, None, None, 0))


@pytest.fixture
def offered(api: Api) -> Desk:
    """The usual truck at km 12.4, offered to liyang-2, who has no site there."""
    desk = api.desk
    sign(desk, "liyang-2")
    desk.file(desk.violation(evidence=True))
    assert (desk.only_intercept().state.value, desk.only_intercept().squad) == ("offered", "liyang-2")
    return desk


def act(api: Api, name: str, action: str, **more: Any) -> Any:
    told = api.desk.only_intercept()
    headers = {"Idempotency_Key": f"{name}-{action}", "If_Match": f'"{told.version}"'}
    return api.send(name, "POST", f"/v1/intercepts/{told.id}/actions", {"action": action, **more}, **headers)


def listed(api: Api, name: str, query: str = "") -> list[str]:
    return [one["id"] for one in api.get(name, f"/v1/intercepts{query}").json()["items"]]


def test_who_is_asked_sees_the_truck_and_nobody_else_does(api: Api, offered: Desk) -> None:
    """One, list, and action: for the squad that is asked; the other of the same road sees nothing of it."""
    id = offered.only_intercept().id
    assert api.get("squad", f"/v1/intercepts/{id}").status_code == 200
    assert (listed(api, "squad"), listed(api, "squad", "?corridor=G104")) == ([id], [id])
    assert api.get("rival", f"/v1/intercepts/{id}").status_code == 404
    assert (listed(api, "rival"), act(api, "rival", "claim").status_code) == ([], 404)
    assert act(api, "squad", "claim").json()["state"] == "claimed"


def test_a_filter_holds_for_what_one_is_asked_about_too(api: Api, offered: Desk) -> None:
    """Who asks for one road gets nothing of another, though it was asked about it."""
    with api.parts.store.writing() as conn:
        conn.exec_driver_sql("UPDATE intercepts SET corridor = 'S340'")
    assert (listed(api, "squad", "?corridor=G104"), len(listed(api, "squad"))) == ([], 1)


def test_a_fact_is_taken_wherever_the_next_site_sees_the_truck(api: Api, offered: Desk) -> None:
    """Claimed, then seen at km 80: stopped and weighed there is recorded, not refused."""
    act(api, "squad", "claim")
    offered.now_ns = TIME_NS + MINUTE_NS
    offered.file(offered.sighting(after_ns=40 * MINUTE_NS, site="G104-K080"))
    assert offered.only_intercept().sightings[-1].site == "G104-K080"
    assert act(api, "squad", "stop").json()["state"] == "stopped"
    assert act(api, "squad", "weigh", static_gross_kg=60_000, scale_certificate="SC-9").json()["state"] == "weighed"


def test_who_passed_still_sees_what_becomes_of_it(api: Api, offered: Desk) -> None:
    """The loss of an offer is told too, and a fact about the truck can still be said."""
    assert act(api, "squad", "pass", note="tyre").status_code == 200
    id = offered.only_intercept().id
    told = api.get("squad", f"/v1/intercepts/{id}").json()
    assert (told["squad"], told["passed"]) == (None, ["liyang-2"])


def test_the_feed_tells_who_is_asked(make_parts: MakeParts, accounts: Accounts) -> None:
    """The offer, and that it is over, as events and in the snapshot; the other squad hears nothing."""
    parts = make_parts(steady_s=time.monotonic)
    desk = Desk(parts.store, terms=parts.terms)
    sign(desk, "liyang-2")
    with (
        served(parts) as address,
        reading(address, accounts.tokens["squad"], "?kinds=intercept") as squad,
        reading(address, accounts.tokens["rival"], "?kinds=intercept") as rival,
    ):
        desk.file(desk.violation(evidence=True))
        assert (squad.next().data["state"], rival.silent()) == ("offered", True)
        with reading(address, accounts.tokens["squad"], "?snapshot=true&kinds=intercept") as again:
            assert again.next().data["squad"] == "liyang-2"


def test_an_offer_of_the_next_corridor_is_seen(make_api: MakeApi) -> None:
    """A squad of a side road that the truck comes to by a junction sees what it is asked about."""
    found = parse_registry(tomllib.loads(JOINED), "sites.toml")
    policy = Policy(requests_per_minute=1_000_000)
    api = make_api(registry=found, policy=policy, terms=terms_of(policy, found.network, found.forces))
    sign(api.desk, "liyang-2")
    desk = api.desk
    desk.file(desk.violation(evidence=True))
    told = desk.only_intercept()
    assert (told.squad, told.sightings[-1].corridor) == ("liyang-2", "G104")
    assert api.get("squad", f"/v1/intercepts/{told.id}").status_code == 200
    assert act(api, "squad", "claim").status_code == 200
