"""Notices as desks see them, and browsers that ask to be told."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.notices.sealing import point, to_text
from service.notices.targets import Targets
from service.store import audit, notices, push
from service.store.notices import NoticeRow
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import MINUTE_NS, TIME_NS

KEYS = {"p256dh": to_text(point(ec.generate_private_key(ec.SECP256R1()))), "auth": to_text(b"0123456789abcdef")}
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
PATH = "/v1/push-subscriptions"


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """An API whose browsers are told."""
    return make_api(push_key="BPublic", notice_targets=Targets())


def row(number: int, corridor: str = "G104", state: str = "sent", **more: Any) -> NoticeRow:
    usual = {
        "id": f"{number:016x}",
        "intercept": "aabbccddeeff0011",
        "alert": 1,
        "code": "offered",
        "adapter": "sms",
        "target": "car",
        "corridor": corridor,
        "site": "G104-K012",
        "state": state,
        "tries": 1,
        "next_try_ns": TIME_NS,
        "until_ns": TIME_NS + MINUTE_NS,
        "at_ns": TIME_NS + number,
    }
    return NoticeRow(**(usual | more))


def test_notices_are_listed_newest_first_by_corridor_and_state(api: Api) -> None:
    """A desk sees its own roads, page by page, and finds what was given up."""
    with api.parts.store.writing() as conn:
        notices.add(conn, [row(1), row(2, state="given_up", last_error="errcode 93000"), row(3, "S340")])
    assert [item["id"][-1] for item in api.get("duty", "/v1/notices").json()["items"]] == ["3", "2", "1"]
    assert [item["id"][-1] for item in api.get("local", "/v1/notices").json()["items"]] == ["2", "1"]
    [item] = api.get("technician", "/v1/notices?state=given_up").json()["items"]
    assert (item["target"], item["last_error"], item["next_try_at"]) == ("car", "errcode 93000", None)
    page = api.get("duty", "/v1/notices?limit=2").json()
    assert [item["id"][-1] for item in api.get("duty", f"/v1/notices?cursor={page['next']}").json()["items"]] == ["1"]
    assert api.get("duty", "/v1/notices?intercept=0000000000000000").json()["items"] == []


@pytest.mark.parametrize("name", ["squad", "police", "analyst", "device"])
def test_notices_are_for_desks_and_technicians(api: Api, name: str) -> None:
    """Whom another squad is told of is not a squad's to see."""
    assert api.get(name, "/v1/notices").json()["code"] == "role_refused"


def test_a_browser_is_told_for_the_person_who_put_it(api: Api) -> None:
    """Put twice is one; signed in by another, it is that one's."""
    body = {"endpoint": ENDPOINT, "keys": KEYS, "expirationTime": None}
    first = api.send("squad", "PUT", PATH, body)
    assert first.status_code == 200
    assert api.send("squad", "PUT", PATH, body).json()["id"] == first.json()["id"]
    found = api.get("squad", PATH).json()
    assert (found["public_key"], [item["id"] for item in found["items"]]) == ("BPublic", [first.json()["id"]])
    assert ENDPOINT not in api.get("squad", PATH).text
    with api.parts.store.reading() as conn:
        [kept] = push.of_person(conn, "squad")
    assert (kept.squad, kept.agency, kept.corridors, kept.renewed_ns) == ("liyang-2", "road", '["G104"]', TIME_NS)
    api.send("rival", "PUT", PATH, body)
    assert api.get("squad", PATH).json()["items"] == []


def test_a_browser_can_be_told_no_more_by_its_person_and_an_admin(api: Api) -> None:
    """To others it is not there."""
    ids = [api.send("squad", "PUT", PATH, {"endpoint": f"{ENDPOINT}{n}", "keys": KEYS}).json()["id"] for n in range(2)]
    assert api.send("rival", "DELETE", f"{PATH}/{ids[0]}").json()["code"] == "subscription_unknown"
    assert api.send("squad", "DELETE", f"{PATH}/{ids[0]}").status_code == 204
    assert api.send("squad", "DELETE", f"{PATH}/{ids[0]}").status_code == 404
    assert [(item["id"], item["person"]) for item in api.get("admin", PATH).json()["items"]] == [(ids[1], "squad")]
    assert api.send("admin", "DELETE", f"{PATH}/{ids[1]}").status_code == 204


def test_a_person_has_a_few_browsers(api: Api) -> None:
    """The ones that were renewed last; the table does not grow with every reinstalled phone."""
    for number in range(8):
        api.send("squad", "PUT", PATH, {"endpoint": f"{ENDPOINT}{number}", "keys": KEYS})
    assert len(api.get("squad", PATH).json()["items"]) == 5


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://169.254.169.254/latest",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://xnotify.windows.com/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "https://[bad",
    ],
)
def test_an_address_that_nobody_allowed_is_refused_and_audited(api: Api, endpoint: str) -> None:
    """The worker connects to it: nobody may point it anywhere."""
    refused = api.send("squad", "PUT", PATH, {"endpoint": endpoint, "keys": KEYS})
    assert (refused.status_code, refused.json()["code"]) == (403, "push_service_refused")
    with api.parts.store.reading() as conn:
        [noted] = audit.page(conn, None, 10)
    assert (noted.entry.action, noted.entry.reason) == ("refused", "push_service_refused")
    assert api.get("squad", PATH).json()["items"] == []


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": "AAAA", "auth": KEYS["auth"]},
        {"p256dh": to_text(b"\x04" + bytes(64)), "auth": KEYS["auth"]},
        {"p256dh": KEYS["p256dh"], "auth": "AAAA"},
        {"p256dh": "not base64 !", "auth": KEYS["auth"]},
        {"p256dh": KEYS["p256dh"]},
    ],
)
def test_keys_that_seal_nothing_are_refused_at_once(api: Api, keys: dict[str, str]) -> None:
    """At the first alarm it would be too late."""
    refused = api.send("squad", "PUT", PATH, {"endpoint": ENDPOINT, "keys": keys})
    assert refused.json()["code"] == "body_invalid"
    assert refused.json()["errors"][0]["field"].startswith("keys")


def test_without_a_key_of_ours_browsers_are_told_so(make_api: MakeApi) -> None:
    """A page then shows no button."""
    api = make_api()
    assert api.get("squad", PATH).json()["public_key"] is None
    assert api.send("squad", "PUT", PATH, {"endpoint": ENDPOINT, "keys": KEYS}).json()["code"] == "push_not_set_up"
