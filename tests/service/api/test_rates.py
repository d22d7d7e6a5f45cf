"""Overload rates over HTTP: the pinned answer, its periods, its comparison, its other forms."""

from __future__ import annotations

import csv
import datetime
import io
import random
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.policy import Policy
from service.store import rates
from service.store.rate_table import CountedLane, Extent, Question
from service.store.spans import HOUR_S
from service.store.tally import Series
from tests.service.api.conftest import Api, MakeApi
from tests.service.store.counting import Event, naive_rows, random_events, tally_of

SHANGHAI = "Asia/Shanghai"
#: The lanes of the tests' registry.
G104 = Extent(
    "G104",
    SHANGHAI,
    (
        CountedLane("G104-K012", 1, 0, "320481"),
        CountedLane("G104-K012", 2, 1, "320481"),
        CountedLane("G104-K080", 1, 0, None),
    ),
)
S340 = Extent("S340", SHANGHAI, (CountedLane("S340-K005", 1, 0, None),))

#: What contracts.md §7 pins; dashboards and scripts rely on it.
PINNED = {"corridor", "from", "to", "bucket", "rule_set", "revision", "unit", "rows"}
PINNED_ROW = {
    "from",
    "to",
    "direction",
    "passages",
    "trucks",
    "over_nominal",
    "over_beyond_tolerance",
    "rate_percent",
    "rate_low_percent",
    "rate_high_percent",
    "hundred_tonne",
    "bands",
    "excluded",
    "net",
    "lane_hours_observed",
    "lane_hours",
    "plate_read_percent",
}


def at_s(month: int, day: int, hour: int = 0, year: int = 2026) -> int:
    return int(datetime.datetime(year, month, day, hour, tzinfo=ZoneInfo(SHANGHAI)).timestamp())


def fill(api: Api, events: list[Event]) -> None:
    with api.parts.store.writing() as conn:
        rates.add(conn, tally_of(events), now_s=0)


@pytest.fixture
def events(api: Api) -> list[Event]:
    """Three weeks of traffic from 20 May 2026, in both corridors."""
    made = random_events(random.Random(5), (G104, S340), at_s(5, 20), 21 * 24, 400)
    fill(api, made)
    return made


def rows(api: Api, query: str, name: str = "analyst") -> list[dict[str, Any]]:
    answer = api.get(name, f"/v1/corridors/G104/rates?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def test_the_answer_holds_what_is_pinned(api: Api, events: list[Event]) -> None:
    """Every field of the contract is there, with the zone's times and the breakdown's name."""
    answer = api.get("analyst", "/v1/corridors/G104/rates?from=2026-05-20&to=2026-06-10&by=site").json()
    assert answer.keys() >= PINNED
    assert all(row.keys() >= PINNED_ROW | {"site"} for row in answer["rows"])
    assert (answer["corridor"], answer["unit"], answer["rule_set"], answer["bucket"]) == (
        "G104",
        "passages",
        "cn-2016",
        None,
    )
    assert (answer["from"], answer["to"]) == ("2026-05-20T00:00:00+08:00", "2026-06-10T00:00:00+08:00")
    assert answer["revision"] == 0
    assert {row["trips"] for row in answer["rows"]} == {None}


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-05-20&to=2026-06-10",
        "from=2026-05-22&to=2026-05-24&bucket=day&direction=both",
        "from=2026-05-01&to=2026-07-01&bucket=month&by=band",
        "from=2026-05-25T06:00:00%2B08:00&to=2026-05-25T09:00:00%2B08:00&bucket=hour&direction=down",
        "from=2026-05-24T22:00:00Z&to=2026-05-25T01:00:00Z&by=lane",
        "from=2026-05-20&to=2026-06-10&by=axles",
        "from=2026-05-20&to=2026-06-10&by=area&direction=up",
    ],
)
def test_every_figure_is_that_of_a_count_by_hand(api: Api, events: list[Event], query: str) -> None:
    """Dates and times mean what the contract says, and the rows are those of loops over the passages."""
    asked = dict(pair.split("=") for pair in query.replace("%2B", "+").split("&"))
    ends = [moment_s(asked.pop(name)) for name in ("from", "to")]
    expected = naive_rows(events, G104, Question(*ends, **asked))
    assert rows(api, query) == [{**row, "trips": None} for row in expected]


def moment_s(text: str) -> int:
    moment = datetime.datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(SHANGHAI))).timestamp())


