"""A case over HTTP: one trip with its verdicts explained, its history, and what was done, for whoever may see it."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.ledger import Entry
from rules.plates import compile_plates
from rules.ruleset import load_book
from rules.screen import Screen
from rules.terms import compile_terms
from service.lanes import announce
from service.lanes.announce import Names
from service.store import audit, decisions, ledger, outcomes
from service.store.decisions import Decision
from service.store.outcomes import OutcomeRow
from tests.service.api.conftest import Api
from tests.service.told import MINUTE_NS, PLATE, TIME_NS, crossings
from wim.records import DAY_NS


def judged(api: Api, after_ns: int = 0, sequence: int = 1, **fields: Any) -> bytes:
    """A violation as the screen lane publishes it: judged by the API's own registry and papers."""
    registry = api.parts.registry
    corridors = {name: row for row, name in enumerate(registry.network.corridors)}
    plates = compile_plates(registry.register, corridors)
    book = load_book()
    passages = crossings(1, sequence=sequence, time_ns=TIME_NS + after_ns, **fields)
    # Wheels that add up to the gross weight, sides apart as of a real truck.
    passages["left_kg"][:, :3] = passages["gross_kg"] // 6 - 100
    passages["right_kg"][:, :3] = passages["gross_kg"] // 6 + 100
    verdicts = Screen(book.law, compile_terms(registry.network), plates).judge(passages)
    (message,) = announce.violations(passages, verdicts, Names.of(book, registry.network, registry.register))
    assert message.value is not None
    return message.value


