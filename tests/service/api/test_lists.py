"""Violations, intercepts, corridors and sites: lists page by page, single ones, and what each reader sees of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from service.pseudonyms import MARK
from service.store import audit, media
from service.store.media import MediaRow
from tests.service.api.conftest import Api, MakeApi
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, PLATE, TIME_NS

HOUR_NS = 60 * MINUTE_NS
#: Further apart than a trip lasts, so each crossing is a case of its own.
APART_NS = 5 * HOUR_NS


@pytest.fixture
def desk(api: Api) -> Desk:
    return api.desk


def items(api: Api, path: str, name: str = "duty") -> list[dict[str, Any]]:
    answer = api.get(name, path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_violation_is_the_message_that_was_published(api: Api, desk: Desk) -> None:
    """One and in the list: to the letter what a reader of the topic has."""
    value = desk.violation()
    desk.file(value)
    told = json.loads(value)
    assert items(api, "/v1/violations") == [told]
    answer = api.get("duty", f"/v1/violations/{told['id']}")
    assert (answer.json(), answer.headers["ETag"]) == (told, '"1"')


def test_a_violation_shows_what_was_archived_of_it_since(api: Api, desk: Desk) -> None:
    """Beside what its message named, with a tag of its own; nothing of it to readers who see no plates."""
    value = desk.violation()
    desk.file(value)
    told = json.loads(value)
    before = api.get("duty", f"/v1/violations/{told['id']}")
    href = f"frames/date=2026-06-01/site=G104-K012/{told['id']}.wimf"
    with api.parts.store.writing() as conn:
        media.keep(conn, [MediaRow(told["id"], "frame", "0" * 64, href, 64_164, TIME_NS)])
    frame = {"kind": "frame", "sha256": "0" * 64, "href": href}
    expected = {**told, "media": [*told["media"], frame]}
    after = api.get("duty", f"/v1/violations/{told['id']}")
    assert after.json() == expected
    assert after.headers["ETag"] != before.headers["ETag"]
    assert items(api, "/v1/violations") == [expected]
    assert [row["media"] for row in items(api, "/v1/violations", "analyst")] == [[]]


def test_pages_hold_every_row_once_while_rows_arrive(api: Api, desk: Desk) -> None:
    """Following `next` or the Link header shows all that was there, newest first, and nothing twice."""
    desk.file(*(desk.violation(after_ns=n * APART_NS) for n in range(7)))
    expected = [row["id"] for row in items(api, "/v1/violations")]
    seen, path, links = [], "/v1/violations?limit=3", []
    while path:
        answer = api.get("duty", path)
        page = answer.json()
        seen += [row["id"] for row in page["items"]]
        desk.file(desk.violation(after_ns=100 * APART_NS + len(seen)))
        links.append(answer.headers.get("Link"))
        path = f"/v1/violations?limit=3&cursor={page['next']}" if page["next"] else ""
        assert (links[-1] is None) == (page["next"] is None)
        assert links[-1] is None or links[-1] == f'<{path}>; rel="next"'
    assert seen == expected
    assert len(links) == 3


def test_a_page_is_never_longer_than_the_policy_allows(api: Api, desk: Desk) -> None:
    """Without a limit the usual number of rows comes; a limit beyond the bounds is refused or cut."""
    desk.file(*(desk.violation(after_ns=n * APART_NS) for n in range(101)))
    assert len(items(api, "/v1/violations")) == 100
    assert len(items(api, "/v1/violations?limit=5000")) == 101
    assert api.get("duty", "/v1/violations?limit=0").status_code == 422
    assert api.get("duty", "/v1/violations?limit=10001").status_code == 422


def test_a_cursor_that_is_none_of_ours_is_refused(api: Api) -> None:
    """Whatever is no place in this list gets 422, on lists by time and on those by name."""
    no_place = ["x", "AAAA", "WzEsMl0", "bnVsbA", "WzFlMzAsIngiXQ", "e30", "%00", "\u00e9"]
    for path, cursors in (("violations", [*no_place, "InggeSI"]), ("sites", [*no_place, "WzEsIngiXQ"])):
        for cursor in cursors:
            answer = api.get("duty", f"/v1/{path}?cursor={cursor}")
            assert answer.status_code == 422, (path, cursor)
            assert answer.json()["errors"][0]["field"] == "cursor"


def test_violations_are_found_by_what_they_are(api: Api, desk: Desk) -> None:
    """Each filter leaves what it says, and two leave what both say."""
    desk.file(
        desk.violation(severity=2, zone="watch", grade="count"),
        desk.violation(after_ns=APART_NS, severity=5, passage_direction=1),
        desk.violation(after_ns=2 * APART_NS, severity=6, hundred_tonne=True, passage_site="G104-K080"),
    )
    newest, second, first = [row["id"] for row in items(api, "/v1/violations")]
    # 2026-05-28T20:26:40Z is early on the 29th in Shanghai; the second crossed five hours later.
    wanted = {
        "corridor=G104": [newest, second, first],
        "corridor=S340": [],
        "site=G104-K080": [newest],
        "direction=down": [second],
        "severity_min=5": [newest, second],
        "zone=watch": [first],
        "grade=count": [first],
        "hundred_tonne=true": [newest],
        "since=2026-05-29T09:00:00%2B08:00": [newest, second],
        "until=2026-05-29T09:00:00%2B08:00": [first],
        "until=2026-05-29": [],
        "severity_min=5&until=2026-05-29T10:00:00%2B08:00": [second],
    }
    for query, ids in wanted.items():
        assert [row["id"] for row in items(api, f"/v1/violations?{query}")] == ids, query


def test_intercepts_are_found_by_how_they_stand(api: Api, desk: Desk) -> None:
    """Filters by state, whether somebody can act, the squad that has it, place and time."""
    for n, plate in enumerate(("苏A0T011", "苏A0T012")):
        # Each judged as it happens: what is late opens nothing that anybody could claim.
        desk.now_ns = TIME_NS + n * APART_NS
        desk.file(desk.violation(after_ns=n * APART_NS, passage_plate=plate))
    newest, first = [row["id"] for row in items(api, "/v1/intercepts")]
    act = api.send("squad", "POST", f"/v1/intercepts/{newest}/actions", {"action": "claim"}, **base(1))
    assert act.status_code == 200
    wanted = {
        "active=true": [newest, first],
        "active=false": [],
        "state=open": [first],
        "state=claimed": [newest],
        "squad=liyang-2": [newest],
        "squad=liyang-3": [],
        "corridor=G104&state=open": [first],
        "since=2026-05-29T09:00:00%2B08:00": [newest],
    }
    for query, ids in wanted.items():
        assert [row["id"] for row in items(api, f"/v1/intercepts?{query}")] == ids, query


def base(version: int, key: str = "key") -> dict[str, str]:
    return {"If_Match": f'"{version}"', "Idempotency_Key": key}


def test_a_squads_page_is_filled_from_its_own_sections(api: Api, desk: Desk) -> None:
    """What lies off the sections is passed over, not shown as a shorter page, and paging goes on behind it."""
    sites = ["G104-K012", *["G104-K080"] * 5, "G104-K012", "G104-K080", "G104-K012"]
    desk.file(*(desk.violation(after_ns=n * APART_NS, passage_site=site) for n, site in enumerate(sites)))
    mine = [row["id"] for row in items(api, "/v1/violations?site=G104-K012")]
    first = api.get("squad", "/v1/violations?limit=2").json()
    second = api.get("squad", f"/v1/violations?limit=2&cursor={first['next']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == mine
    assert second["next"] is None


def test_what_did_not_change_is_not_sent_again(api: Api, desk: Desk) -> None:
    """An ETag that still stands gets 304; a new version gets the new answer."""
    desk.file(desk.violation())
    told = desk.only_intercept()
    path = f"/v1/intercepts/{told.id}"
    tag = api.get("duty", path).headers["ETag"]
    assert api.get("duty", path, If_None_Match=f'"0", W/{tag}').status_code == 304
    assert api.get("duty", path, If_None_Match="*").status_code == 304
    desk.file(desk.sighting(after_ns=MINUTE_NS))
    again = api.get("duty", path, If_None_Match=tag)
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')


def test_an_analyst_sees_pseudonyms_wherever_a_plate_stands(api: Api, desk: Desk) -> None:
    """No answer to an account without plates holds one; the same plate has one pseudonym in all of them."""
    desk.file(desk.violation(permit="N1", media=[]))
    told = desk.only_intercept()
    paths = ["/v1/violations", f"/v1/violations/{told.best.id}", "/v1/intercepts", f"/v1/intercepts/{told.id}"]
    answers = [api.get("analyst", path) for path in paths]
    answers += [api.get("analyst", path, Accept="application/geo+json") for path in paths[::2]]
    assert all(answer.status_code == 200 for answer in answers)
    assert all(PLATE not in answer.text for answer in answers)
    names = {
        answers[0].json()["items"][0]["passage"]["plate"],
        answers[1].json()["passage"]["plate"],
        answers[2].json()["items"][0]["plate"],
        answers[3].json()["best"]["passage"]["plate"],
    }
    assert len(names) == 1
    assert names.pop().startswith(MARK)
    assert answers[1].json()["permit"] != "N1"
    assert answers[3].headers["ETag"] != api.get("duty", paths[3]).headers["ETag"]


def test_what_a_person_wrote_is_not_shown_without_plates(api: Api, desk: Desk) -> None:
    """A note may name the plate, so it is left out."""
    desk.file(desk.violation())
    path = f"/v1/intercepts/{desk.only_intercept().id}"
    body = {"action": "claim", "note": f"{PLATE} seen"}
    assert api.send("squad", "POST", path + "/actions", body, **base(1)).json()["note"] == f"{PLATE} seen"
    assert api.get("analyst", path).json()["note"] is None


def test_numbers_of_papers_are_pseudonyms_without_plates(api: Api, desk: Desk) -> None:
    """Whoever has the permits or the decisions finds the plate by their number."""
    desk.file(desk.violation())
    path = f"/v1/intercepts/{desk.only_intercept().id}"
    weighed = {"static_gross_kg": 61_000, "scale_certificate": "S-1"}
    for version, body in enumerate(
        [
            {"action": "claim"},
            {"action": "stop"},
            {"action": "weigh", **weighed},
            {"action": "confirm", "document_number": "D-7"},
        ],
        1,
    ):
        acted = api.send("squad", "POST", path + "/actions", body, **base(version, f"k{version}"))
        assert acted.status_code == 200, acted.text
    assert api.get("duty", path).json()["document_number"] == "D-7"
    assert api.get("analyst", path).json()["document_number"].startswith(MARK)


def test_a_search_by_plate_needs_a_reason_and_is_written_down(api: Api, desk: Desk) -> None:
    """Without a reason 422, with one the rows and an entry with who and why; an account without plates is refused."""
    desk.file(desk.violation(), desk.violation(after_ns=APART_NS, passage_plate="苏A0T003"))
    for kind in ("violations", "intercepts"):
        path = f"/v1/{kind}?plate={quote(PLATE)}"
        assert api.get("duty", path).json()["errors"][0]["field"] == "reason"
        assert len(items(api, f"{path}&reason=case+12")) == 1
        assert api.get("duty", path, Wim_Reason=quote("查 12")).status_code == 200
        assert api.get("analyst", f"{path}&reason=case+12").json()["code"] == "plates_refused"
    with api.parts.store.reading() as conn:
        entries = [entry for _, entry in audit.of_subject(conn, f"plate:{PLATE}")]
        refused = [entry for _, entry in audit.page(conn, None, 100) if entry.action == "refused"]
    assert {(entry.actor, entry.action, entry.reason) for entry in entries} == {
        ("duty", "plate.look_up", "case 12"),
        ("duty", "plate.look_up", "查 12"),
    }
    assert {(entry.actor, entry.reason) for entry in refused} == {("analyst", "plates_refused")}


def test_places_go_on_a_map(api: Api, desk: Desk) -> None:
    """GeoJSON lies where the registry says, with the JSON answer's document as properties."""
    desk.file(desk.violation())
    for kind in ("violations", "intercepts", "corridors", "sites"):
        found = api.get("duty", f"/v1/{kind}", Accept="application/geo+json")
        assert found.headers["Content-Type"] == "application/geo+json"
        plain = items(api, f"/v1/{kind}")
        assert [one["properties"] for one in found.json()["features"]] == plain
        geometry = found.json()["features"][0]["geometry"]
        assert geometry["coordinates"] == ([[119.1, 31.9], [119.2, 31.85]] if kind == "corridors" else [119.12, 31.89])


