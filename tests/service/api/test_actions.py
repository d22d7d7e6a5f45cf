"""Acting over HTTP: one wins, the other is told who, nothing acknowledged is lost or done twice."""

from __future__ import annotations

import json
import threading
import tomllib
from typing import Any

import pytest

from service.registry import parse_registry
from service.store import audit, idempotency
from tests.service.api.conftest import REGISTRY, Api, MakeApi
from tests.service.docket.desk import Desk
from tests.service.told import PLATE

#: A squad of the other road.
SIDE_ROAD = """
[[squad]]
id = "side-1"
agency = "road"
base = "yard"
sections = [{corridor = "S340", from_km = 0.0, to_km = 9.0}]
"""

WEIGHED = {"static_gross_kg": 60_100, "scale_certificate": "SC-9"}


@pytest.fixture
def desk(api: Api) -> Desk:
    """One open intercept of a certain plate."""
    desk = api.desk
    desk.file(desk.violation(evidence=True))
    return desk


def act(api: Api, name: str, body: dict[str, Any], version: int | None = 1, key: str = "key-1") -> Any:
    """An action on the only intercept."""
    headers = {"Idempotency_Key": key, **({} if version is None else {"If_Match": f'"{version}"'})}
    return api.send(name, "POST", f"/v1/intercepts/{api.desk.only_intercept().id}/actions", body, **headers)


def entries(api: Api, subject: str) -> list[audit.Entry]:
    with api.parts.store.reading() as conn:
        return [entry for _, entry in audit.of_subject(conn, subject)]


def test_a_claim_answers_the_new_state(api: Api, desk: Desk) -> None:
    """200 with the intercept as everybody sees it now, under the next version's ETag, due for publishing."""
    answer = act(api, "squad", {"action": "claim"})
    told = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (told["state"], told["squad"], told["lead_agency"], told["actions"]) == (
        "claimed",
        "liyang-2",
        "road",
        ["pass", "depart", "stop", "lose", "hand_over", "cancel"],
    )
    assert api.get("duty", f"/v1/intercepts/{told['id']}").json() == told
    assert desk.to_publish() == [told["id"]]
    assert desk.feed()[-1] == "intercept"


def test_of_two_claims_at_once_exactly_one_wins(api: Api, desk: Desk) -> None:
    """However they meet, one squad gets 200 and the other 412 with who has it, and the intercept moved one version."""
    answers: dict[str, Any] = {}
    together = threading.Barrier(2)

    def claim(name: str) -> None:
        together.wait(10)
        answers[name] = act(api, name, {"action": "claim"}, key=name)

    threads = [threading.Thread(target=claim, args=(name,)) for name in ("squad", "rival")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers.values()) == [200, 412]
    winner = next(answer.json() for answer in answers.values() if answer.status_code == 200)
    loser = next(answer.json() for answer in answers.values() if answer.status_code == 412)
    assert (loser["code"], loser["squad"], loser["version"]) == ("version_conflict", winner["squad"], 2)
    assert (loser["state"], loser["allowed"]) == ("claimed", [])
    assert desk.only_intercept().version == 2


def test_a_claim_that_comes_later_is_told_who_has_it(api: Api, desk: Desk) -> None:
    """Based on the present state it gets 409 with the holder and what this person may do; nothing changes."""
    act(api, "squad", {"action": "claim"})
    answer = act(api, "rival", {"action": "claim"}, version=2)
    told = answer.json()
    assert (answer.status_code, told["code"], told["squad"]) == (409, "action_not_allowed", "liyang-2")
    assert told["allowed"] == []
    assert "liyang-2" in told["detail"]
    assert desk.only_intercept().version == 2


def test_the_same_key_acts_once(api: Api, desk: Desk) -> None:
    """A phone that sends again gets the first answer, byte for byte, though the intercept has moved on."""
    first = act(api, "squad", {"action": "claim"})
    act(api, "duty", {"action": "cancel", "note": "permit", "permit_number": "P-1"}, version=2, key="key-2")
    again = act(api, "squad", {"action": "claim"})
    assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, '"2"')
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert desk.only_intercept().version == 3
    assert len(entries(api, desk.only_intercept().id)) == 2


def test_one_persons_key_is_not_anothers(api: Api, desk: Desk) -> None:
    """The same key in two hands is two actions."""
    assert act(api, "squad", {"action": "claim"}).status_code == 200
    assert act(api, "rival", {"action": "claim"}).status_code == 412


