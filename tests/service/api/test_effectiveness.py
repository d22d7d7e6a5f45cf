"""The figures of effectiveness over HTTP: what counts, what is left out, and that each can be listed."""

from __future__ import annotations

from typing import Any

import pytest

from service.policy import Policy
from service.store import weighings
from service.store.weighings import WeighingRow
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import TIME_NS

#: A day around the crossings of the tests (2026-05-29 in Shanghai).
DAY = "from=2026-05-29&to=2026-05-30"


def figure(api: Api, name: str, query: str = DAY, account: str = "duty") -> dict[str, Any]:
    """One figure as an account sees it."""
    answer = api.get(account, f"/v1/effectiveness?{query}")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["figures"] if one["figure"] == name)


def items(api: Api, name: str, query: str = DAY) -> list[dict[str, Any]]:
    answer = api.get("duty", f"/v1/effectiveness/{name}/items?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def counts(one: dict[str, Any]) -> tuple[int, int, Any]:
    return one["numerator"], one["denominator"], one["value"]


def stop(api: Api, intercept: str) -> None:
    """The squad takes the truck and stops it."""
    for number, action in enumerate(("claim", "stop")):
        version = api.get("duty", f"/v1/intercepts/{intercept}").headers["ETag"]
        headers = {"Idempotency_Key": f"{intercept}-{number}", "If_Match": version}
        body = {"action": action}
        assert api.send("squad", "POST", f"/v1/intercepts/{intercept}/actions", body, **headers).status_code == 200


def file_key(api: Api, *plates: str) -> dict[str, str]:
    """百噸王 of these plates; their intercepts by plate."""
    desk = api.desk
    desk.file(*(desk.violation(hundred_tonne=True, severity=6, passage_plate=plate) for plate in plates))
    return {one.plate: one.id for one in desk.intercepts()}


def test_nothing_is_null_and_never_zero(api: Api) -> None:
    """A period in which nothing happened has no share, no interval, and nothing missing."""
    for name in ("on_site_handling", "precision"):
        one = figure(api, name)
        assert (counts(one), one["low"], one["missing"]) == ((0, 0, None), None, 0)


def test_key_vehicles_that_were_stopped(api: Api) -> None:
    """By trip; a truck that is only severe is none; where nobody stopped one, how it ended is said."""
    found = file_key(api, "苏B00001", "苏B00002", "苏B00003")
    desk = api.desk
    desk.sequence = 50
    desk.file(desk.violation(passage_plate="苏B00009", severity=5))
    stop(api, found["苏B00001"])
    one = figure(api, "on_site_handling")
    assert counts(one) == (1, 3, pytest.approx(1 / 3))
    assert (one["target"], one["missing"]) == (1.0, 2)
    assert one["low"] < one["value"] < one["high"]
    assert sum(part["numerator"] for part in one["parts"]) == 2
    listed = items(api, "on_site_handling")
    assert [item["counted"] for item in listed].count(True) == 1
    assert next(item["intercept"] for item in listed if item["counted"]) == found["苏B00001"]
    assert items(api, "on_site_handling", f"{DAY}&counted=false") == [item for item in listed if not item["counted"]]


def test_an_excluded_vehicle_is_left_out_and_said_to_be(api: Api) -> None:
    """Neither numerator nor denominator; restored it is back."""
    file_key(api, "苏B00001", "苏B00002")
    before = figure(api, "on_site_handling")
    best = api.desk.intercepts()[0].best.id
    headers = {"Idempotency_Key": "k1"}
    api.send("duty", "POST", f"/v1/violations/{best}/exclusions", {"reason": "the wrong truck"}, **headers)
    one = figure(api, "on_site_handling")
    assert (one["denominator"], one["left_out"]) == (1, {"simulated": 0, "excluded": 1})
    headers = {"Idempotency_Key": "k2"}
    api.send("duty", "POST", f"/v1/violations/{best}/restorations", {"reason": "the right one"}, **headers)
    assert figure(api, "on_site_handling") == before


@pytest.mark.parametrize("counts_simulated", [False, True])
def test_simulated_vehicles_count_where_policy_says_so(make_api: MakeApi, counts_simulated: bool) -> None:
    """Only a demo wants that; elsewhere they are told as left out."""
    api = make_api(policy=Policy(requests_per_minute=1_000_000, simulated_counts=counts_simulated))
    desk = api.desk
    desk.file(desk.violation(hundred_tonne=True, flags=["SIMULATED"]))
    one = figure(api, "on_site_handling")
    assert (one["denominator"], one["left_out"]["simulated"]) == ((1, 0) if counts_simulated else (0, 1))


def weigh(api: Api, number: int, p_over: float, confirmed: bool, **changed: Any) -> None:
    row = WeighingRow(
        f"{number:016x}", "G104", "G104-K012", 1, TIME_NS + number, 60_000, 59_000, 0.02, p_over, confirmed, False
    )
    with api.parts.store.writing() as conn:
        weighings.keep(conn, row._replace(**changed))


def test_precision_by_site_and_zone_with_its_calibration(api: Api) -> None:
    """Confirmed of weighed; the parts and the bins each add up to the whole."""
    for number in range(18):
        weigh(api, number, 0.9995, confirmed=True)
    weigh(api, 18, 0.96, confirmed=False)
    weigh(api, 19, 0.97, confirmed=True, site="G104-K080")
    weigh(api, 20, 0.97, confirmed=True, corridor="S340", site="S340-K005")
    one = figure(api, "precision", f"{DAY}&corridor=G104")
    assert counts(one) == (19, 20, 0.95)
    assert (one["missing"], one["target"]) == (0, 0.95)
    zones = {part["value"]: (part["numerator"], part["denominator"]) for part in one["parts"] if part["by"] == "zone"}
    assert zones == {"[0.95,0.99)": (1, 2), "[0.999,1]": (18, 18)}
    sites = {part["value"]: part["share"] for part in one["parts"] if part["by"] == "site"}
    assert sites == {"G104-K012": pytest.approx(18 / 19), "G104-K080": 1.0}
    assert sum(one_bin["weighed"] for one_bin in one["calibration"]) == 20
    assert figure(api, "precision")["denominator"] == 21
    assert figure(api, "precision", account="foreign")["denominator"] == 1


def test_items_come_page_by_page(api: Api) -> None:
    """Each once, in the order of ids."""
    for number in range(5):
        weigh(api, number, 0.99, confirmed=True)
    path, found = f"/v1/effectiveness/precision/items?{DAY}&limit=2", []
    answer = api.get("duty", path)
    while True:
        found += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            break
        answer = api.get("duty", f"{path}&cursor={answer.json()['next']}")
    assert found == [f"{number:016x}" for number in range(5)]


def test_hours_with_a_squad_on_duty_cover_a_key_section(make_api: MakeApi) -> None:
    """By what the squads said: 20:00 to 24:00 of the day before now; hours to come are not asked for."""
    clock = [TIME_NS]
    api = make_api(clock_ns=lambda: clock[0])
    answer = api.get("duty", f"/v1/effectiveness?{DAY}").json()
    one = next(one for one in answer["figures"] if one["figure"] == "key_section_cover")
    # 04:26 in Shanghai: four whole hours of the day are over, of one key section.
    assert counts(one) == (0, 4, 0.0)
    assert (one["low"], one["missing"]) == (None, 4)
    in_at = {"signed_in": True, "at": "2026-05-28T17:00:00Z"}
    assert api.send("squad", "POST", "/v1/squads/liyang-2/status", in_at).status_code == 200
    out_at = {"signed_in": False, "at": "2026-05-28T19:30:00Z"}
    assert api.send("squad", "POST", "/v1/squads/liyang-2/status", out_at).status_code == 200
    # 01:00 to 03:30 covers two whole hours.
    one = figure(api, "key_section_cover")
    assert counts(one) == (2, 4, 0.5)
    assert [part["value"] for part in one["parts"]] == ["G104/30-55"]
    covered = [item["time"] for item in items(api, "key_section_cover", f"{DAY}&counted=true")]
    assert covered == ["2026-05-28T17:00:00.000000000Z", "2026-05-28T18:00:00.000000000Z"]
    assert figure(api, "key_section_cover", f"{DAY}&corridor=S340")["value"] is None


def test_a_squad_that_is_too_far_away_covers_nothing(make_api: MakeApi) -> None:
    """The base lies 9 km before the section: nine minutes at 60 km/h."""
    for minutes, covered in ((9, 1), (8, 0)):
        api = make_api(policy=Policy(requests_per_minute=1_000_000, cover_reach_minutes=minutes))
        in_at = {"signed_in": True, "at": "2026-05-28T19:00:00Z"}
        api.send("squad", "POST", "/v1/squads/liyang-2/status", in_at)
        assert figure(api, "key_section_cover")["numerator"] == covered


def test_wrong_questions_are_named(api: Api) -> None:
    """No such road, half an hour, a figure that there is not."""
    assert api.get("duty", "/v1/effectiveness?corridor=G999").json()["code"] == "corridor_unknown"
    assert api.get("foreign", "/v1/effectiveness?corridor=G104").json()["code"] == "corridor_unknown"
    half = api.get("duty", "/v1/effectiveness?from=2026-05-29T00:30:00Z").json()
    assert (half["code"], half["errors"][0]["field"]) == ("parameters_invalid", "from")
    assert api.get("duty", "/v1/effectiveness/beauty/items").json()["code"] == "parameters_invalid"