def test_a_plus_that_became_a_space_is_understood(api: Api, events: list[Event]) -> None:
    """`+08:00` typed into an address without escaping it means what it meant."""
    escaped, plain = (f"from=2026-05-25T06:00:00{sign}08:00&to=2026-05-26" for sign in ("%2B", "+"))
    assert rows(api, escaped) == rows(api, plain)


def test_without_a_period_it_is_today(make_api: MakeApi) -> None:
    """From the corridor's last midnight to the end of the hour that runs."""
    api = make_api(clock_ns=lambda: (at_s(5, 28, 20) + 1_500) * 10**9)
    (up, _) = rows(api, "")
    assert (up["from"], up["to"]) == ("2026-05-28T00:00:00+08:00", "2026-05-28T21:00:00+08:00")
    assert rows(api, "to=2026-05-27")[0]["from"] == "2026-05-26T00:00:00+08:00"


def test_nothing_observed_has_no_rate(api: Api) -> None:
    """A corridor without data has null for its rate, never 0, and says how many hours it should have watched."""
    (up, down) = rows(api, "from=2026-05-20&to=2026-05-21")
    assert (up["trucks"], up["rate_percent"], up["net"]["rate_percent"]) == (0, None, None)
    assert up["plate_read_percent"] is None
    assert (up["lane_hours_observed"], up["lane_hours"], down["lane_hours"]) == (0, 48, 24)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-05-20T10:30:00%2B08:00", "from"),
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("from=2026-05-21&to=2026-05-20", "to"),
        ("from=2026-05-21&to=2026-05-21", "to"),
        ("from=2015-01-01&to=2026-01-01", "to"),
        ("from=2020-01-01&to=2026-01-01&bucket=hour", "bucket"),
        ("bucket=week", "bucket"),
        ("direction=left", "direction"),
        ("by=colour", "by"),
        ("compare=never", "compare"),
        ("form=2026-05-20", "form"),
    ],
)
def test_a_wrong_question_gets_its_remedy(api: Api, query: str, field: str) -> None:
    """422 names the parameter that is wrong, and what to write."""
    answer = api.get("analyst", f"/v1/corridors/G104/rates?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameters_invalid")
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert error["remedy"]


def test_a_mistyped_rule_set_is_no_road_without_traffic(api: Api) -> None:
    """Zeros would look like an answer; a rule set that has counted nothing yet is one all the same."""
    told = api.get("duty", "/v1/rates?rule_set=cn-2015")
    assert (told.status_code, told.json()["detail"]) == (
        422,
        'rule_set: there is no such rule set; did you mean "cn-2016"?',
    )
    assert api.get("duty", "/v1/rates?rule_set=cn-62-art3").status_code == 200


def test_a_mistyped_parameter_is_told_the_nearest(api: Api) -> None:
    """A parameter that does not exist is an error, not a silently different answer."""
    (error,) = api.get("analyst", "/v1/corridors/G104/rates?bukcet=day").json()["errors"]
    assert error["remedy"] == 'did you mean "bucket"?'


def test_the_longest_period_is_the_policys(make_api: MakeApi) -> None:
    """A question is as long as the region allows, not longer."""
    api = make_api(policy=Policy(range_days_most=31))
    assert api.get("analyst", "/v1/corridors/G104/rates?from=2026-05-01&to=2026-06-01").status_code == 200
    assert api.get("analyst", "/v1/corridors/G104/rates?from=2026-05-01&to=2026-06-02").status_code == 422


def one_day(day: int, trucks: int, over: int, month: int = 5, site: str = "G104-K012", year: int = 2026) -> Event:
    """Trucks of one hour of one day, upward; `over` of them too heavy."""
    lane = next(lane for lane in G104.lanes if lane.site == site)
    series = Series("G104", site, lane.lane, 0, "cn-2016", SHANGHAI)
    return Event(series, at_s(month, day, 10, year), 6, 2 if over else 0, 0, trucks, trucks, over, over, 0)


def test_a_comparison_gives_the_difference_with_its_interval(api: Api) -> None:
    """30 of 100 against 10 of 100: 20 points more, and an interval that holds them and not 0."""
    fill(api, [one_day(11, 70, 0), one_day(11, 30, 30), one_day(10, 90, 0), one_day(10, 10, 10)])
    (row,) = rows(api, "from=2026-05-11&to=2026-05-12&direction=up&compare=previous")
    compared = row["compared"]
    assert (row["rate_percent"], compared["rate_percent"]) == (30.0, 10.0)
    assert (compared["from"], compared["to"]) == ("2026-05-10T00:00:00+08:00", "2026-05-11T00:00:00+08:00")
    assert compared["difference_points"] == 20.0
    assert 0 < compared["difference_low_points"] < 20 < compared["difference_high_points"]
    assert compared["differs"]


