"""The watch over lanes: each truck seen once whatever happens, and downgrades from the last good time."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from service.registry import parse_registry
from service.store import audit, watches
from service.store.engine import Store, open_store
from service.store.errors import FencedError
from service.store.observed import LaneKey
from service.watch import rows
from service.watch.seeing import see
from tests.rules.worlds import START_NS
from tests.service.watch.site import SECOND_NS, Road
from tests.system.running import REGISTRY as JUNE_REGISTRY
from wim.formats import open_passages
from wim.records import DAY_NS, HOUR_NS, Flag, Passages

LANE = LaneKey("K012", 1)


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


def known(road: Road, lane: LaneKey = LANE) -> watches.WatchRow:
    """What is kept of the lane."""
    with road.store.reading() as conn:
        return watches.load(conn, [lane])[lane]


def traffic(road: Road, count: int, seed: int = 1) -> Passages:
    """Six-axle trucks of many weights."""
    masses = np.random.default_rng(seed).integers(15_000, 49_000, count).tolist()
    return road.trucks(*masses)


def test_states_are_the_same_however_batches_fall_and_wherever_it_crashes(road: Road) -> None:
    """All at once, or batch by batch with every second step rolled back and repeated by another watch."""
    trucks = traffic(road, 900)
    for part in np.array_split(trucks, 9):
        road.keep(road.judge(part))
    shard = rows.shard_of("K012")
    steps = 0
    while steps < 9:
        with pytest.raises(ZeroDivisionError):
            see_and_fail(road, shard)
        with road.store.writing() as conn:
            steps += see(conn, shard, road.now_ns, limit=1).batches
    once = known(road)
    with road.store.writing() as conn:
        assert see(conn, shard, road.now_ns).batches == 0
        watches.reset(conn, [LANE], 0)
    again = trucks.copy()
    again["part"] = 1
    road.keep(road.judge(again))
    road.turn()
    whole = known(road)
    assert (whole.traffic, whole.authenticity, whole.figures) == (once.traffic, once.authenticity, once.figures)
    assert msgspec.json.decode(once.figures)["traffic"]["trucks"] == 900


def see_and_fail(road: Road, shard: int) -> None:
    with road.store.writing() as conn:
        see(conn, shard, road.now_ns, limit=1)
        raise ZeroDivisionError


def test_two_watches_see_a_batch_once(road: Road) -> None:
    """The second meets rows that are gone, or that moved on, and gives up with nothing written."""
    road.keep(road.judge(traffic(road, 5)))
    with road.store.reading() as conn:
        before = watches.load(conn, [LANE])[LANE]
    road.turn()
    with pytest.raises(FencedError), road.store.writing() as conn:
        watches.save(conn, [before._replace(version=before.version + 1)])
    road.make_watch("two").turn()
    assert msgspec.json.decode(known(road).figures)["traffic"]["trucks"] == 5


def test_trucks_from_before_a_restore_are_not_shown_to_the_charts(road: Road) -> None:
    """What crossed before it says nothing about the sensor after it, however late the watch sees it."""
    road.keep(road.judge(traffic(road, 10)))
    with road.store.writing() as conn:
        watches.reset(conn, [LANE], START_NS + 40 * SECOND_NS)
    road.turn()
    assert msgspec.json.decode(known(road).figures)["traffic"]["trucks"] == 6


def test_lanes_that_the_registry_lacks_are_not_kept(road: Road) -> None:
    """A unit can send any name; what is kept of a lane needs a bound."""
    road.keep(road.judge(road.trucks(40_000, site=b"NOWHERE")))
    road.keep(road.judge(road.trucks(40_000, lane=7)))
    with road.store.reading() as conn:
        assert watches.waiting(conn) == {}


def test_hours_count_passages_trucks_and_flags(road: Road) -> None:
    """Every vehicle, those of them that are trucks, and each validity flag, by the hour of the crossing."""
    road.keep(road.judge(road.trucks(40_000, 3_000, 40_000, plate=b"")))
    road.sequence = 360
    road.keep(road.judge(road.trucks(40_000)))
    road.turn()
    with road.store.reading() as conn:
        first, second = watches.figures_of(conn, "K012", START_NS // 10**9, START_NS // 10**9 + 7_200)
    flags = np.frombuffer(first.flags, "<i8")
    assert (first.passages, first.truck_bytes // rows.KEPT.itemsize) == (3, 2)
    assert flags[Flag.NO_PLATE.bit_length() - 1] == 3
    assert (second.passages, second.hour_s - first.hour_s) == (1, 3600)


def drift_hours(road: Road) -> list[watches.DriftRow]:
    """How the charts of the site stood, hour by hour."""
    with road.store.reading() as conn:
        return watches.drift_of(conn, "K012", 0, START_NS // SECOND_NS + 7 * 86_400)


def test_how_the_charts_stood_is_kept_by_hour(road: Road) -> None:
    """After each hour's last truck: one of an earlier hour that comes late does not rewrite how they stood then."""
    road.keep(road.judge(traffic(road, 5)))
    road.turn()
    (first,) = drift_hours(road)
    assert first.hour_s == START_NS // HOUR_NS * 3_600
    assert msgspec.json.decode(first.charts) == {name: [0.0, None] for name in ("steer", "sides", "ruler")}
    with road.store.writing() as conn:
        watches.keep_drift(conn, [first._replace(charts="{}")])
    road.sequence = 360
    road.keep(road.judge(traffic(road, 5)))
    road.turn()
    road.sequence = 10
    road.keep(road.judge(traffic(road, 5)))
    road.turn()
    assert [(row.hour_s, row.charts) for row in drift_hours(road)] == [
        (first.hour_s, "{}"),
        (first.hour_s + 3_600, first.charts),
    ]


