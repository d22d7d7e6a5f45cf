"""Exclusions over HTTP: who may, that it shows everywhere, is kept with its reason, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.exclusions import LEAST
from dispatch.ledger import verify
from service.api import leaning
from service.store import audit, ledger, weighings
from tests.service.api.conftest import Api
from tests.service.told import PLATE, TIME_NS


@pytest.fixture
def violation(api: Api) -> str:
    """One violation of a trip that a squad was asked to stop."""
    api.desk.file(api.desk.violation(evidence=True))
    return api.desk.only_intercept().best.id


def exclude(api: Api, violation: str, name: str = "duty", key: str = "k1", **body: Any) -> Any:
    path = f"/v1/violations/{violation}/exclusions"
    return api.send(name, "POST", path, {"reason": "the court said so", **body}, Idempotency_Key=key)


def restore(api: Api, violation: str, key: str = "k2") -> Any:
    body = {"reason": "the higher court did not"}
    return api.send("duty", "POST", f"/v1/violations/{violation}/restorations", body, Idempotency_Key=key)


def test_an_exclusion_shows_wherever_the_violation_does(api: Api, violation: str) -> None:
    """In the list, alone, in the case, and to readers without plates; the filter finds it."""
    done = exclude(api, violation, rule="lost_appeal")
    assert (done.status_code, done.json()["rule"], done.json()["by"]) == (200, "lost_appeal", "duty")
    for name in ("duty", "analyst"):
        (listed,) = api.get(name, "/v1/violations?excluded=true").json()["items"]
        assert listed["excluded_by"] == done.json()["id"]
        assert api.get(name, f"/v1/violations/{violation}").json()["excluded_by"] == done.json()["id"]
        assert api.get(name, "/v1/violations?excluded=false").json()["items"] == []
    (in_case,) = api.get("duty", f"/v1/cases/{api.desk.only_intercept().case}").json()["violations"]
    assert in_case["excluded_by"] == done.json()["id"]
    told = {
        "by": "duty",
        "agency": "road",
        "at": done.json()["at"],
        "rule": "lost_appeal",
        "reason": "the court said so",
    }
    assert in_case["exclusion"] == told
    (bare,) = api.get("analyst", f"/v1/cases/{api.desk.only_intercept().case}").json()["violations"]
    assert bare["exclusion"] == {**told, "reason": None}


def test_a_restore_takes_the_mark_away_and_stays_in_the_record(api: Api, violation: str) -> None:
    """Figures are as before, and both acts can be read with their reasons."""
    before = api.get("duty", f"/v1/violations/{violation}").json()
    exclude(api, violation)
    assert restore(api, violation).json()["version"] == 2
    assert api.get("duty", f"/v1/violations/{violation}").json() == before
    (one,) = api.get("police", f"/v1/violations/{violation}/exclusions").json()["items"]
    assert (one["reason"], one["restored_reason"]) == ("the court said so", "the higher court did not")
    again = exclude(api, violation, key="k3")
    assert again.json()["id"] != one["id"]


def test_a_client_that_has_the_violation_hears_of_the_exclusion(api: Api, violation: str) -> None:
    """The version stays, the answer changes: no 304 for either reader."""
    for name in ("duty", "analyst"):
        path = f"/v1/violations/{violation}"
        tag = api.get(name, path).headers["ETag"]
        exclude(api, violation, key=f"x-{name}")
        assert api.get(name, path, If_None_Match=tag).status_code == 200
        restore(api, violation, key=f"r-{name}")


def test_twice_is_refused_and_the_same_key_is_answered_again(api: Api, violation: str) -> None:
    """An exclusion stands once; what is not excluded cannot be restored."""
    assert restore(api, violation, "k0").json()["code"] == "not_excluded"
    first = exclude(api, violation)
    assert exclude(api, violation).json() == first.json()
    assert exclude(api, violation, key="k9").json()["code"] == "already_excluded"
    assert exclude(api, violation, reason="another").json()["code"] == "idempotency_key_reused"


def test_an_exclusion_is_in_the_ledger_and_the_audit_log(api: Api, violation: str) -> None:
    """Under the case, with person and reason; the chain holds."""
    exclude(api, violation)
    restore(api, violation)
    with api.parts.store.reading() as conn:
        kept = ledger.of_intercept(conn, api.desk.only_intercept().case)
        noted = audit.of_subject(conn, f"violation:{violation}")
        assert verify(ledger.every(conn)) is None
    mine = [one.entry for one in kept if one.entry.action.startswith("violation.")]
    assert [(one.action, one.actor, one.to_state, one.note) for one in mine] == [
        ("violation.exclude", "duty", "excluded", "the court said so"),
        ("violation.restore", "duty", "counted", "the higher court did not"),
    ]
    assert [one.entry.action for one in noted] == ["violation.restore", "violation.exclude"]
    timeline = api.get("duty", f"/v1/cases/{api.desk.only_intercept().case}").json()["timeline"]
    assert {"violation.exclude", "violation.restore"} <= {one["action"] for one in timeline}


def test_a_plate_in_a_reason_stays_out_of_the_ledger(api: Api, violation: str) -> None:
    """Nothing takes it out of there again; the audit log has the reason as it was written."""
    plate = api.desk.only_intercept().plate
    exclude(api, violation, reason=f"{plate.lower()} was towed")
    with api.parts.store.reading() as conn:
        (entry,) = [one.entry for one in ledger.every(conn) if one.entry.action == "violation.exclude"]
        (noted,) = audit.of_subject(conn, f"violation:{violation}")
    assert entry.note == "[plate] was towed"
    assert noted.entry.reason == f"{plate.lower()} was towed"


def test_an_excluded_suspicion_makes_no_repeat_offender(api: Api, violation: str) -> None:
    """The history of the plate is as if it had not been."""

    def suspected() -> int:
        found: int = api.get("duty", f"/v1/offenders/{PLATE}?reason=test").json()["suspected_365d"]
        return found

    assert suspected() == 1
    exclude(api, violation)
    assert suspected() == 0
    restore(api, violation)
    assert suspected() == 1


def test_what_was_excluded_before_the_weighing_stays_out_of_it(api: Api, violation: str) -> None:
    """Neither precision nor the plate's history has the verdict; once restored both have it."""
    taken = exclude(api, violation).json()["id"]
    path = f"/v1/intercepts/{api.desk.only_intercept().id}/actions"
    for version, body in enumerate(
        (
            {"action": "claim"},
            {"action": "stop"},
            {"action": "weigh", "static_gross_kg": 60_100, "scale_certificate": "SC-9"},
            {"action": "confirm", "document_number": "D-1"},
        ),
        start=1,
    ):
        done = api.send("squad", "POST", path, body, If_Match=f'"{version}"', Idempotency_Key=f"act-{version}")
        assert done.status_code == 200
    assert counted(api) == (0, [taken])
    restore(api, violation)
    assert counted(api) == (1, [None])