def test_a_difference_within_the_margin_is_said_to_be_so(api: Api) -> None:
    """12 of 100 against 10 of 100 may be chance; against a day without data nothing is said at all."""
    fill(api, [one_day(11, 88, 0), one_day(11, 12, 12), one_day(10, 90, 0), one_day(10, 10, 10)])
    (row,) = rows(api, "from=2026-05-11&to=2026-05-12&direction=up&compare=previous")
    assert (row["compared"]["difference_points"], row["compared"]["differs"]) == (2.0, False)
    (row,) = rows(api, "from=2026-05-10&to=2026-05-11&direction=up&compare=previous")
    assert row["compared"]["differs"] is None


def test_a_comparison_goes_bucket_by_bucket(api: Api) -> None:
    """The second day stands against the second day; where one period has no rate there is no difference."""
    fill(api, [one_day(1, 10, 10), one_day(2, 10, 10), one_day(4, 10, 0)])
    first, second, third = rows(api, "from=2026-05-03&to=2026-05-06&bucket=day&direction=up&compare=previous")
    assert [row["compared"]["trucks"] for row in (first, second, third)] == [0, 10, 10]
    assert second["compared"]["difference_points"] == -100.0
    assert first["compared"]["difference_points"] is None
    assert third["compared"]["difference_points"] is None


def test_the_period_before_a_month_is_the_month_before(api: Api) -> None:
    """March has 31 days and stands against February, not against 31 days; a year before it against its own dates."""
    wanted = {
        "from=2026-03-01&to=2026-04-01&compare=previous": ("2026-02-01", "2026-03-01"),
        "from=2026-01-01&to=2026-04-01&compare=previous": ("2025-10-01", "2026-01-01"),
        "from=2026-03-03&to=2026-03-10&compare=previous": ("2026-02-24", "2026-03-03"),
        "from=2026-03-01&to=2026-04-01&compare=year": ("2025-03-01", "2025-04-01"),
        "from=2024-02-29&to=2024-03-01&compare=year": ("2023-02-28", "2023-03-01"),
    }
    for query, (start, end) in wanted.items():
        compare = api.get("analyst", f"/v1/corridors/G104/rates?{query}").json()["compare"]
        assert (compare["from"][:10], compare["to"][:10]) == (start, end)
    hours = "from=2026-03-01T06:00:00Z&to=2026-03-01T10:00:00Z&compare=previous"
    compare = api.get("analyst", f"/v1/corridors/G104/rates?{hours}").json()["compare"]
    assert (compare["from"], compare["to"]) == ("2026-03-01T10:00:00+08:00", "2026-03-01T14:00:00+08:00")


def test_a_comparison_names_the_sites_that_came_or_went(api: Api) -> None:
    """A rate can move because the network did, so the answer says which sites counted in one period only."""
    fill(api, [one_day(2, 5, 0, site="G104-K080"), one_day(1, 5, 0)])
    compare = api.get("analyst", "/v1/corridors/G104/rates?from=2026-05-02&to=2026-05-03&compare=previous").json()
    assert (compare["compare"]["sites_came"], compare["compare"]["sites_went"]) == (["G104-K080"], ["G104-K012"])


def test_the_rule_set_is_that_of_the_period(api: Api) -> None:
    """Another rule set at another time does not make a period mixed; one in the period does, and can be left out."""
    one, later = one_day(1, 5, 0), one_day(20, 7, 0)
    fill(api, [one, replace(later, series=replace(later.series, rule_set="cn-2027"))])
    with api.parts.store.writing() as conn:
        rates.spread_all(conn)
    paths = {
        "from=2026-05-01&to=2026-05-02": ("cn-2016", ["cn-2016"]),
        "from=2026-05-20&to=2026-05-21": ("cn-2027", ["cn-2027"]),
        "from=2026-05-01&to=2026-06-01": ("mixed", ["cn-2016", "cn-2027"]),
        "from=2026-05-01&to=2026-06-01&rule_set=cn-2027": ("cn-2027", ["cn-2027"]),
    }
    for query, expected in paths.items():
        answer = api.get("analyst", f"/v1/corridors/G104/rates?{query}").json()
        assert (answer["rule_set"], answer["rule_sets"]) == expected
    assert sum(row["trucks"] for row in answer["rows"]) == 7


