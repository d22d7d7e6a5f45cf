"""Guarantees of signing in with a browser: who holds the cookie is who signed in, until it ends or is taken back."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from service.access import Admission, Principal, Role, TokenFile, issue
from service.api import live
from service.api.app import build
from service.api.limits import WRONG_TOKENS_PER_MINUTE, Allowance
from service.registry import Registry
from service.store import audit
from service.store.session_tables import sessions
from tests.service.api.browser import Browser
from tests.service.api.conftest import Accounts, Api, MakeApi, MakeParts
from tests.service.api.serving import EVENT_SECONDS, Served, Stream, reading, served
from tests.service.told import TIME_NS
from wim.records import HOUR_NS

WATCH = {"plate": "苏A0T009", "reason": "fled", "until": "2027-01-01", "agency": "police"}


def entries(api: Api) -> list[Any]:
    with api.parts.store.reading() as conn:
        return [entry for _, entry in audit.page(conn, None, 100)]


def test_a_browser_that_signed_in_is_that_account(api: Api) -> None:
    """The answer says who it is and what it may do; so does the next question, with the cookie alone."""
    browser = Browser(api)
    told = browser.sign_in("squad").json()
    assert {**told, "csrf": None, "until": None} == {
        "name": "squad",
        "role": "squad",
        "agency": "road",
        "squad": "liyang-2",
        "corridors": None,
        "plates": True,
        "read_only": False,
        "csrf": None,
        "until": None,
    }
    assert browser.get("/v1/session").json() == told
    assert [one["id"] for one in browser.get("/v1/sites").json()["items"]] == ["G104-K012"]
    assert Browser(api).get("/v1/sites").json()["code"] == "token_missing"


def test_the_cookie_is_kept_from_scripts_and_other_sites(make_api: MakeApi) -> None:
    """HttpOnly, SameSite=Strict, the whole site, an end; Secure as soon as browsers come by HTTPS."""
    plain = Browser(make_api()).sign_in("duty").headers["set-cookie"]
    assert plain.startswith("wim_session=")
    flags = {"HttpOnly", "Path=/", "SameSite=strict", f"Max-Age={14 * 3_600}"}
    assert {part.strip() for part in plain.split(";")[1:]} == flags
    behind = Browser(make_api(public_url="https://wim.example.org")).sign_in("duty").headers["set-cookie"]
    assert {part.strip() for part in behind.split(";")[1:]} == flags | {"Secure"}


def test_the_secret_is_kept_nowhere(api: Api) -> None:
    """A copy of the database opens no session, and neither does what the session is called."""
    browser = Browser(api)
    browser.sign_in("duty")
    with api.parts.store.reading() as conn:
        (row,) = conn.execute(select(sessions)).all()
    secret = browser.cookie.partition(".")[2]
    assert secret.encode() not in repr(tuple(row)).encode()
    for wrong in (row.id, f"{row.id}.{'A' * 43}", browser.cookie[:-1], f"x{browser.cookie}", f"{'0' * 16}.{secret}"):
        answer = api.client.get("/v1/sites", headers={"Cookie": f"wim_session={wrong}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


def test_a_token_that_is_nobodys_signs_nobody_in(api: Api) -> None:
    """The same answer as for a wrong header, written down, and after some tries a wait."""
    browser = Browser(api)
    codes = [browser.enter(token=f"wim_no_{number}").json()["code"] for number in range(40)]
    assert codes[0] == "token_refused"
    assert codes[-1] == "too_many_requests"
    assert "wim_session" not in browser.client.cookies
    assert entries(api)[0].subject == "POST /v1/session"


def test_after_a_restart_every_phone_behind_one_address_is_let_in(make_api: MakeApi) -> None:
    """The new process knows no cookie yet; looking one up costs nothing, so nobody has to wait for a guesser's turn."""
    before = make_api()
    cookies = []
    for _ in range(WRONG_TOKENS_PER_MINUTE + 5):
        browser = Browser(before)
        browser.sign_in("duty")
        cookies.append(browser.cookie)
    after = make_api()
    asked = [after.client.get("/v1/session", headers={"Cookie": f"wim_session={cookie}"}) for cookie in cookies]
    assert {answer.status_code for answer in asked} == {200}


