"""Guarantees of the list of sessions: who may see one may end it, and nobody else."""

from __future__ import annotations

from service.store import audit
from tests.service.api.browser import Browser
from tests.service.api.conftest import Api
from tests.service.api.test_pairings import paired


def signed_in(api: Api, *names: str) -> dict[str, Browser]:
    """A browser for each account."""
    found = {name: Browser(api) for name in names}
    for name, browser in found.items():
        assert browser.sign_in(name).status_code == 200
    return found


def listed(api: Api, name: str) -> set[str]:
    """Whose sessions an account sees."""
    return {one["name"].partition("-")[0] for one in api.get(name, "/v1/sessions").json()["items"]}


def test_each_desk_sees_what_it_may_end(api: Api) -> None:
    """An admin the whole agency; the duty desk itself, its squads and its walls; nobody another agency."""
    signed_in(api, "squad", "rival", "police", "duty", "local", "foreign", "admin", "analyst")
    paired(api, "local")
    assert listed(api, "admin") == {"squad", "duty", "local", "foreign", "admin", "analyst", "wall"}
    assert listed(api, "duty") == {"squad", "duty", "wall"}
    assert listed(api, "local") == {"squad", "local", "wall"}
    assert listed(api, "foreign") == {"foreign"}
    for name in ("squad", "rival", "police", "analyst", "technician"):
        assert api.get(name, "/v1/sessions").json()["code"] == "role_refused"


def test_a_session_is_told_with_what_identifies_it(api: Api) -> None:
    """Kind, role, squad, where and since when; which one is one's own; and never its secret."""
    browser = signed_in(api, "admin")["admin"]
    answer = browser.get("/v1/sessions")
    (told,) = answer.json()["items"]
    assert (told["kind"], told["role"], told["address"], told["mine"]) == ("token", "admin", "testclient", True)
    assert browser.cookie.partition(".")[2] not in answer.text


def test_a_desk_shuts_a_phone_out(api: Api) -> None:
    """The phone is signed out at its next request; the log says who did that."""
    phone = signed_in(api, "squad")["squad"]
    (told,) = api.get("local", "/v1/sessions").json()["items"]
    assert api.send("local", "DELETE", f"/v1/sessions/{told['id']}").status_code == 204
    with api.parts.store.reading() as conn:
        ((_, entry),) = audit.page(conn, None, 1)
    assert phone.get("/v1/sites").json()["code"] == "session_ended"
    assert api.get("local", "/v1/sessions").json()["items"] == []
    assert (entry.actor, entry.action, entry.subject) == ("local", "session.end", f"session:{told['id']}")


def test_what_a_desk_may_not_see_it_cannot_end(api: Api) -> None:
    """Another agency's, another corridor's and an admin's session look like none."""
    browsers = signed_in(api, "rival", "squad", "admin")
    rival, squad, admin = (browser.cookie.partition(".")[0] for browser in browsers.values())
    for name, session in (("duty", rival), ("foreign", squad), ("duty", admin), ("duty", "0" * 16)):
        answer = api.send(name, "DELETE", f"/v1/sessions/{session}")
        assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")
    assert all(browser.get("/v1/session").status_code == 200 for browser in browsers.values())


def test_a_wall_is_shut_out_like_a_phone(api: Api) -> None:
    """A screen that was let in can be sent away again."""
    wall = paired(api, "duty")
    (told,) = api.get("duty", "/v1/sessions").json()["items"]
    assert told["kind"] == "wall"
    assert api.send("duty", "DELETE", f"/v1/sessions/{told['id']}").status_code == 204
    assert wall.get("/v1/session").json()["code"] == "session_ended"
