"""Joint actions over HTTP: each agency moves its side, sees both, and is told what is possible instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dispatch.life import State
from service.docket.deeds import Deed
from service.pseudonyms import MARK
from service.store import audit
from tests.service.api.conftest import Accounts, Api, MakeParts
from tests.service.api.serving import Served, reading, served
from tests.service.docket.desk import Desk
from tests.service.docket.test_joint import DECIDED, DUTY, act_on_intercept, actions, only, states
from tests.service.told import PLATE


def hundred_tonne(desk: Desk, **changed: Any) -> Desk:
    desk.file(desk.violation(hundred_tonne=True, evidence=True, **changed))
    verify(desk)
    return desk


def verify(desk: Desk) -> None:
    for told in desk.intercepts():
        if told.state == State.UNVERIFIED:
            with desk.store.writing(durable=True) as conn:
                act_on_intercept(conn, told.id, Deed(action="verify"), DUTY, desk.now_ns, desk.terms)


@pytest.fixture
def desk(api: Api) -> Desk:
    """A 百噸王 that was proposed to police."""
    return hundred_tonne(api.desk)


def move(api: Api, name: str, action: str, version: int | None = 1, key: str = "key-1", **given: Any) -> Any:
    headers = {"Idempotency_Key": key, **({} if version is None else {"If_Match": f'"{version}"'})}
    path = f"/v1/joint-actions/{only(api.desk).id}/actions"
    return api.send(name, "POST", path, {"action": action, **given}, **headers)


def test_police_find_what_road_proposes(api: Api, desk: Desk) -> None:
    """The list, the one, and its ETag; both agencies read the same."""
    (told,) = api.get("police", "/v1/joint-actions?active=true").json()["items"]
    one = api.get("duty", f"/v1/joint-actions/{told['id']}")
    assert (one.json(), one.headers["ETag"]) == (told, '"1"')
    assert (told["trigger"], told["plate"], told["intercept"]) == ("hundred_tonne", PLATE, desk.only_intercept().id)
    assert api.get("police", f"/v1/joint-actions?intercept={told['intercept']}").json()["items"] == [told]
    assert api.get("police", f"/v1/joint-actions?intercept={'f' * 16}").json()["items"] == []


def test_a_move_answers_the_new_state(api: Api, desk: Desk) -> None:
    """200 with both sides as they are now, and the ledger with who did it."""
    answer = move(api, "police", "accept", unit="liyang-3")
    told = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert {side["agency"]: side["state"] for side in told["sides"]} == {"road": "delivered", "police": "accepted"}
    assert told["ledger"][-1]["actor"] == "police"
    assert desk.only_intercept().support == "liyang-3"


def test_the_same_key_moves_once(api: Api, desk: Desk) -> None:
    """Sent again it gets the first answer; with another body it is refused."""
    first = move(api, "police", "accept")
    again = move(api, "police", "accept")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    other = move(api, "police", "decline", note="busy")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert only(desk).version == 2


def test_what_does_not_fit_is_told_with_what_does(api: Api, desk: Desk) -> None:
    """A wrong step is 409 with the allowed ones, an old version 412 with the present one; both are written down."""
    wrong = move(api, "police", "on_scene")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "action_not_allowed")
    assert (wrong.json()["state"], wrong.json()["allowed"]) == ("proposed", ["receive", "accept", "decline"])
    move(api, "police", "accept", key="key-2")
    old = move(api, "police", "decline", key="key-3", note="busy")
    assert (old.status_code, old.json()["code"], old.json()["version"]) == (412, "version_conflict", 2)
    assert old.json()["allowed"] == ["decline", "on_scene", "done"]
    with api.parts.store.reading() as conn:
        refused = [entry.action for _, entry in audit.of_subject(conn, only(desk).id)]
    assert sorted(refused) == ["joint.decline.refused", "joint.on_scene.refused"]
    assert states(only(desk))["police"] == "accepted"


def test_what_a_move_needs_is_asked_for(api: Api, desk: Desk) -> None:
    """Key, version and papers: each missing or wrong one has its code and changes nothing."""
    path = f"/v1/joint-actions/{only(desk).id}/actions"
    key, match = {"Idempotency_Key": "k"}, {"If_Match": '"1"'}
    cases: list[tuple[dict[str, str], Any, int, str]] = [
        (match, {"action": "accept"}, 400, "idempotency_key_missing"),
        (key, {"action": "accept"}, 428, "precondition_missing"),
        (key | match, {"action": "claim"}, 422, "body_invalid"),
        (key | match, {"action": "decline"}, 422, "body_invalid"),
        (key | match, {"action": "accept", "unit": "nobody"}, 422, "body_invalid"),
        (key | match, {"action": "accept", "unit": "liyang-2"}, 422, "body_invalid"),
        (key | match, {"action": "accept", "done_at": "2099-01-01T00:00:00Z"}, 422, "body_invalid"),
        (key | match, {"action": "accept", "done_at": "soon"}, 422, "body_invalid"),
    ]
    for headers, body, status, code in cases:
        answer = api.send("police", "POST", path, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (headers, body)
    assert only(desk).version == 1


def test_done_needs_the_other_sides_papers(api: Api, desk: Desk) -> None:
    """Under ALL police owe the decision and its number; each missing field is named."""
    move(api, "police", "accept")
    bare = move(api, "police", "done", version=2, key="key-2")
    assert [error["field"] for error in bare.json()["errors"]] == ["outcome", "document_number"]
    done = move(api, "police", "done", version=2, key="key-3", **DECIDED)
    assert (done.status_code, done.json()["status"]) == (200, "open")


def test_a_squad_moves_only_where_it_is_the_unit(api: Api, desk: Desk) -> None:
    """The patrol that police named says when it is there; another one, and another agency's, cannot."""
    move(api, "police", "accept", unit="liyang-3")
    assert move(api, "squad", "on_scene", version=2, key="a").json()["allowed"] == []
    answer = move(api, "rival", "on_scene", version=2, key="b")
    assert (answer.status_code, states(only(desk))["police"]) == (200, "on_scene")