def counted(api: Api) -> tuple[int, list[str | None]]:
    """The verdicts that count for precision, and by what those of the history are excluded."""
    with api.parts.store.reading() as conn:
        precise = weighings.between(conn, 0, 2 * TIME_NS)
    return len(precise), [row.excluded_by for row in api.desk.rows("outcomes") if row.source == "squad"]


def test_whose_road_it_is_not_cannot_exclude(api: Api, violation: str) -> None:
    """Another's violation is unknown; a reason must be given."""
    assert exclude(api, violation, "foreign").json()["code"] == "violation_unknown"
    assert exclude(api, violation, reason="").json()["code"] == "body_invalid"
    assert exclude(api, violation, rule="because").json()["code"] == "body_invalid"


def test_exclusions_that_lean_raise_an_alarm(api: Api) -> None:
    """All of a month's exclusions are of the heaviest while most violations are not: log and metric say so."""
    desk = api.desk
    light = [desk.violation(severity=2, passage_plate=f"苏B{number:05d}") for number in range(40)]
    grave = [desk.violation(severity=6, passage_plate=f"苏C{number:05d}") for number in range(LEAST)]
    desk.file(*light, *grave)
    heavy = api.get("duty", "/v1/violations?severity_min=6").json()["items"]
    for number, one in enumerate(heavy):
        assert exclude(api, one["id"], key=f"k{number}").status_code == 200
    (lean,) = [lean for lean in leaning.look(api.parts) if lean.kind == "severity"]
    assert (lean.leaning, lean.excluded) == (LEAST, LEAST)
    assert b'wim_exclusions_leaning{kind="severity",value="5+"} 1.0' in api.parts.meters.text()
    for number, one in enumerate(heavy):
        restore(api, one["id"], key=f"r{number}")
    assert leaning.look(api.parts) == ()