def test_a_key_stands_for_one_request(api: Api, desk: Desk) -> None:
    """Used again for something else it is refused, and nothing is done."""
    act(api, "squad", {"action": "claim"})
    other = act(api, "squad", {"action": "lose"}, version=2)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert desk.only_intercept().version == 2


def test_an_action_that_failed_leaves_its_key_free(api: Api, desk: Desk) -> None:
    """What was refused can be sent again under its key once it is right."""
    assert act(api, "squad", {"action": "claim"}, version=7).status_code == 412
    with api.parts.store.reading() as conn:
        assert idempotency.known(conn, "squad", "key-1") is None
    assert act(api, "squad", {"action": "claim"}).status_code == 200


def test_what_an_action_needs_is_asked_for(api: Api, desk: Desk) -> None:
    """Key, base version, body: each missing or wrong one gets its own code and touches nothing."""
    path = f"/v1/intercepts/{desk.only_intercept().id}/actions"
    key, match = {"Idempotency_Key": "k"}, {"If_Match": '"1"'}
    claim = {"action": "claim"}
    cases: list[tuple[dict[str, str], Any, int, str]] = [
        (match, claim, 400, "idempotency_key_missing"),
        (key, claim, 428, "precondition_missing"),
        (key | {"If_Match": "*"}, claim, 422, "parameters_invalid"),
        (key | {"If_Match": "1"}, claim, 422, "parameters_invalid"),
        ({"Idempotency_Key": " ", **match}, claim, 422, "parameters_invalid"),
        (key | match, {"action": "close"}, 422, "body_invalid"),
        (key | match, {"action": "expire"}, 422, "body_invalid"),
        (key | match, {"action": "claim", "squat": "x"}, 422, "body_invalid"),
        (key | match, {"action": "claim", "squad": "liyang-3"}, 422, "body_invalid"),
        (key | match, {"action": "claim", "done_at": "yesterday"}, 422, "body_invalid"),
        (key | match, {"action": "claim", "done_at": "2199-01-01T00:00:00Z"}, 422, "body_invalid"),
        (key | match, {"action": "weigh"}, 409, "action_not_allowed"),
        (key | match, ["claim"], 422, "body_invalid"),
        (key | match, {"action": "claim", "note": "x" * 70_000}, 413, "body_too_large"),
    ]
    for headers, body, status, code in cases:
        answer = api.send("squad", "POST", path, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (headers, body)
    text = api.client.post(path, content="action=claim", headers=api.headers("squad", **key, **match))
    assert (text.status_code, text.json()["code"]) == (415, "media_type_unsupported")
    assert desk.only_intercept().version == 1


def stopped(api: Api) -> int:
    """The truck stands at the roadside; gives the intercept's version."""
    for number, action in enumerate(["claim", "depart", "stop"], 1):
        assert act(api, "squad", {"action": action}, version=number, key=f"to-{action}").status_code == 200
    return 4


def test_a_weighing_needs_what_proves_it(api: Api, desk: Desk) -> None:
    """Without the scale's word each missing field is named; confirmed with it, history knows."""
    version = stopped(api)
    bare = act(api, "squad", {"action": "weigh"}, version=version, key="key-2")
    assert (bare.status_code, bare.json()["code"]) == (422, "body_invalid")
    assert {error["field"] for error in bare.json()["errors"]} == set(WEIGHED)
    assert act(api, "squad", {"action": "weigh", **WEIGHED}, version=version, key="key-3").json()["state"] == "weighed"
    confirmed = act(api, "squad", {"action": "confirm"}, version=version + 1, key="key-4")
    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["review"]) == (200, "confirmed", False)
    history = api.get("duty", f"/v1/offenders/{PLATE}?reason=test").json()
    assert (history["confirmed_365d"], history["repeat"]) == (1, True)


def test_a_static_weight_far_from_the_dynamic_one_is_taken_and_marked(api: Api, desk: Desk) -> None:
    """Accepted, flagged for review; a verdict that the scale does not bear is refused by name."""
    version = stopped(api)
    light = {"action": "weigh", "static_gross_kg": 24_000, "scale_certificate": "SC-9"}
    assert act(api, "squad", light, version=version, key="key-3").json()["review"] is True
    wrong = act(api, "squad", {"action": "confirm"}, version=version + 1, key="key-4")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "static_gross_kg")
    assert act(api, "squad", {"action": "legal"}, version=version + 1, key="key-5").json()["state"] == "legal"