@pytest.mark.parametrize("body", [{}, {"token": "a", "pairing": "ABCDEF"}, {"token": 7}, {"pairing": "0OI1LL"}])
def test_a_wrong_sign_in_is_told(api: Api, body: dict[str, Any]) -> None:
    """Exactly one of token and code, in their form."""
    answer = api.client.post("/v1/session", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid")


def test_a_machine_has_no_session(api: Api) -> None:
    """What sends its token with each request has no use for a cookie."""
    assert Browser(api).sign_in("device").json()["code"] == "role_refused"


def test_a_form_of_another_site_signs_nobody_in(api: Api) -> None:
    """Else it could sign a squad in as somebody else, who then reads along."""
    body = {"token": api.tokens["duty"]}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = api.client.post("/v1/session", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    typed = api.client.post("/v1/session", content=str(body), headers={"Content-Type": "text/plain"})
    assert typed.status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"X_CSRF_Token": ""},
        {"X_CSRF_Token": "0" * 32},
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_write_must_come_from_the_page(api: Api, headers: dict[str, str]) -> None:
    """Without the page's header, or from elsewhere, a cookie changes nothing; the refusal is written down."""
    browser = Browser(api)
    browser.sign_in("duty")
    answer = browser.send("PUT", "/v1/watch", WATCH, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    assert (entries(api)[0].actor, entries(api)[0].reason) == ("duty", "csrf_refused")
    assert browser.get("/v1/watch?plate=苏A0T009").json()["items"] == []


def test_a_page_writes_and_a_program_needs_no_page(api: Api) -> None:
    """With its header the page's write is taken; a token in a header needs none, wherever it comes from."""
    browser = Browser(api)
    browser.sign_in("duty")
    assert browser.send("PUT", "/v1/watch", WATCH).status_code == 201
    answer = api.send("duty", "PUT", "/v1/watch", {**WATCH, "plate": "苏A0T008"}, Origin="https://tool.example")
    assert answer.status_code == 201


def test_a_page_behind_a_proxy_comes_from_the_public_address(make_api: MakeApi) -> None:
    """Where a proxy gives us another Host, the settings name the one that browsers see."""
    browser = Browser(make_api(public_url="https://wim.example.org"))
    token = browser.api.tokens["duty"]
    answer = browser.client.post("/v1/session", json={"token": token}, headers={"Origin": "https://wim.example.org"})
    assert answer.status_code == 200
    answer = browser.client.post("/v1/session", json={"token": token}, headers={"Origin": "https://wim.example.com"})
    assert answer.status_code == 403


def test_signing_out_ends_the_session_itself(api: Api) -> None:
    """A copy of the cookie is worth nothing afterwards; signing out twice is right; nobody else's page can do it."""
    browser = Browser(api)
    browser.sign_in("squad")
    copy = browser.cookie
    assert browser.send("DELETE", "/v1/session", X_CSRF_Token="").status_code == 403
    assert browser.get("/v1/session").status_code == 200
    assert [browser.send("DELETE", "/v1/session").status_code for _ in range(2)] == [204, 204]
    assert "wim_session" not in browser.client.cookies
    answer = api.client.get("/v1/sites", headers={"Cookie": f"wim_session={copy}"})
    assert answer.json()["code"] == "session_ended"
    told = [entry.action for entry in entries(api) if entry.action != "refused"]
    assert told == ["session.end", "session.begin"]


def test_signing_in_again_ends_what_was_before(api: Api) -> None:
    """A browser has one session: what somebody may have planted there does not live on."""
    browser = Browser(api)
    browser.sign_in("squad")
    before = browser.cookie
    browser.sign_in("duty")
    assert browser.get("/v1/session").json()["name"] == "duty"
    assert api.client.get("/v1/session", headers={"Cookie": f"wim_session={before}"}).status_code == 401


def test_a_session_ends_after_a_shift(make_api: MakeApi) -> None:
    """By the policy's hours, or with the token where that ends first."""
    now = [TIME_NS]
    browser = Browser(make_api(clock_ns=lambda: now[0]))
    browser.sign_in("squad")
    now[0] += 14 * HOUR_NS - 1
    assert browser.get("/v1/session").status_code == 200
    now[0] += 1
    assert browser.client.get("/v1/session", headers={"Cookie": f"wim_session={browser.cookie}"}).status_code == 401


class ShortDoor:
    """Admits everybody until a given time."""

    def __init__(self, until_ns: int) -> None:
        self.until_ns = until_ns

    def admit(self, token: str, now_ns: int) -> Admission:
        return Admission(Principal("short", Role.ANALYST, "road"), self.until_ns, None)


def test_a_session_does_not_outlive_its_token(make_api: MakeApi) -> None:
    """A token of one hour gives a session of one hour."""
    now = [TIME_NS]
    browser = Browser(make_api(clock_ns=lambda: now[0], door=ShortDoor(TIME_NS + HOUR_NS)))
    assert "Max-Age=3600" in browser.enter(token="any").headers["set-cookie"]
    now[0] += HOUR_NS
    assert api_get(browser, "/v1/session") == 401


def api_get(browser: Browser, path: str) -> int:
    status: int = browser.client.get(path, headers={"Cookie": f"wim_session={browser.cookie}"}).status_code
    return status


def test_a_header_goes_before_a_cookie(api: Api) -> None:
    """A program that was given a browser's cookies by accident acts as the token that it shows."""
    browser = Browser(api)
    browser.sign_in("squad")
    answer = browser.client.get("/v1/session", headers=api.headers("analyst"))
    assert (answer.json()["name"], answer.json()["csrf"]) == ("analyst", None)


def test_requests_of_a_browser_are_bounded_with_its_accounts(make_api: MakeApi) -> None:
    """Signing in is no way around the number of requests a minute."""
    api = make_api(requests=Allowance(10))
    browser = Browser(api)
    browser.sign_in("duty")
    statuses = [browser.get("/v1/session").status_code for _ in range(10)]
    assert statuses == [200] * 9 + [429]
    assert api.get("duty", "/v1/sites").status_code == 429


@dataclass(frozen=True)
class Filed:
    """An API whose one account stands in a file."""

    path: Path
    entry: dict[str, str]
    api: Api

    def write(self, **changes: str) -> None:
        """Put the entry into the file as an editor does: beside it, then over it."""
        beside = self.path.with_suffix(".new")
        lines = [f"{key} = {value}" for key, value in (self.entry | changes).items()]
        beside.write_text("\n".join(["[[token]]", *lines]))
        beside.replace(self.path)


@pytest.fixture
def filed(tmp_path: Path, make_api: MakeApi, accounts: Accounts, registry: Registry) -> Filed:
    """The duty desk's entry in a file of its own."""
    (one,) = (one for one in accounts.credentials if one.principal.name == "duty")
    usual = {"id": one.id, "name": "duty", "role": "duty", "agency": "road", "hash": str(one.hash)}
    entry = {**{key: f'"{value}"' for key, value in usual.items()}, "until": "2030-01-01"}
    path = tmp_path / "tokens.toml"
    path.write_text("")
    Filed(path, entry, make_api()).write()
    return Filed(path, entry, make_api(door=TokenFile(path, registry)))


def test_who_is_taken_out_of_the_file_is_signed_out(filed: Filed) -> None:
    """The session narrows and ends with its entry, at the next request."""
    browser = Browser(filed.api)
    assert browser.sign_in("duty").json()["corridors"] is None
    filed.write(corridors='["S340"]')
    assert browser.get("/v1/session").json()["corridors"] == ["S340"]
    filed.write(id='"0000"')
    assert browser.get("/v1/session").json()["code"] == "session_ended"


def test_a_new_secret_ends_the_sessions_of_the_old_one(filed: Filed) -> None:
    """Whoever lost a token gets another under the same name, and what was opened with the lost one is over."""
    browser = Browser(filed.api)
    browser.sign_in("duty")
    filed.write(hash=f'"{issue()[2]}"')
    assert browser.get("/v1/session").json()["code"] == "session_ended"


def test_a_session_loses_the_feed_soon_after_it_ended(
    make_parts: MakeParts, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that is shut out hears no more; another of the same account hears on."""
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.2)
    parts = make_parts(steady_s=time.monotonic)
    api = Api(parts, TestClient(build(parts)), accounts.tokens)
    lost, kept = Browser(api), Browser(api)
    lost.sign_in("squad")
    kept.sign_in("squad")
    with served(parts) as running, listening(running, lost) as ends, listening(running, kept) as stays:
        assert lost.send("DELETE", "/v1/session").status_code == 204
        assert ends.ended.wait(EVENT_SECONDS)
        assert not stays.ended.is_set()


def listening(running: Served, browser: Browser) -> AbstractContextManager[Stream]:
    return reading(running, None, Cookie=f"wim_session={browser.cookie}")