def test_one_agency_cannot_speak_for_the_other(api: Api, desk: Desk) -> None:
    """Duty of the road moves the road's side, police theirs."""
    move(api, "duty", "accept")
    assert states(only(desk)) == {"road": "accepted", "police": "proposed"}


def test_a_foreign_joint_action_looks_like_none(api: Api, desk: Desk) -> None:
    """Another corridor's answers as what does not exist."""
    joint = only(desk).id
    for path in (joint, "0123456789abcdef"):
        answer = api.get("foreign", f"/v1/joint-actions/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "joint_unknown")
    assert api.get("foreign", "/v1/joint-actions").json()["items"] == []
    assert move(api, "foreign", "accept").status_code == 404


def test_refused_and_driven_off_are_proposed_by_hand(api: Api, desk: Desk) -> None:
    """What no scale can tell is told by who saw it; twice is the same one."""
    body = {"intercept": desk.only_intercept().id, "trigger": "refused", "note": "keeps the doors shut"}
    first = api.send("squad", "POST", "/v1/joint-actions", body, Idempotency_Key="a")
    again = api.send("duty", "POST", "/v1/joint-actions", body, Idempotency_Key="b")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    assert (first.json()["trigger"], first.json()["from_agency"]) == ("refused", "road")
    assert actions(desk).count("joint.propose") == 2
    blank = api.send("squad", "POST", "/v1/joint-actions", {**body, "note": "  "}, Idempotency_Key="d")
    assert (blank.status_code, blank.json()["errors"][0]["field"]) == (422, "note")
    gone = api.send("duty", "POST", "/v1/joint-actions", {**body, "intercept": "f" * 16}, Idempotency_Key="c")
    assert (gone.status_code, gone.json()["code"]) == (404, "intercept_unknown")


def test_a_truck_nobody_is_after_is_not_proposed(api: Api, desk: Desk) -> None:
    """What was cancelled is no joint matter."""
    told = desk.only_intercept()
    with desk.store.writing(durable=True) as conn:
        act_on_intercept(conn, told.id, Deed(action="cancel", note="permit"), DUTY, desk.now_ns, desk.terms)
    body = {"intercept": told.id, "trigger": "refused", "note": "too late"}
    answer = api.send("duty", "POST", "/v1/joint-actions", body, Idempotency_Key="a")
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")


@pytest.fixture
def address(make_parts: MakeParts) -> Iterator[tuple[Served, Desk]]:
    parts = make_parts()
    with served(parts) as found:
        yield found, Desk(parts.store, terms=parts.terms)


def test_both_agencies_hear_of_it_at_once(address: tuple[Served, Desk], accounts: Accounts) -> None:
    """The feed tells the message of the topic to police and duty, and not to analysts."""
    running, desk = address
    with (
        reading(running, accounts.tokens["police"], "?kinds=joint-action") as police,
        reading(running, accounts.tokens["analyst"]) as analyst,
    ):
        hundred_tonne(desk)
        event = police.next()
        assert (event.kind, event.data["id"], event.data["plate"]) == ("joint-action", only(desk).id, PLATE)
        desk.file(desk.violation(passage_plate="苏A00003"))
        kinds = [analyst.next() for _ in range(2)]
        while kinds[-1].data.get("passage", {}).get("plate", "") == "" or kinds[-1].kind != "violation":
            kinds.append(analyst.next())
            if len([one for one in kinds if one.kind == "violation"]) == 2:
                break
    assert "joint-action" not in {one.kind for one in kinds}
    assert all(MARK in str(one.data) for one in kinds)
