"""The history of a plate: what it counts for, who sees it, and that every look is kept."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from service.policy import Policy
from service.store import audit, outcomes
from service.store.outcomes import OutcomeRow
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import PLATE, TIME_NS

DAY_NS = 24 * 3_600 * 10**9
PATH = f"/v1/offenders/{quote(PLATE)}"


def outcome(number: int, days_ago: int, **changed: object) -> OutcomeRow:
    row = OutcomeRow(
        f"p{number}", f"t{number}", PLATE, 1, TIME_NS - days_ago * DAY_NS, False, False, True, False, "x", "{}"
    )
    return row._replace(**changed)  # type: ignore[arg-type]


@pytest.fixture
def known(api: Api) -> Api:
    """A plate with two suspected trips, one confirmed, one decided long ago, and a blue namesake."""
    rows = [
        outcome(1, 10),
        outcome(2, 20),
        outcome(3, 30, confirmed=True, suspected=False),
        outcome(4, 400, decided=True),
        outcome(5, 5, plate_colour=0),
    ]
    with api.parts.store.writing() as conn:
        outcomes.keep(conn, rows)
    return api


def test_a_history_counts_trips_in_its_windows(known: Api) -> None:
    """Suspected and confirmed within 365 days; what is older counts nothing and is not listed."""
    told = known.get("duty", f"{PATH}?reason=at+the+yard&colour=1").json()
    assert (told["plate"], told["plate_colour"]) == (PLATE, 1)
    assert (told["decided_1y"], told["confirmed_365d"], told["suspected_365d"]) == (0, 1, 2)
    assert told["repeat"] is True
    assert [trip["trip"] for trip in told["trips"]] == ["t1", "t2", "t3"]
    assert told["last"] == told["trips"][0]["time"]
    anyone = known.get("duty", f"{PATH}?reason=at+the+yard").json()
    assert (anyone["suspected_365d"], anyone["plate_colour"]) == (3, None)


def test_an_unknown_plate_has_a_history_of_zeros(api: Api) -> None:
    """Nothing known is an answer, not an error."""
    told = api.get("squad", "/v1/offenders/苏A0T009?reason=routine").json()
    assert (told["confirmed_365d"], told["repeat"], told["trips"], told["last"]) == (0, False, [], None)


def test_the_newest_violations_are_those_of_ones_own_road(api: Api) -> None:
    """The counts are of all roads, for a repeat offender is one everywhere; the documents are not."""
    api.desk.file(api.desk.violation(evidence=True))
    assert len(api.get("duty", f"{PATH}?reason=test").json()["violations"]) == 1
    assert api.get("foreign", f"{PATH}?reason=test").json()["violations"] == []


def test_every_look_is_written_down_with_who_and_why(known: Api) -> None:
    """Role, agency and reason, whichever way the reason came."""
    known.get("squad", f"{PATH}?reason=at+the+yard")
    known.get("researcher", PATH, Wim_Reason=quote("研究"))
    with known.parts.store.reading() as conn:
        entries = [entry for _, entry in audit.of_subject(conn, f"plate:{PLATE}")]
    assert {(e.actor, e.role, e.agency, e.reason) for e in entries} == {
        ("squad", "squad", "road", "at the yard"),
        ("researcher", "analyst", "road", "研究"),
    }


def test_a_look_without_a_reason_shows_nothing(known: Api) -> None:
    """No reason, an empty one, a sign: 422, and nothing about the plate."""
    for query in ("", "?reason=", "?reason=%20%20%20", "?reason=.", "?reason=a%00bcd"):
        answer = known.get("duty", PATH + query)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason"), query


def test_an_account_without_plates_sees_no_history(known: Api) -> None:
    """An analyst is refused, unless the account was given plates."""
    assert known.get("analyst", f"{PATH}?reason=study").json()["code"] == "plates_refused"
    assert known.get("researcher", f"{PATH}?reason=study").status_code == 200


def test_the_window_of_dispatch_is_the_policys(make_api: MakeApi) -> None:
    """What the page calls a repeat offender is what dispatch calls one."""
    api = make_api(policy=Policy(repeat_window_days=730))
    with api.parts.store.writing() as conn:
        outcomes.keep(conn, [outcome(1, 10), outcome(2, 700)])
    assert api.get("duty", f"{PATH}?reason=test").json()["suspected_365d"] == 2