def test_two_trucks_of_a_lane_found_legal_within_a_day_alert_the_technician(api: Api) -> None:
    """One may be the strips' bad luck; the second is told by the metric that the alert watches."""
    metric, desk = b'wim_lane_found_legal_timestamp_seconds{lane="1",site="G104-K012"}', api.desk
    for number in range(2):
        assert metric not in api.parts.meters.text()
        desk.file(desk.violation(evidence=True, passage_plate=f"苏A0T10{number}"))
        [told] = [one for one in desk.intercepts() if one.state.value != "legal"]
        weighed = {"action": "weigh", "static_gross_kg": 24_000, "scale_certificate": "SC-9"}
        for step, body in enumerate([{"action": "claim"}, {"action": "stop"}, weighed, {"action": "legal"}], 1):
            headers = {"Idempotency_Key": f"{number}-{step}", "If_Match": f'"{step}"'}
            answer = api.send("squad", "POST", f"/v1/intercepts/{told.id}/actions", body, **headers)
            assert answer.status_code == 200
    assert metric in api.parts.meters.text()


def test_only_the_holder_acts_and_is_told_what_is_possible(api: Api, desk: Desk) -> None:
    """Another squad has no step; the holder's wrong one is answered with those that there are."""
    act(api, "squad", {"action": "claim"})
    assert act(api, "rival", {"action": "lose"}, version=2, key="key-2").status_code == 409
    answer = act(api, "squad", {"action": "cancel", "note": "x"}, version=2, key="key-3")
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["pass", "depart", "stop", "lose"])
    assert act(api, "squad", {"action": "lose"}, version=2, key="key-4").status_code == 200


def test_what_was_refused_is_written_down(api: Api, desk: Desk) -> None:
    """Who asks later finds that it was tried, by whom and why it was not done."""
    act(api, "squad", {"action": "weigh"})
    (entry,) = entries(api, desk.only_intercept().id)
    assert (entry.actor, entry.action) == ("squad", "intercept.weigh.refused")
    assert json.loads(entry.document)["refused"] == "action_not_allowed"


def test_duty_claims_for_a_squad_that_called(api: Api, desk: Desk) -> None:
    """The squad must be named and known; the log names both."""
    for body in ({"action": "claim"}, {"action": "claim", "squad": "liyang-9"}):
        answer = act(api, "duty", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "squad")
    told = act(api, "duty", {"action": "claim", "squad": "liyang-2", "note": "by radio"}).json()
    assert (told["state"], told["squad"]) == ("claimed", "liyang-2")
    (entry,) = entries(api, told["id"])
    assert (entry.actor, entry.role, entry.action, entry.reason) == ("duty", "duty", "intercept.claim", "by radio")
    assert json.loads(entry.document)["squad"] == "liyang-2"


def test_duty_names_no_squad_of_the_other_agency_or_of_another_road(
    make_api: MakeApi,
) -> None:
    """Whose truck it becomes is for its own desk to say: refused with the reason, written down, nothing changed."""
    api = make_api(registry=parse_registry(tomllib.loads(REGISTRY + SIDE_ROAD), "sites.toml"))
    api.desk.file(api.desk.violation(evidence=True))
    for name, squad, reason in (
        ("duty", "liyang-3", "liyang-3 is of police"),
        ("local", "side-1", "side-1 serves none of your roads"),
    ):
        answer = act(api, name, {"action": "claim", "squad": squad}, key=squad)
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["problem"]) == (422, "squad", reason)
        newest = entries(api, api.desk.only_intercept().id)[0]
        assert (newest.actor, newest.action, json.loads(newest.document)["squad"]) == (
            name,
            "intercept.claim.refused",
            squad,
        )
    assert api.desk.only_intercept().squad is None


def test_police_may_take_over_and_analysts_nothing(api: Api, desk: Desk) -> None:
    """The life cycle decides among those who may act at all; a truck is handed over without a reason."""
    assert act(api, "analyst", {"action": "claim"}).status_code == 403
    assert act(api, "police", {"action": "claim", "squad": "liyang-3"}).json()["allowed"] == ["hand_over"]
    taken = act(api, "police", {"action": "hand_over"}, key="key-2")
    assert (taken.status_code, taken.json()["state"]) == (200, "handed_over")