def case_of(api: Api, name: str = "duty", case: str | None = None) -> dict[str, Any]:
    """The case as an account sees it; that of the only intercept without an id."""
    answer = api.get(name, f"/v1/cases/{case or api.desk.only_intercept().case}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_case_tells_the_whole_trip(api: Api) -> None:
    """Every crossing, the violations with their messages, the intercept, and when it began and was seen last."""
    desk = api.desk
    desk.file(judged(api), desk.sighting(5 * MINUTE_NS), judged(api, 9 * MINUTE_NS, 3))
    told, intercept = case_of(api), desk.only_intercept()
    assert (told["id"], told["asked"], told["merged"]) == (intercept.case, intercept.case, False)
    assert told["intercept"] == api.get("duty", f"/v1/intercepts/{intercept.id}").json()
    assert [seen["violation"] for seen in told["sightings"]] == [True, False, True]
    ids = [one["violation"]["id"] for one in told["violations"]]
    assert ids == [seen["passage"] for seen in told["sightings"] if seen["violation"]]
    assert (told["first"], told["newest"]) == (told["sightings"][0]["time"], told["sightings"][-1]["time"])


def test_each_verdict_is_explained_and_agrees(api: Api) -> None:
    """Limit, clause, σ, certificate and calibration stand there, and judging again says what was published."""
    api.desk.file(judged(api, calibration=3))
    (one,) = case_of(api)["violations"]
    verdict = one["verdict"]
    assert (verdict["agrees"], verdict["differs"]) == (True, [])
    assert [step["name"] for step in verdict["steps"]][:3] == ["vehicle", "pattern", "limit"]
    assert (verdict["clause"], verdict["clause_zh"]) == (
        "124號 table, 3-axle truck; note 4 (+ 1 t with air suspension)",
        "124號附表，3 軸載貨汽車；註4（空氣懸架加 1 t）",
    )
    (limit,) = [step for step in verdict["steps"] if step["name"] == "limit"]
    assert (limit["clause"], limit["clause_zh"]) == (verdict["clause"], verdict["clause_zh"])
    assert verdict["limit_high_kg"] == one["violation"]["limit_high_kg"]
    assert (verdict["certificate"]["number"], verdict["certificate"]["class_percent"]) == ("JJG-1", 5.0)
    assert verdict["calibration"] == 3
    assert verdict["sigma_percent"] == pytest.approx(100 * 5 / 257.58, abs=1e-4)


def test_a_verdict_that_would_be_another_today_says_in_what(api: Api) -> None:
    """What was published stays; what judging it again does not confirm is named."""
    api.desk.file(api.desk.violation(excess_kg=9_001))
    verdict = case_of(api)["violations"][0]["verdict"]
    assert verdict["agrees"] is False
    assert "excess_kg" in verdict["differs"]
    assert "rule_set" not in verdict["differs"]


def test_a_permit_of_the_plate_is_shown(api: Api) -> None:
    """Whoever doubts the stop sees which papers there are; an analyst without plates sees none."""
    # Heavier than the permit allows.
    desk = api.desk
    desk.file(judged(api, plate="苏A0T001", gross_kg=120_000))
    assert [permit["number"] for permit in case_of(api)["permits"]] == ["N1"]
    assert case_of(api, "analyst")["permits"] == []


def test_the_history_leaves_this_trip_out(api: Api) -> None:
    """Earlier trips count and are listed; the trip itself does not."""
    earlier = OutcomeRow("p1", "trip-1", PLATE, 255, TIME_NS - DAY_NS, True, True, False, False, "import", "{}")
    with api.parts.store.writing() as conn:
        outcomes.keep(conn, [earlier])
    api.desk.file(judged(api))
    history = case_of(api)["history"]
    assert (history["decided_1y"], history["confirmed_365d"], history["repeat"]) == (1, 1, True)
    assert [trip["case"] for trip in history["trips"]] == ["trip-1"]


def test_the_timeline_holds_what_was_done_and_decided(api: Api) -> None:
    """Ledger entries and decisions, by time, those with their number and hash."""
    api.desk.file(judged(api))
    intercept = api.desk.only_intercept().id
    entry = Entry(TIME_NS + 2, intercept, "G104", "li", "squad", "road", "claim", "claimed", "open", note="on my way")
    with api.parts.store.writing(durable=True) as conn:
        ledger.append(conn, [entry])
        decisions.note(conn, [Decision(intercept, "test_offer", TIME_NS + 1, '{"squad":"liyang-2"}')])
    timeline = [one for one in case_of(api)["timeline"] if one["action"] in ("test_offer", "claim")]
    assert [one["kind"] for one in timeline] == ["decision", "ledger"]
    assert timeline[0]["facts"] == {"squad": "liyang-2"}
    assert (timeline[1]["actor"], timeline[1]["note"], len(timeline[1]["hash"])) == ("li", "on my way", 64)


def test_a_merged_case_answers_the_one_that_goes_on(api: Api) -> None:
    """Who kept the old id finds the trip, and is told."""
    desk = api.desk
    desk.file(judged(api))
    desk.file(judged(api, 6 * 60 * MINUTE_NS, 2))
    gone = max(row.id for row in desk.rows("cases") if row.first_ns != TIME_NS)
    stays = next(row.id for row in desk.rows("cases") if row.id != gone)
    desk.file(judged(api, 3 * 60 * MINUTE_NS, 3))
    merged = {row.id: row.merged_into for row in desk.rows("cases")}
    assert sorted(filter(None, merged.values())) == [min(gone, stays)]
    told = case_of(api, case=max(gone, stays))
    assert (told["id"], told["asked"], told["merged"]) == (min(gone, stays), max(gone, stays), True)
    assert len(told["sightings"]) == 3


def test_an_analyst_sees_the_story_without_the_plate(api: Api) -> None:
    """Pseudonyms for plates, no pictures, no notes, no history."""
    api.desk.file(judged(api))
    answer = api.get("analyst", f"/v1/cases/{api.desk.only_intercept().case}")
    assert PLATE not in answer.text
    assert answer.json()["history"] is None
    assert answer.json()["violations"][0]["violation"]["media"] == []
    assert answer.json()["violations"][0]["verdict"]["agrees"] is True


def test_a_case_is_seen_by_whoever_sees_any_of_its_crossings(api: Api) -> None:
    """A squad whose section the truck has crossed sees all of the trip; one whose road it never was on does not."""
    desk = api.desk
    desk.file(judged(api, site="G104-K080"), judged(api, 30 * MINUTE_NS, 2))
    assert len(case_of(api, "squad")["sightings"]) == 2
    case = desk.only_intercept().case
    assert api.get("foreign", f"/v1/cases/{case}").json()["code"] == "case_unknown"


def test_a_case_off_a_squads_sections_is_no_case_of_it(api: Api) -> None:
    """On the corridor, but at a site that the squad does not serve."""
    api.desk.file(judged(api, site="G104-K080"))
    case = api.desk.only_intercept().case
    assert api.get("squad", f"/v1/cases/{case}").json()["code"] == "case_unknown"
    assert api.get("local", f"/v1/cases/{case}").status_code == 200


def test_a_look_at_a_case_is_written_down_once(api: Api) -> None:
    """Who looked stands in the audit log; the page that asks again a second later is the same look."""
    api.desk.file(judged(api))
    case = case_of(api)["id"]
    case_of(api)
    case_of(api, "squad")
    case_of(api, "analyst")
    with api.parts.store.reading() as conn:
        looks = audit.of_subject(conn, f"case:{case}")
    assert sorted((look.entry.action, look.entry.actor) for look in looks) == [
        ("case.look", "duty"),
        ("case.look", "squad"),
    ]


def test_an_unchanged_case_is_not_sent_again(api: Api) -> None:
    """304 for a page that has it."""
    api.desk.file(judged(api))
    path = f"/v1/cases/{api.desk.only_intercept().case}"
    tag = api.get("duty", path).headers["ETag"]
    assert api.get("duty", path, If_None_Match=tag).status_code == 304
