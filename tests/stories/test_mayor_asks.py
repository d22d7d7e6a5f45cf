"""The mayor asks: *G104 this month against last, and how sure?* Figures are what was sent, noise is called noise."""

from __future__ import annotations

import datetime
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.kafka.counting import wait_for
from tests.stories.world import SECONDS, Shift, World, registry
from wim.records import Passages

ZONE = ZoneInfo("Asia/Shanghai")
LEGAL, OVER = 0.45, 0.75
DAYS, A_DAY = 25, 8

#: Trucks over the limit, of 200 a month at each site: the month before, then the month that is asked about.
K012, K032 = (20, 24), (10, 80)


def months() -> tuple[datetime.datetime, datetime.datetime, datetime.datetime]:
    """The last whole month, the one before it, and where it ends."""
    end = datetime.datetime.now(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    asked = (end - datetime.timedelta(days=1)).replace(day=1)
    return (asked - datetime.timedelta(days=1)).replace(day=1), asked, end


def month(road: World, begin: datetime.datetime, site: str, over: int) -> list[Passages]:
    """200 trucks of one site, eight a day at hours of their own; those over the limit spread over all days."""
    made = []
    for place in range(DAYS * A_DAY):
        at = begin + datetime.timedelta(days=place // A_DAY, hours=6 + 2 * (place % A_DAY), seconds=7 * place)
        heavy = place * over // (DAYS * A_DAY) != (place + 1) * over // (DAYS * A_DAY)
        scale = (OVER if heavy else LEGAL) + (place % 37) / 1_000
        plate = f"苏B{road.sequence:05d}" if place % 10 else ""
        made.append(road.passage(plate, scale=scale, site=site, time_ns=int(at.timestamp()) * 10**9))
    return made


@pytest.fixture
def sites() -> str:
    """A road on which nobody is on duty: what is long past wakes nobody anyway."""
    return registry([Shift("liyang-2")])


def rows(road: World, query: str) -> list[dict[str, Any]]:
    """The rows of one answer, upward."""
    found: list[dict[str, Any]] = road.get("analyst", f"/v1/corridors/G104/rates?{query}")["rows"]
    return [one for one in found if one["direction"] == "up"]


def test_this_month_against_last_and_how_sure(road: World) -> None:
    """Counts, interval, coverage of both months; the site that may have moved by chance is told from one that did."""
    before, begin, end = months()
    for place, (site, over) in enumerate((("G104-K012", K012), ("G104-K032", K032))):
        road.send(*month(road, before, site, over[0]), *month(road, begin, site, over[1]))
        asked = f"from={before:%Y-%m-%d}&to={end:%Y-%m-%d}"
        wanted = 400 * (place + 1)
        wait_for(lambda: sum(one["passages"] for one in rows(road, asked)) == wanted, SECONDS, f"trucks of {site}")  # noqa: B023

    query = f"from={begin:%Y-%m-%d}&to={end:%Y-%m-%d}&compare=previous"
    (road_row,) = rows(road, query)
    assert (road_row["trucks"], road_row["over_beyond_tolerance"]) == (400, K012[1] + K032[1])
    assert road_row["rate_percent"] == 26.0
    assert road_row["rate_low_percent"] < 26.0 < road_row["rate_high_percent"]
    hours = round((end - begin).total_seconds() / 3600)
    assert 0 < road_row["lane_hours_observed"] < road_row["lane_hours"] == 2 * hours
    assert road_row["plate_read_percent"] == 90.0
    against = road_row["compared"]
    assert (against["from"][:10], against["trucks"], against["rate_percent"]) == (f"{before:%Y-%m-%d}", 400, 7.5)
    assert (against["difference_points"], against["differs"]) == (18.5, True)

    by_site = {one["site"]: one for one in rows(road, f"{query}&by=site")}
    quiet, loud = by_site["G104-K012"]["compared"], by_site["G104-K032"]["compared"]
    assert (quiet["difference_points"], quiet["differs"]) == (2.0, False)
    assert quiet["difference_low_points"] < 0 < quiet["difference_high_points"]
    assert (loud["difference_points"], loud["differs"]) == (35.0, True)

    asked_of_cli = ["rates", "G104", "--from", f"{begin:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}", "--direction", "up"]
    shown = road.installation.run(*asked_of_cli, "--by", "site", "--compare", "previous")
    for words in ("12.00", "10.00", "+2.00 ≈", "+35.00", "may be chance"):
        assert words in shown, shown
    told = json.loads(road.installation.run(*asked_of_cli, "--compare", "previous", "--json"))
    assert told["corridors"][0]["rows"] == [road_row]
    assert [one for one in road.intercepts() if one["alerts"]] == []