def test_an_action_that_waited_follows_the_one_before_it(api: Api, desk: Desk) -> None:
    """`after` stands for the version: a sighting in between changes nothing, a wish never received refuses it."""
    depart = {"action": "depart", "done_at": "2026-05-28T20:25:00Z", "after": "key-1"}
    early = act(api, "squad", depart, version=None, key="key-2")
    assert (early.status_code, early.json()["code"]) == (412, "after_unknown")
    act(api, "squad", {"action": "claim"})
    sighting = Desk(desk.store, terms=desk.terms, sequence=50)
    sighting.file(sighting.sighting(after_ns=10**9))
    assert desk.only_intercept().version == 3
    answer = act(api, "squad", depart, version=None, key="key-2")
    assert (answer.status_code, answer.json()["version"], answer.json()["state"]) == (200, 4, "en_route")
    newest = entries(api, desk.only_intercept().id)[0]
    assert json.loads(newest.document)["done_at"] == "2026-05-28T20:25:00Z"


def test_what_waited_is_not_undone_by_a_sighting_in_between(api: Api, desk: Desk) -> None:
    """The first of a chain names the version that the phone saw; that the truck was seen again takes nothing away."""
    sighting = Desk(desk.store, terms=desk.terms, sequence=50)
    sighting.file(sighting.sighting(after_ns=10**9))
    waited = {"action": "claim", "done_at": "2026-05-28T20:25:00Z"}
    assert act(api, "squad", waited, version=1).json()["state"] == "claimed"
    assert act(api, "rival", waited, version=1, key="key-2").json()["code"] == "action_not_allowed"


def test_a_wish_follows_only_ones_own_about_the_same_truck(api: Api, desk: Desk) -> None:
    """The key of another person, or of a write about something else, orders nothing."""
    act(api, "squad", {"action": "claim"})
    passed = {"action": "pass", "note": "x", "after": "key-1"}
    assert act(api, "rival", passed, version=None, key="key-2").json()["code"] == "after_unknown"
    watched = {"plate": "苏A0T003", "reason": "stolen", "until": "2027-01-01"}
    assert api.send("police", "PUT", "/v1/watch", watched, Idempotency_Key="put-1").status_code == 201
    taken = {"action": "hand_over", "note": "x", "after": "put-1"}
    assert act(api, "police", taken, version=None, key="key-3").json()["code"] == "after_unknown"


def test_a_fact_of_the_roadside_is_never_refused(api: Api, desk: Desk) -> None:
    """Stopped and weighed without a network, while duty had cancelled it: kept, marked, and shown to the desk."""
    act(api, "squad", {"action": "claim"})
    act(api, "duty", {"action": "cancel", "note": "permit"}, version=2, key="key-2")
    answer = act(api, "squad", {"action": "stop", "after": "key-1"}, version=None, key="key-3")
    assert (answer.status_code, answer.json()["state"], answer.json()["conflict"]) == (200, "cancelled", True)
    weighed = {"action": "weigh", **WEIGHED, "after": "key-3"}
    assert act(api, "squad", weighed, version=None, key="key-4").status_code == 200
    newest = entries(api, desk.only_intercept().id)[0]
    assert (newest.actor, newest.action) == ("squad", "intercept.weigh.conflict")
    assert json.loads(newest.document)["static_gross_kg"] == 60_100


def test_a_fact_follows_even_a_claim_that_was_lost(api: Api, desk: Desk) -> None:
    """The phone's claim lost to another squad's; that it stopped the truck is kept all the same."""
    act(api, "rival", {"action": "claim"}, key="theirs")
    lost = act(api, "squad", {"action": "claim", "after": "none"}, version=None, key="mine")
    assert (lost.status_code, lost.json()["code"]) == (412, "after_unknown")
    answer = act(api, "squad", {"action": "stop", "after": "mine"}, version=None, key="fact")
    assert (answer.status_code, answer.json()["conflict"], answer.json()["squad"]) == (200, True, "liyang-3")


def test_actions_go_on_while_kafka_is_away(api: Api, desk: Desk) -> None:
    """A claim is a database write: without a broker it is kept and shown, and waits for the relay."""
    assert api.client.get("/readyz").status_code == 200
    assert act(api, "squad", {"action": "claim"}).status_code == 200
    assert desk.to_publish() == [desk.only_intercept().id]
    assert b'wim_actions_total{action="claim",outcome="done"} 1.0' in api.parts.meters.text()
