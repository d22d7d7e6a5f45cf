"""Squads over HTTP: who is on duty, where they are, and that nobody speaks for another."""

from __future__ import annotations

from typing import Any

import pytest

from service.store import audit
from tests.service.api.conftest import Api


def told(api: Api, name: str = "duty") -> dict[str, Any]:
    """The squads as an account sees them, by id."""
    return {one["id"]: one for one in api.get(name, "/v1/squads").json()["items"]}


def say(api: Api, name: str, body: dict[str, Any], squad: str = "liyang-2") -> Any:
    return api.send(name, "POST", f"/v1/squads/{squad}/status", body)


def test_a_squad_signs_in_and_says_where_it_is(api: Api) -> None:
    """On duty by its own word, at the place that it told, until it signs out."""
    assert told(api)["liyang-2"]["on_duty"] is False
    answer = say(api, "squad", {"signed_in": True, "corridor": "G104", "chainage_km": 18.5})
    assert (answer.status_code, answer.json()) == (200, told(api)["liyang-2"])
    assert answer.json()["on_duty"] is True
    assert (answer.json()["position"]["corridor"], answer.json()["position"]["chainage_km"]) == ("G104", 18.5)
    assert say(api, "squad", {"signed_in": False}).json()["on_duty"] is False


def test_a_phone_says_where_it_is_by_the_map(api: Api) -> None:
    """Longitude and latitude become a place on the road that passes there; far from any road nothing is known."""
    found = say(api, "squad", {"longitude": 119.15, "latitude": 31.875}).json()["position"]
    assert found["corridor"] == "G104"
    assert 55 < found["chainage_km"] < 65
    assert say(api, "rival", {"longitude": 10.0, "latitude": 50.0}, "liyang-3").json()["position"] is None


def test_no_place_of_the_map_is_on_a_foreign_road(api: Api) -> None:
    """Beside a road that is not the squad's nothing is known of where it is; a desk of both roads may say it."""
    there = {"longitude": 119.35, "latitude": 31.7}
    assert say(api, "squad", there).json()["position"] is None
    assert say(api, "duty", there).json()["position"]["corridor"] == "S340"


def test_an_older_word_changes_nothing(api: Api) -> None:
    """A position that waited for a network does not move a squad back."""
    say(api, "squad", {"corridor": "G104", "chainage_km": 18.5})
    late = {"corridor": "G104", "chainage_km": 3.0, "at": "2026-05-28T00:00:00Z"}
    assert say(api, "squad", late).json()["position"]["chainage_km"] == 18.5


def test_a_squad_speaks_for_itself_and_duty_for_those_that_call(api: Api) -> None:
    """Another squad's status is refused; the desk may say it."""
    assert say(api, "rival", {"signed_in": True}).json()["code"] == "place_refused"
    assert say(api, "duty", {"signed_in": True}).json()["on_duty"] is True
    assert say(api, "duty", {"signed_in": True}, "liyang-9").json()["code"] == "squad_unknown"
    assert say(api, "foreign", {"signed_in": True}).json()["code"] == "squad_unknown"


def test_no_desk_speaks_for_a_squad_of_the_other_agency(api: Api) -> None:
    """The road's desk signs no police patrol off: refused with whose it is, written down, nothing changed."""
    say(api, "rival", {"signed_in": True}, "liyang-3")
    answer = say(api, "duty", {"signed_in": False}, "liyang-3")
    assert (answer.status_code, answer.json()["code"]) == (403, "place_refused")
    assert "liyang-3 is of police" in answer.json()["detail"]
    assert told(api)["liyang-3"]["on_duty"] is True
    with api.parts.store.reading() as conn:
        _, entry = audit.page(conn, None, 1)[0]
    assert (entry.actor, entry.action, entry.reason) == ("duty", "refused", "place_refused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "signed_in"),
        ({"corridor": "G104"}, "chainage_km"),
        ({"longitude": 119.1}, "longitude"),
        ({"corridor": "G999", "chainage_km": 1.0}, "corridor"),
        ({"corridor": "S340", "chainage_km": 1.0}, "corridor"),
        ({"corridor": "G104", "chainage_km": 120.1}, "chainage_km"),
        ({"signed_in": True, "at": "2199-01-01T00:00:00Z"}, "at"),
        ({"signed_in": True, "at": "soon"}, "at"),
        ({"signed_in": "yes"}, "signed_in"),
    ],
)
def test_what_cannot_be_meant_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    """Half a place, no such road or another's, behind its end, the future: refused by name."""
    answer = say(api, "squad", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_squad_with_a_truck_is_shown_with_it(api: Api) -> None:
    """The desk sees who is busy."""
    api.desk.file(api.desk.violation(evidence=True))
    intercept = api.desk.only_intercept().id
    headers = {"Idempotency_Key": "key-1", "If_Match": '"1"'}
    api.send("squad", "POST", f"/v1/intercepts/{intercept}/actions", {"action": "claim"}, **headers)
    assert told(api)["liyang-2"]["intercept"] == intercept


def test_a_position_that_is_old_is_none(api: Api) -> None:
    """After an hour a patrol may be anywhere: its base stands for it."""
    say(api, "squad", {"corridor": "G104", "chainage_km": 18.5, "at": "2026-05-28T19:00:00Z"})
    assert told(api)["liyang-2"]["position"] is None


def test_who_signs_out_leaves_no_truck_behind(api: Api) -> None:
    """Claimed outside of any shift, then off duty: the desk has the truck at once."""
    say(api, "squad", {"signed_in": True})
    api.desk.file(api.desk.violation(evidence=True))
    path = f"/v1/intercepts/{api.desk.only_intercept().id}"
    api.send("squad", "POST", f"{path}/actions", {"action": "claim"}, Idempotency_Key="key-1", If_Match='"1"')
    assert api.get("duty", path).json()["state"] == "claimed"
    say(api, "squad", {"signed_in": False})
    found = api.get("duty", path).json()
    assert (found["state"], found["squad"], found["desk"]) == ("open", None, True)
