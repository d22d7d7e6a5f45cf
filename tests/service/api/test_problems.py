"""Errors: one form for all of them, and not a word of what is inside."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import OperationalError

from service.api.problems import CODES
from service.store.engine import Store
from tests.service.api.conftest import Api, MakeApi

MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}


@pytest.fixture
def store_url(sqlite_ready: str) -> str:
    """How an error is told does not depend on the engine."""
    return sqlite_ready


class Broken(Store):
    """A store whose reading fails in some way."""

    def __init__(self, store: Store, error: Exception) -> None:
        self.__dict__.update(store.__dict__)
        self._error = error

    def reading(self):  # type: ignore[no-untyped-def] # noqa: ANN201
        raise self._error


def test_every_error_has_one_form(api: Api) -> None:
    """Whatever goes wrong, the answer is a problem with a code of the catalogue and the id of the request."""
    wrong = [
        api.client.get("/v1/nothing"),
        api.client.get("/nothing"),
        api.client.get("/v1/corridors/"),
        api.client.post("/v1/corridors"),
        api.client.get("/v1/sites"),
        api.get("device", "/v1/sites"),
        api.get("duty", "/v1/violations/xyz"),
        api.get("duty", "/v1/violations/0123456789abcdef"),
        api.get("duty", "/v1/violations?sorted=up"),
        api.get("duty", "/v1/violations", Accept="image/png"),
        api.send("device", "POST", "/v1/passages", []),
    ]
    statuses = [answer.status_code for answer in wrong]
    assert statuses == [404, 404, 404, 405, 401, 403, 422, 404, 422, 406, 422]
    for answer in wrong:
        told = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert told.keys() >= MEMBERS
        assert (told["status"], told["title"]) == CODES[told["code"]]
        assert told["type"] == f"urn:wim:problem:{told['code']}"
        assert answer.headers["X-Request-Id"] == told["request_id"]
    assert wrong[3].headers["Allow"] == "GET"


def test_what_nobody_expected_shows_nothing_of_itself(make_api: MakeApi, api: Api) -> None:
    """500 names the request and no cause; the next request is served."""
    failing = make_api(store=Broken(api.parts.store, RuntimeError("the plate 苏A12345 at /srv/wim")))
    answer = failing.get("duty", "/v1/violations")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert not re.search("RuntimeError|苏A|srv|Traceback", answer.text)
    assert answer.json()["request_id"] in answer.json()["detail"]
    assert failing.get("duty", "/v1/sites").status_code == 200


def test_a_database_that_is_away_is_worth_another_try(make_api: MakeApi, api: Api) -> None:
    """503 with Retry-After, and readiness says no; liveness and what needs no database go on."""
    away = OperationalError("select", None, Exception("connection refused"))
    failing = make_api(store=Broken(api.parts.store, away))
    answer = failing.get("duty", "/v1/intercepts")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
    assert int(answer.headers["Retry-After"]) > 0
    ready = failing.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "failing")
    assert failing.client.get("/livez").status_code == 200
    assert failing.get("duty", "/v1/corridors").status_code == 200


def test_every_answer_is_safe_for_a_browser(api: Api) -> None:
    """Nothing may run, frame, sniff or keep what was answered, be it a success, an error or a probe."""
    for answer in (api.get("duty", "/v1/sites"), api.client.get("/v1/sites"), api.client.get("/livez")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
    secure = api.client.get("https://testserver/livez")
    assert secure.headers["Strict-Transport-Security"] == "max-age=63072000"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("short", False),
        ("x" * 65, False),
        ("<script>alert</script>", False),
    ],
)
def test_a_request_keeps_a_sensible_id(api: Api, given: str, kept: bool) -> None:
    """The id that a proxy gave goes on; what could not stand in a log is replaced."""
    told = api.client.get("/livez", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (told == given) == kept
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", told)


def test_metrics_know_routes_and_no_plates(api: Api) -> None:
    """Requests are counted by the route's template; an address that is none has one label for all."""
    api.get("duty", "/v1/offenders/苏A12345?reason=test")
    api.client.get("/v1/苏A12345")
    api.client.request("BREW", "/livez")
    text = api.client.get("/metrics").text
    assert 'wim_http_requests_total{method="GET",route="/v1/offenders/{plate}",status="200"} 1.0' in text
    assert 'wim_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'method="other"' in text
    assert "苏" not in text
    assert 'wim_http_request_seconds_count{route="/v1/offenders/{plate}"} 1.0' in text
    assert "wim_build_info" in text