def test_all_corridors_answer_at_once(api: Api, events: list[Event]) -> None:
    """`/v1/rates` holds what each corridor would answer by itself."""
    query = "from=2026-05-20&to=2026-06-10&bucket=day"
    found = api.get("duty", f"/v1/rates?{query}").json()
    alone = [api.get("duty", f"/v1/corridors/{name}/rates?{query}").json() for name in ("G104", "S340")]
    assert found == {"unit": "passages", "bucket": "day", "corridors": alone}


def test_csv_holds_the_same_rows_flattened(api: Api, events: list[Event]) -> None:
    """Each cell is the JSON answer's value, nested names joined by a dot; null is empty, an absent reason 0."""
    path = "/v1/corridors/G104/rates?from=2026-05-20&to=2026-06-10&by=lane&compare=previous"
    answer = api.get("analyst", path, Accept="text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.text)))
    expected = api.get("analyst", path).json()
    assert len(table) == len(expected["rows"])
    for cells, row in zip(table, expected["rows"], strict=True):
        flat = {"corridor": "G104", "rule_set": "cn-2016", "revision": 0, **flattened(row)}
        assert {name: cells[name] for name in flat} == {name: "" if v is None else str(v) for name, v in flat.items()}
        rest = {name: value for name, value in cells.items() if name not in flat}
        assert {name.partition(".")[0] for name in rest} == {"excluded"}
        assert set(rest.values()) == {"0"}


def flattened(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= flattened(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def test_csv_has_the_same_columns_with_and_without_data(api: Api) -> None:
    """A spreadsheet that reads one answer reads the next."""
    path = "/v1/corridors/G104/rates?from=2026-05-01&to=2026-05-02"
    empty = api.get("analyst", path, Accept="text/csv").text.splitlines()[0]
    fill(api, [one_day(1, 9, 4)])
    assert api.get("analyst", path, Accept="text/csv").text.splitlines()[0] == empty


def test_a_map_gets_the_rows_where_they_belong(api: Api) -> None:
    """By site a row lies at its site, else along its corridor; a site without a position has no geometry."""
    path = "/v1/corridors/G104/rates?from=2026-05-01&to=2026-05-02&direction=up"
    whole = api.get("analyst", path, Accept="application/geo+json").json()
    (line,) = whole["features"]
    assert line["geometry"] == {"type": "LineString", "coordinates": [[119.1, 31.9], [119.2, 31.85]]}
    assert line["properties"].keys() >= PINNED_ROW
    assert (whole["corridor"], whole["unit"]) == ("G104", "passages")
    by_site = api.get("analyst", path + "&by=site", Accept="application/geo+json").json()["features"]
    assert [one["geometry"] for one in by_site] == [{"type": "Point", "coordinates": [119.12, 31.89]}, None]


def test_an_unknown_media_type_is_told_what_there_is(api: Api) -> None:
    """406 lists what can be had; a list of preferences is followed."""
    path = "/v1/corridors/G104/rates?from=2026-05-01&to=2026-05-02"
    answer = api.get("analyst", path, Accept="application/xml")
    assert (answer.status_code, answer.json()["available"][0]) == (406, "application/json")
    preferred = api.get("analyst", path, Accept="application/xml, text/csv;q=0.5, application/json;q=0.1")
    assert preferred.headers["Content-Type"].startswith("text/csv")


def test_an_answer_that_did_not_change_is_not_sent_again(api: Api) -> None:
    """A dashboard that asks with the ETag it has gets 304 until a truck passes."""
    path = "/v1/corridors/G104/rates?from=2026-05-01&to=2026-05-02"
    tag = api.get("analyst", path).headers["ETag"]
    assert api.get("analyst", path, If_None_Match=tag).status_code == 304
    fill(api, [one_day(1, 1, 0)])
    assert api.get("analyst", path, If_None_Match=tag).status_code == 200


def test_a_passage_is_in_the_answer_at_once(api: Api) -> None:
    """What a lane has committed counts in the next answer, spread or not."""
    path = "from=2026-05-01&to=2026-05-02&direction=up&bucket=hour"
    assert sum(row["trucks"] for row in rows(api, path)) == 0
    fill(api, [one_day(1, 3, 1)])
    assert [row["trucks"] for row in rows(api, path) if row["trucks"]] == [3]
    assert len(rows(api, path)) == (at_s(5, 2) - at_s(5, 1)) // HOUR_S
