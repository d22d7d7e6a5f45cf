"""Downgrade and restore by hand, and what is told of a site's sensors."""

from __future__ import annotations

from typing import Any

import pytest

from service import messages
from service.agents.health import keep
from service.messages import Health, encode
from service.metrics import Metrics
from service.store import audit, downgrades, frame_runs, lane_reads, watches
from service.store.frame_runs import Loss
from service.store.lane_reads import MinuteReads
from service.store.observed import LaneKey
from tests.service.api.conftest import Api
from tests.service.told import TIME_NS
from tests.service.watched import keep_hour
from wim.records import HOUR_NS, Flag

SITE = "/v1/sites/G104-K012"
HOUR_S = TIME_NS // HOUR_NS * 3600


def downgrade(api: Api, name: str = "technician", key: str = "d-1", **body: Any) -> Any:
    """Doubt lane 1."""
    told = {"lane": 1, "reason": "strip 1L came loose", **body}
    return api.send(name, "POST", f"{SITE}/downgrades", told, Idempotency_Key=key)


def restore(api: Api, *ids: str, name: str = "technician", key: str = "r-1", site: str = SITE) -> Any:
    """End downgrades."""
    body = {"downgrades": list(ids), "reason": "strip replaced and tested"}
    return api.send(name, "POST", f"{site}/restores", body, Idempotency_Key=key)


def entries(api: Api, subject: str) -> list[tuple[str, str, str | None]]:
    with api.parts.store.reading() as conn:
        return [(one.entry.actor, one.entry.action, one.entry.reason) for one in audit.of_subject(conn, subject)]


def test_a_technician_downgrades_and_restores_with_a_reason_that_is_written_down(api: Api) -> None:
    """The answer is the span; it stands until it is restored; who and why stand in the audit log."""
    begun = downgrade(api, **{"from": "2026-05-29T04:00:00+08:00"})
    told = begun.json()
    assert (begun.status_code, begun.headers["ETag"]) == (200, '"1"')
    assert (told["lane"], told["source"], told["grade"], told["until"]) == (1, "person", "count", None)
    assert (told["opened_by"], told["reason"]) == ("technician", "strip 1L came loose")
    assert told["from"] == "2026-05-29T04:00:00+08:00"
    ended = restore(api, told["id"])
    (after,) = ended.json()["downgrades"]
    assert ended.status_code == 200
    assert (after["closed_by"], after["closed_reason"]) == ("technician", "strip replaced and tested")
    assert after["until"] == after["closed_at"] is not None
    assert entries(api, "site:G104-K012/1") == [
        ("technician", "site.restore", "strip replaced and tested"),
        ("technician", "site.downgrade", "strip 1L came loose"),
    ]