def test_corridors_and_sites_are_those_of_the_registry(api: Api) -> None:
    """What a client needs to ask on: zones, sections, lanes, the certificate in force now."""
    corridor, _ = items(api, "/v1/corridors", "analyst")
    assert corridor == {
        "id": "G104",
        "name": "National road 104",
        "timezone": "Asia/Shanghai",
        "main": False,
        "length_km": 120.0,
        "area": None,
        "key_sections": [{"from_km": 30.0, "to_km": 55.0, "name": "quarry"}],
        "sites": ["G104-K012", "G104-K080"],
        "stop_points": [{"id": "yard", "chainage_km": 21.0, "direction": "up", "static_scale": False, "capacity": 1}],
    }
    site = items(api, "/v1/sites?corridor=G104", "analyst")[0]
    assert site["lanes"] == [{"number": 1, "direction": "up"}, {"number": 2, "direction": "down"}]
    assert site["certificate"] == {
        "number": "JJG-1",
        "class_percent": 5.0,
        "from": "2026-01-01T00:00:00+08:00",
        "until": "2027-01-01T00:00:00+08:00",
    }
    assert (site["evidence_approved"], site["tolerance_percent"]) == (False, 5.0)


def test_a_certificate_that_ended_is_not_in_force(make_api: MakeApi) -> None:
    """The day after its end a site has none."""
    api = make_api(clock_ns=lambda: TIME_NS + 365 * 24 * HOUR_NS)
    assert items(api, "/v1/sites?corridor=G104")[0]["certificate"] is None


def test_names_are_paged_too(api: Api) -> None:
    """Sites come by id, from where the cursor says."""
    first = api.get("duty", "/v1/sites?limit=2").json()
    second = api.get("duty", f"/v1/sites?limit=2&cursor={first['next']}").json()
    assert [one["id"] for one in first["items"] + second["items"]] == ["G104-K012", "G104-K080", "S340-K005"]
    assert second["next"] is None
