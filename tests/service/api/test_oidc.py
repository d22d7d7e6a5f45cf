"""Guarantees of signing in at a provider: a browser through it, a machine with its token, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from service.oidc.flow import Flow
from tests.service.api.browser import Browser
from tests.service.api.conftest import Api, MakeApi
from tests.service.oidc.conftest import Gate
from tests.service.oidc.idp import CLIENT, Idp, rsa_key, running


@dataclass(frozen=True)
class Signed:
    """An API whose accounts are the provider's."""

    api: Api
    idp: Idp
    gate: Gate

    def ask(self, token: str, path: str = "/v1/session") -> Any:
        """A question with a token of the provider."""
        return self.api.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def go(self, browser: Browser) -> str:
        """Send a browser to the provider; gives where it is sent."""
        answer = browser.client.get("/v1/session/oidc", follow_redirects=False)
        assert answer.status_code == 302
        address: str = answer.headers["location"]
        return address


@pytest.fixture(scope="session")
def idp() -> Iterator[Idp]:
    """One provider for all tests here; each leaves it as it was."""
    with running(Idp([rsa_key("first")])) as started:
        yield started


@pytest.fixture
def signed(make_api: MakeApi, idp: Idp, registry: Any) -> Signed:
    """The API with that provider; its clock is the time of day, by which tokens are made."""
    import time

    gate = Gate(idp)
    door = gate.open(registry)
    flow = Flow(door, gate.settings, CLIENT)
    return Signed(make_api(door=door, flow=flow, clock_ns=time.time_ns), idp, gate)


def test_a_token_of_the_provider_is_an_account(signed: Signed) -> None:
    """A machine sends it with each request, and sees the corridors that its claims name."""
    assert signed.ask(signed.idp.token()).json()["name"] == "wang.duty"
    found = signed.ask(signed.idp.token(**{"wim-corridors": ["S340"]}), "/v1/corridors").json()
    assert [one["id"] for one in found["items"]] == ["S340"]


@pytest.mark.parametrize(
    ("claims", "told"),
    [({"aud": "other"}, "Audience"), ({"exp": 1}, "has ended"), ({"wim-corridors": None}, "wim-corridors")],
)
def test_a_token_that_gives_nothing_is_told_why(signed: Signed, claims: dict[str, Any], told: str) -> None:
    """401 with what is wrong and what would be right; whoever holds it can see that for himself."""
    answer = signed.ask(signed.idp.token(**claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_refused")
    assert told in answer.json()["detail"]


def test_a_provider_that_is_away_is_a_fault_of_ours(signed: Signed) -> None:
    """503 with when to come back and what to look at: nobody is told that his token is wrong."""
    token = signed.idp.token()
    signed.gate.door.provider._jwks_url = "http://127.0.0.1:1/keys"
    answer = signed.ask(token)
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_away")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5"
    assert "WIM_AUTH__OIDC__ISSUER" in answer.json()["detail"]
    assert signed.api.client.post("/v1/session", json={"token": token}).status_code == 503


def test_a_person_signs_in_at_the_provider(signed: Signed) -> None:
    """There and back, and the browser has a session of ours; no token of the provider reaches it."""
    browser = Browser(signed.api)
    assert browser.get("/v1/session").json()["ways"] == ["token", "oidc"]
    back = browser.client.get(signed.idp.authorize(signed.go(browser)))
    assert back.status_code == 200
    assert 'content="0;url=/login"' in back.text
    cookie = next(one for one in back.headers.get_list("set-cookie") if one.startswith("wim_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    told = browser.get("/v1/session").json()
    assert (told["name"], told["role"], told["corridors"]) == ("wang.duty", "duty", ["G104"])
    assert "wim_oidc" not in browser.client.cookies
    browser.csrf = told["csrf"]
    (listed,) = browser.get("/v1/sessions").json()["items"]
    assert (listed["kind"], listed["mine"]) == ("oidc", True)
    assert browser.send("DELETE", f"/v1/sessions/{listed['id']}").status_code == 204
    assert browser.get("/v1/session").status_code == 401


def test_a_way_back_is_good_once_and_in_its_own_browser(signed: Signed) -> None:
    """Nobody is signed in as somebody else by a link, and a code that was used opens nothing."""
    browser, other = Browser(signed.api), Browser(signed.api)
    signed.go(other)
    way = signed.idp.authorize(signed.go(browser))
    attempt = browser.client.cookies["wim_oidc"]
    assert other.client.get(way).status_code == 401
    assert Browser(signed.api).client.get(way).status_code == 401
    assert browser.client.get(way).status_code == 200
    again = browser.client.get(way, headers={"Cookie": f"wim_oidc={attempt}"})
    assert again.status_code == 401
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("lie", [{"nonce": "another"}, {"aud": "another"}, {"wim-role": "none"}, {"exp": 1}])
def test_a_provider_is_not_believed_everything(signed: Signed, lie: dict[str, Any]) -> None:
    """An ID token of another sign-in, for another client, without a role or from the past signs nobody in."""
    browser = Browser(signed.api)
    signed.idp.lies = lie
    try:
        answer = browser.client.get(signed.idp.authorize(signed.go(browser)))
    finally:
        signed.idp.lies = {}
    assert answer.status_code == 401
    assert "wim_session" not in browser.client.cookies


def test_what_comes_with_an_address_is_shown_as_text(signed: Signed) -> None:
    """A link with a script in it runs nowhere."""
    answer = Browser(signed.api).client.get("/v1/session/oidc/callback?error=<script>alert(1)</script>")
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_machine_does_not_sign_in_with_a_browser(signed: Signed) -> None:
    """It sends its token with each request."""
    browser = Browser(signed.api)
    signed.idp.lies = {"wim-role": "device"}
    try:
        assert browser.client.get(signed.idp.authorize(signed.go(browser))).status_code == 403
    finally:
        signed.idp.lies = {}


def test_without_a_provider_there_is_no_way_to_one(api: Api) -> None:
    """An installation with tokens says so, and its pages can tell."""
    answer = api.client.get("/v1/session/oidc", follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.client.get("/v1/session").json()["ways"] == ["token"]