def test_the_same_key_downgrades_once(api: Api) -> None:
    """A repeat gets the first answer; the same key for another lane is refused."""
    first, again = downgrade(api), downgrade(api)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert downgrade(api, lane=2).json()["code"] == "idempotency_key_reused"
    with api.parts.store.reading() as conn:
        assert len(downgrades.all_of(conn)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lane": 9}, "lane"),
        ({"reason": ""}, "reason"),
        ({"reason": " \u3000 "}, "reason"),
        ({"grade": "evidence"}, "grade"),
        ({"from": "2027-01-01"}, "from"),
        ({"from": "2020-01-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"until": "2027-01-01"}, "until"),
    ],
)
def test_a_wrong_field_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    """422 with the field; nothing is downgraded."""
    refused = downgrade(api, **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "body_invalid")
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    with api.parts.store.reading() as conn:
        assert downgrades.all_of(conn) == []


def test_a_downgrade_needs_a_key(api: Api) -> None:
    """A phone that asks twice must not doubt twice."""
    answer = api.send("technician", "POST", f"{SITE}/downgrades", {"reason": "loose"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_what_is_over_or_elsewhere_is_not_ended(api: Api) -> None:
    """An alarm that was opened meanwhile is not ended unseen, and one that is over not twice."""
    told = downgrade(api).json()
    assert restore(api, "0123456789abcdef", key="r-0").json()["code"] == "downgrade_unknown"
    elsewhere = restore(api, told["id"], key="r-2", site="/v1/sites/S340-K005")
    assert elsewhere.json()["code"] == "downgrade_unknown"
    assert restore(api, told["id"], key="r-3").status_code == 200
    again = restore(api, told["id"], key="r-4")
    assert (again.status_code, again.json()["code"]) == (409, "downgrade_ended")


def test_a_restore_lets_the_charts_begin_anew(api: Api) -> None:
    """Of the lanes that it is about, and from that moment on."""
    told = downgrade(api, lane=None).json()
    assert told["lane"] is None
    with api.parts.store.writing() as conn:
        watches.save(conn, [watches.WatchRow("G104-K012", 1, 1, 0, '{"x":1}', b"t", b"l", b"a")])
    restore(api, told["id"])
    with api.parts.store.reading() as conn:
        found = watches.load(conn, [LaneKey("G104-K012", 1), LaneKey("G104-K012", 2)])
    assert found[LaneKey("G104-K012", 1)] == watches.WatchRow("G104-K012", 1, 2, TIME_NS)
    assert found[LaneKey("G104-K012", 2)] == watches.WatchRow("G104-K012", 2, 1, TIME_NS)


def test_a_foreign_site_looks_like_none(api: Api) -> None:
    """To reading and to writing; a squad sees the sites on its sections."""
    for name in ("foreign", "squad"):
        found = api.get(name, "/v1/sites/G104-K080/health")
        assert (found.status_code, found.json()["code"]) == (404, "site_unknown")
    assert api.get("squad", f"{SITE}/health").status_code == 200
    answer = api.send("technician", "POST", "/v1/sites/NOWHERE/downgrades", {"reason": "loose"}, Idempotency_Key="k")
    assert answer.json()["code"] == "site_unknown"


def beat(minute: int, **lane: Any) -> bytes:
    """A beat of lane 1 in the hour before the clock's."""
    told = messages.LaneHealth(lane=1, up=True, strips=[], **lane)
    time = messages.rfc3339((HOUR_S - 3600 + minute * 60) * 10**9)
    state = Health(id=f"G104-K012/{minute}", version=1, time=time, site="G104-K012", run=4, lanes=[told],
                   camera=messages.vocabulary.Condition.OK, clock=messages.vocabulary.Clock.LOCKED)  # fmt: skip
    return encode(state)


def test_hours_without_data_are_told_apart_from_hours_without_trucks(api: Api) -> None:
    """One watched hour without a passage, 23 of which nobody knows anything; lost frames stand in their hour."""
    keep(api.parts.store, Metrics(), [beat(minute) for minute in range(60)])
    with api.parts.store.writing() as conn:
        frame_runs.add_losses(conn, [Loss("G104-K012", 1, HOUR_S - 3600, 5, 2)])
    told = api.get("analyst", f"{SITE}/health").json()
    assert (told["unit"]["run"], told["unit"]["camera"], told["unit"]["clock"]) == (4, "ok", "locked")
    assert told["certificate"]["number"] == "JJG-1"
    one, two = told["lanes"]
    assert one["hours"] == {
        "asked": 24,
        "observed": 1,
        "without_data": 23,
        "without_passages": 1,
        "without_trucks": 1,
    }
    assert (one["up"], two["up"], two["hours"]["without_data"]) == (True, None, 24)
    assert one["lost"] == {"frames_missing": 5, "frames_late": 2, "records_missing": None}
    (hour,) = [hour for hour in one["by_hour"] if hour["observed"]]
    assert (hour["passages"], hour["frames_missing"], hour["frames_late"]) == (0, 5, 2)
    assert (one["plates_by_day"]["percent"], one["drift"], one["authenticity"]) == (None, None, None)


def count(api: Api, minutes: int, passages: int, read: int, lane: int = 1) -> None:
    """Passages of a lane so many minutes before now, and how many of them had a plate."""
    minute_s = api.parts.clock_ns() // lane_reads.MINUTE_NS * 60 - minutes * 60
    with api.parts.store.writing() as conn:
        lane_reads.add(conn, [MinuteReads("G104-K012", lane, minute_s, passages, read)], 0)


def test_a_camera_that_reads_less_than_half_is_an_alarm(api: Api) -> None:
    """By the two hours that a missing plate is judged by, whatever was asked for; a lane without traffic is none."""
    for minutes, passages, read in ((120, 100, 100), (119, 10, 10), (0, 11, 0)):
        count(api, minutes, passages, read)
    one, two = (lane["plates_now"] for lane in api.get("duty", f"{SITE}/health?to=2026-05-28").json()["lanes"])
    assert (one["passages"], one["read"], one["percent"], one["floor_percent"]) == (21, 10, 47.619, 50)
    assert (one["dark"], two["dark"], two["percent"]) == (True, False, None)
    count(api, 0, 1, 1)
    assert not api.get("duty", f"{SITE}/health").json()["lanes"][0]["plates_now"]["dark"]


def test_drift_is_told_hour_by_hour(api: Api) -> None:
    """How far each chart was from its alarm; one that is learning has none yet, and empty hours are left out."""
    rows = [
        watches.DriftRow("G104-K012", 1, HOUR_S - 7_200, '{"steer":[0.0,null]}'),
        watches.DriftRow("G104-K012", 1, HOUR_S, '{"steer":[2.5,9.75],"line 1":[11.0,9.0]}'),
        watches.DriftRow("G104-K012", 1, HOUR_S - 40 * 86_400, '{"steer":[1.0,9.75]}'),
    ]
    with api.parts.store.writing() as conn:
        watches.keep_drift(conn, rows)
    one, other = api.get("analyst", f"{SITE}/health").json()["lanes"][:2]
    assert [hour["charts"] for hour in one["drift_by_hour"]] == [
        {"steer": {"score": 0.0, "threshold": None}},
        {"steer": {"score": 2.5, "threshold": 9.75}, "line 1": {"score": 11.0, "threshold": 9.0}},
    ]
    hours = [hour["from"] for hour in one["by_hour"]]
    assert [hours.index(hour["from"]) for hour in one["drift_by_hour"]] == [21, 23]
    assert other["drift_by_hour"] == []


def test_flags_are_told_hour_by_hour(api: Api) -> None:
    """Counts beside the passages of their own hour; the shares of the whole period agree with them."""
    keep_hour(api.parts.store, HOUR_S - 3600, 8, {Flag.NO_PLATE: 2})
    keep_hour(api.parts.store, HOUR_S, 2, {Flag.NO_PLATE: 2, Flag.SPEED_RANGE: 1})
    lane = api.get("technician", f"{SITE}/health").json()["lanes"][0]
    told = {hour["passages"]: hour["flags"] for hour in lane["by_hour"]}
    assert told == {0: {}, 8: {"NO_PLATE": 2}, 2: {"NO_PLATE": 2, "SPEED_RANGE": 1}}
    assert lane["flags"] == {"passages": 10, "percent": {"NO_PLATE": 40.0, "SPEED_RANGE": 10.0}}


def test_health_lists_downgrades_that_stand_and_those_of_the_period(api: Api) -> None:
    """With who, why and since when; one that was over before the period is left out."""
    told = downgrade(api).json()
    shown = api.get("duty", f"{SITE}/health").json()
    assert (shown["downgraded"], [one["downgraded"] for one in shown["lanes"]]) == (True, [True, False])
    assert [one["id"] for one in shown["downgrades"]] == [told["id"]]
    restore(api, told["id"])
    assert not api.get("duty", f"{SITE}/health").json()["downgraded"]
    before = api.get("duty", f"{SITE}/health?to=2026-05-28").json()
    assert before["downgrades"] == []


def test_a_period_that_cannot_be_meant_is_refused(api: Api) -> None:
    """Longer than anything is kept, the end before the beginning, or no time at all."""
    for query in ("from=2026-01-01", "from=2026-06-03&to=2026-06-02", "to=later"):
        refused = api.get("duty", f"{SITE}/health?{query}")
        assert (refused.status_code, refused.json()["code"]) == (422, "parameters_invalid")