def test_how_the_charts_stood_goes_with_the_hours(road: Road) -> None:
    """What is older than the policy keeps is dropped, and nothing else."""
    old = watches.DriftRow("K012", 1, START_NS // HOUR_NS * 3_600, "{}")
    new = old._replace(hour_s=old.hour_s + 3_600)
    with road.store.writing() as conn:
        watches.keep_drift(conn, [old, new])
        assert watches.forget(conn, new.hour_s) == 1
    assert drift_hours(road) == [new]


def weighed(count: int, step_at: int, step: float, seed: int = 3) -> rows.Rows:
    """LOADS of trucks on two lines; the second reads `1 + step` times as much from a truck on."""
    chance = np.random.default_rng(seed)
    found = np.zeros(count, rows.loads_dtype(2))
    found["time_ns"] = START_NS + np.arange(count) * SECOND_NS
    found["gross_kg"], found["axle_count"] = 40_000, 6
    scatter = np.exp(chance.normal(0, 0.05, (count, 6, 2, 2)))
    found["line_kg"] = 3_300 * scatter
    found["line_kg"][step_at:, :, 1] *= 1 + step
    return found


def keep_lines(road: Road, loads: rows.Rows) -> None:
    batches = rows.line_batches({(LANE, 2): [loads.tobytes()]}, road.now_ns // SECOND_NS)
    with road.store.writing() as conn:
        watches.add_lines(conn, list(batches))


def test_a_line_that_drifts_downgrades_its_lane_from_the_last_good_time_on(road: Road) -> None:
    """Opened by the watch with its figures, written down, and not opened twice for the same reason."""
    step_at = 3_000
    loads = weighed(4_500, step_at, -0.05)
    for part in np.array_split(loads, 15):
        keep_lines(road, part)
        road.turn()
    (one,) = road.downgraded()
    assert (one.site, one.lane, one.source, one.until_ns, one.opened_by) == ("K012", 1, "drift", None, "watch")
    assert one.cause.startswith("line 1")
    crossed = START_NS + step_at * SECOND_NS
    assert crossed - 600 * SECOND_NS <= one.from_ns <= crossed + 60 * SECOND_NS
    figures = msgspec.json.decode(one.document)
    assert figures["sign"] == "high"
    assert figures["score"] > figures["threshold"]
    with road.store.reading() as conn:
        assert {entry.entry.action for entry in audit.of_subject(conn, "site:K012/1")} == {"site.downgrade"}
    registry = road.metrics.registry
    assert registry.get_sample_value("wim_downgrades_total", {"source": "drift", "cause": one.cause}) == 1
    road.turn()
    assert registry.get_sample_value("wim_downgraded", {"site": "K012", "lane": "1", "source": "drift"}) == 1


def test_lines_that_hold_ring_nothing(road: Road) -> None:
    """Two lines that differ by chance only."""
    keep_lines(road, weighed(3_000, 3_000, 0.0))
    road.turn()
    assert road.downgraded() == []
    charts = msgspec.json.decode(known(road).figures)["lines"]
    assert charts["trucks"] == 3_000


@pytest.fixture
def june(sqlite_ready: str) -> Any:
    """A road with the June record's site, on SQLite."""
    store = open_store(sqlite_ready)
    yield Road(store, parse_registry(tomllib.loads(JUNE_REGISTRY), "sites.toml"))
    store.close()


def test_the_real_record_through_the_lane_doubts_lane_1_with_figures_and_nothing_else(
    june: Road, june_csv: Path
) -> None:
    """From the first day on; no chart rings, the two-moded steering axle of lane 2 least of all."""
    passages = np.concatenate([chunk.passages for chunk in open_passages(june_csv)])
    june.now_ns = int(passages["time_ns"].max()) + HOUR_NS
    for part in np.array_split(passages, 40):
        june.keep(june.judge(part))
        june.turn()
    (doubt,) = june.downgraded()
    site = passages["site"][0].decode()
    assert (doubt.site, doubt.lane, doubt.source, doubt.until_ns) == (site, 1, "authenticity", None)
    first_ns = int(passages["time_ns"][passages["lane"] == 1].min())
    assert first_ns <= doubt.from_ns < first_ns + DAY_NS
    reasons = {one["name"]: one for one in msgspec.json.decode(doubt.document)["reasons"]}
    assert reasons["sides_copied"]["against"]
    assert reasons["sides_copied"]["figure"] > 0.9
    lane_1, lane_2 = (msgspec.json.decode(known(june, LaneKey(site, lane)).figures) for lane in (1, 2))
    assert (lane_1["authenticity"]["doubted"], lane_2["authenticity"]["doubted"]) == (True, False)
    assert all(one["figure"] is not None for one in lane_2["authenticity"]["reasons"])
    for lane in (lane_1, lane_2):
        assert [chart["alarm"] for chart in lane["traffic"]["charts"]] == [None, None, None]
