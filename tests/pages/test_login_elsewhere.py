"""Signing in at the agency's own provider, by the button that stands there where one is set up."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from service.oidc.flow import Flow
from service.registry import Registry
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, MakeParts, OpenPage, Road
from tests.service.api.conftest import Accounts
from tests.service.api.serving import served
from tests.service.docket.desk import Desk
from tests.service.oidc.conftest import Gate
from tests.service.oidc.idp import CLIENT, Idp, rsa_key, running


@pytest.fixture(scope="module")
def idp() -> Iterator[Idp]:
    """A provider at which the duty officer is signed in already."""
    with running(Idp([rsa_key("first")])) as started:
        yield started


@pytest.fixture
def road(make_parts: MakeParts, accounts: Accounts, registry: Registry, idp: Idp) -> Iterator[Road]:
    """The API with that provider."""
    gate = Gate(idp)
    door = gate.open(registry)
    flow = Flow(door, gate.settings, CLIENT)
    parts = make_parts(clock_ns=time.time_ns, steady_s=time.monotonic, door=door, flow=flow)
    with served(parts) as api:
        yield Road(f"http://{api.address}", Desk(parts.store, terms=parts.terms), accounts)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_agencys_account_opens_the_page_that_was_asked_for(
    road: Road, open_page: OpenPage, look: Look, language: str
) -> None:
    """There and back by one press, to the page that somebody wanted; the address has no token in it."""
    page = open_page(None, "/joint", PHONE, language)
    button = page.get_by_role("link", name=re.compile("以機關帳號登入|Sign in with your agency"))
    expect(button).to_be_visible()
    look(page, f"login-provider-{language}")
    assert faults(page) == []
    button.click()
    page.wait_for_url(f"{road.address}/joint")
    expect(page.get_by_text(re.compile("目前沒有聯合行動|No joint actions"))).to_be_visible()
    assert page.request.get("/v1/session").json()["name"] == "wang.duty"


def test_the_way_there_is_not_taken_by_the_kept_page(road: Road, open_page: OpenPage) -> None:
    """With the service worker in the page a press still leads to the provider."""
    page = open_page(None, "/login")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.reload()
    page.get_by_role("link", name="以機關帳號登入").click()
    page.wait_for_url(f"{road.address}/board")
