"""Parameters that a route does not know."""

from __future__ import annotations

import pytest

from tests.service.api.conftest import Api
from tests.service.told import PLATE


@pytest.mark.parametrize(
    "path", ["/v1/corridors", "/v1/sites", "/v1/rates", "/v1/violations", "/v1/intercepts", f"/v1/offenders/{PLATE}"]
)
def test_no_route_overlooks_a_parameter(api: Api, path: str) -> None:
    """Whoever mistypes one hears of it, instead of an answer to another question."""
    told = api.get("duty", f"{path}?untill=1&limits=3")
    assert told.status_code == 422
    assert {error["field"] for error in told.json()["errors"]} == {"untill", "limits"}


def test_a_parameter_given_twice_is_refused(api: Api) -> None:
    """Which of the two was meant is not for the server to guess."""
    told = api.get("duty", "/v1/corridors/G104/rates?from=2026-01-01&to=2026-02-01&from=2026-01-02")
    assert told.status_code == 422
    assert told.json()["detail"] == "from: it is given 2 times; give it once"


def test_who_may_not_ask_is_not_told_of_parameters(api: Api) -> None:
    """Rights come first."""
    assert api.get("device", "/v1/corridors?untill=1").status_code == 403
