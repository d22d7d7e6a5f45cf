"""The live feed: everything once and in order, for whom it is, from where one left off, and no longer than allowed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from service.access import Principal
from service.api import live, live_feed, live_stats
from service.pseudonyms import MARK
from service.rating.questions import RateQuestion, answers
from service.registry import parse_registry
from service.store import feed, rates
from service.store.engine import Store
from service.store.spans import HOUR_S
from service.store.tally import Series
from tests.service.api.conftest import Accounts, Api, MakeParts
from tests.service.api.serving import EVENT_SECONDS, Served, Stream, reading, served
from tests.service.docket.desk import Desk
from tests.service.store import counting
from tests.service.told import MINUTE_NS, PLATE, TIME_NS
from wim.records import HOUR_NS


@pytest.fixture
def parts(make_parts: MakeParts) -> Any:
    return make_parts(steady_s=time.monotonic)


@pytest.fixture
def address(parts: Any) -> Iterator[Served]:
    with served(parts) as found:
        yield found


@pytest.fixture
def desk(parts: Any) -> Desk:
    return Desk(parts.store, terms=parts.terms)


def test_what_happens_is_told_at_once(address: Served, desk: Desk, accounts: Accounts) -> None:
    """A violation and its intercept arrive as events with the messages of the topics, under running numbers."""
    with reading(address, accounts.tokens["duty"]) as stream:
        value = desk.violation()
        desk.file(value)
        filed_s = time.monotonic()
        violation, intercept = stream.next(), stream.next()
        assert time.monotonic() - filed_s < 2.0
    assert (violation.kind, intercept.kind) == ("violation", "intercept")
    assert intercept.data["best"] == violation.data
    assert int(intercept.id) == int(violation.id) + 1
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-cache"
    assert "retry: 2000" in stream.lines


def test_a_reader_goes_on_where_it_left_off(address: Served, desk: Desk, accounts: Accounts) -> None:
    """With Last-Event-ID everything after that event comes, in order, and nothing twice."""
    for n in range(5):
        desk.now_ns = TIME_NS + n * MINUTE_NS
        desk.file(desk.violation(after_ns=n * MINUTE_NS))
    with desk.store.reading() as conn:
        numbers = [event.number for event in feed.read(conn, 0, 100)]
    with reading(address, accounts.tokens["duty"], Last_Event_ID=str(numbers[3])) as stream:
        seen = [stream.next().id for _ in numbers[4:]]
        assert seen == [str(number) for number in numbers[4:]]
    with reading(address, accounts.tokens["duty"], Last_Event_ID=seen[-1]) as stream:
        desk.file(desk.sighting(after_ns=5 * MINUTE_NS))
        assert int(stream.next().id) == numbers[-1] + 1


def test_each_reader_gets_what_the_rights_give(address: Served, desk: Desk, accounts: Accounts) -> None:
    """Corridor, sections and plates hold on the feed as they do on the lists."""
    with (
        reading(address, accounts.tokens["foreign"]) as foreign,
        reading(address, accounts.tokens["squad"]) as squad,
        reading(address, accounts.tokens["analyst"], "?snapshot=true") as analyst,
        reading(address, accounts.tokens["duty"], "?kinds=intercept&site=G104-K012") as narrow,
    ):
        desk.file(desk.violation(passage_site="G104-K080", passage_plate="苏A0T011"))
        desk.file(desk.violation())
        masked = [analyst.next() for _ in range(4)]
        assert [squad.next().kind for _ in range(2)] == ["violation", "intercept"]
        assert narrow.next().data["best"]["passage"]["site"] == "G104-K012"
        assert (foreign.silent(), squad.silent(), narrow.silent()) == (True, True, True)
    assert PLATE not in "".join(analyst.lines)
    assert "苏" not in "".join(analyst.lines)
    names = {event.data["passage"]["plate"] for event in masked if event.kind == "violation"}
    assert len(names) == 2
    assert all(name.startswith(MARK) for name in names)


def test_a_snapshot_comes_before_what_follows(address: Served, desk: Desk, accounts: Accounts) -> None:
    """The active intercepts as they are, then events; who resumes gets no snapshot but what it missed."""
    desk.file(desk.violation())
    with reading(address, accounts.tokens["duty"], "?snapshot=true") as stream:
        assert stream.next().data["id"] == desk.only_intercept().id
        desk.file(desk.sighting(after_ns=MINUTE_NS))
        assert stream.next().data["version"] == 2
        assert stream.silent()
        last = stream.last_id
    with reading(address, accounts.tokens["duty"], "?snapshot=true", Last_Event_ID="1") as stream:
        assert [stream.next().id, stream.next().id] == ["2", "3"]
        assert last == "3"


def figures(stream: Stream) -> dict[str, dict[str, Any]]:
    """The next figures that come, by corridor."""
    event = stream.stats.get(timeout=EVENT_SECONDS)
    assert (event.data["id"], event.data["schema"]) == ("stats", "wim.stats.v1")
    return {one["corridor"]: one for one in event.data["corridors"]}


def count_trucks(desk: Desk, trucks: int, over: int) -> None:
    """Count that many trucks of G104 in the hour of the crossings that `told` invents."""
    series = Series("G104", "G104-K012", 1, 0, "cn-2016", "Asia/Shanghai")
    hour_s = TIME_NS // HOUR_NS * HOUR_S
    event = counting.Event(series, hour_s, 6, 2 if over else 0, 0, trucks, trucks, over, over, 0, trucks)
    with desk.store.writing() as conn:
        rates.add(conn, counting.tally_of([event]), TIME_NS // 10**9)


def test_figures_of_today_come_by_themselves(
    address: Served, parts: Any, desk: Desk, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once and again, the same as the route for rates gives, and how many intercepts there are; never a number."""
    monkeypatch.setattr(live_stats, "STATS_SECONDS", 0.1)
    with reading(address, accounts.tokens["duty"]) as stream:
        first = figures(stream)
        assert first.keys() == {"G104", "S340"}
        assert (first["G104"]["trucks"], first["G104"]["rate_percent"]) == (0, None)
        count_trucks(desk, 200, 20)
        desk.file(desk.violation())
        now = first["G104"]
        while now["intercepts_open"] != 1:  # each look waits for the next figures, and fails where none come
            now = figures(stream)["G104"]
        told = [stream.next().id for _ in range(2)]
        figures(stream)
        last_id = stream.last_id
    (asked,) = answers(parts, [parts.registry.network.corridors["G104"]], RateQuestion(direction="both"))
    (row,) = asked["rows"]
    assert (now["trucks"], now["over_beyond_tolerance"], now["rate_percent"]) == (200, 20, 10.0)
    assert {name: now[name] for name in now if name in row} == {name: row[name] for name in row if name in now}
    assert (told, last_id) == (["1", "2"], "2")  # the violation's and the intercept's; figures have none


def test_figures_keep_to_the_rights_and_the_wishes(address: Served, desk: Desk, accounts: Accounts) -> None:
    """Corridors within the rights, one where one is asked for; a squad's count leaves out what its lists leave out."""
    desk.file(desk.violation(passage_site="G104-K080", passage_plate="苏A0T011"))
    with (
        reading(address, accounts.tokens["foreign"]) as foreign,
        reading(address, accounts.tokens["squad"]) as squad,
        reading(address, accounts.tokens["duty"], "?corridor=G104") as narrow,
        reading(address, accounts.tokens["duty"], "?site=G104-K080") as at_a_site,
        reading(address, accounts.tokens["duty"], "?kinds=intercept") as without,
    ):
        assert figures(foreign).keys() == {"S340"}
        assert figures(squad)["G104"]["intercepts_open"] == 0
        seen = figures(narrow)
        assert (list(seen), seen["G104"]["intercepts_open"]) == (["G104"], 1)
        desk.file(desk.sighting(after_ns=MINUTE_NS, site="G104-K080", plate="苏A0T011"))
        # Figures that were meant for these two would have come before what happened after them.
        assert (at_a_site.next().kind, without.next().kind) == ("intercept", "intercept")
        assert (at_a_site.stats.empty(), without.stats.empty()) == (True, True)


async def test_figures_are_looked_up_once_for_all_and_not_for_nobody(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred readers cost one look; with the last one gone there is none, and the next begins with a new one."""
    monkeypatch.setattr(live_stats, "STATS_SECONDS", 0.01)
    looks: list[int] = []

    def look(source: Any) -> Any:
        looks.append(len(looks))
        return live_stats.Snapshot(len(looks), {}, [])

    monkeypatch.setattr(live_stats, "look", look)
    telling = asyncio.create_task(live_stats.tell(parts, parts.live))
    with contextlib.ExitStack() as readers:
        for _ in range(100):
            readers.enter_context(parts.live.reader("duty"))
        async with asyncio.timeout(20):
            while len(looks) < 3:
                await asyncio.sleep(0.01)
        assert parts.live.stats is not None
        assert len(looks) < 100
    parts.live.tell_stats(live_stats.Snapshot(0, {}, []))  # a look that was under way
    assert parts.live.stats is None
    parts.live.close()
    await asyncio.wait_for(telling, 20)


def test_a_road_without_a_site_stops_no_figures(make_parts: MakeParts) -> None:
    """It is left out, and the others are told."""
    document = """
        corridor = [{id = "G104", timezone = "Asia/Shanghai"}, {id = "S341", timezone = "Asia/Shanghai"}]
        [[site]]
        id = "G104-K012"
        corridor = "G104"
        chainage_km = 12.4
        lane = [{number = 1, direction = "up"}]
    """
    registry = parse_registry(tomllib.loads(document), "sites.toml")
    assert live_stats.look(make_parts(registry=registry)).rows.keys() == {"G104"}


async def test_figures_outlive_a_database_that_went_away(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that fails is followed by another."""
    monkeypatch.setattr(live_stats, "STATS_SECONDS", 0.01)
    failures = iter([OperationalError("x", None, Exception("gone"))] * 3)

    def look(source: Any) -> Any:
        error = next(failures, None)
        if error is not None:
            raise error
        return live_stats.Snapshot(1, {}, [])

    monkeypatch.setattr(live_stats, "look", look)
    telling = asyncio.create_task(live_stats.tell(parts, parts.live))
    with parts.live.reader("duty"):
        async with asyncio.timeout(20):
            while parts.live.stats is None:
                await asyncio.sleep(0.01)
    parts.live.close()
    await asyncio.wait_for(telling, 20)


@pytest.mark.parametrize("seen", ["1", "99999"])
def test_a_reader_that_missed_something_is_told(address: Served, desk: Desk, accounts: Accounts, seen: str) -> None:
    """Behind what the feed still holds, or ahead of it: a gap is an event, and the present state follows."""
    desk.file(desk.violation())
    desk.file(desk.sighting(after_ns=MINUTE_NS))
    with desk.store.writing() as conn:
        feed.trim(conn, before_ns=TIME_NS + 1)
    with reading(address, accounts.tokens["duty"], Last_Event_ID=seen) as stream:
        gap, state = stream.next(), stream.next()
    assert (gap.kind, gap.data) == ("gap", {"oldest": 3, "newest": 3})
    assert (state.kind, state.data["version"]) == ("intercept", 2)


def test_a_wrong_request_is_refused_before_it_streams(api: Api) -> None:
    """Problems keep their status: nothing of a stream has begun."""
    assert api.get("duty", "/v1/live", Last_Event_ID="x").status_code == 422
    assert api.get("duty", "/v1/live?kinds=weather").status_code == 422
    assert api.get("foreign", "/v1/live?corridor=G104").status_code == 404
    assert api.get("technician", "/v1/live").status_code == 403


class Revocable:
    """A door that shuts behind one account."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts, self.shut = accounts, threading.Event()

    def verify(self, token: str, now_ns: int) -> Principal | None:
        return None if self.shut.is_set() else self._accounts.book.verify(token, now_ns)


def test_a_revoked_reader_loses_the_feed(
    make_parts: MakeParts, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a few seconds of its token's end the stream ends, and the way back is shut."""
    assert live.RECHECK_SECONDS * 2 < 10  # the promise of dispatch.md §5
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.2)
    door = Revocable(accounts)
    parts = make_parts(door=door, steady_s=time.monotonic)
    with served(parts) as address, reading(address, accounts.tokens["duty"]) as stream:
        assert not stream.ended.wait(0.6)
        door.shut.set()
        assert stream.ended.wait(5.0)
        with reading(address, accounts.tokens["duty"]) as again:
            assert again.ended.wait(5.0)
        assert again.status == 401


def test_readers_beyond_the_bound_are_told_to_wait(
    make_parts: MakeParts, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process takes so many; one that leaves makes room."""
    monkeypatch.setattr(live_feed, "MOST_READERS", 1)
    parts = make_parts(steady_s=time.monotonic)
    with served(parts) as address:
        with reading(address, accounts.tokens["duty"]):
            assert b"wim_live_readers 1.0" in parts.meters.text()
            with reading(address, accounts.tokens["police"]) as second:
                assert second.ended.wait(5.0)
            assert second.status == 503
        give_up = time.monotonic() + 10
        while parts.live.readers and time.monotonic() < give_up:
            time.sleep(0.02)
        with reading(address, accounts.tokens["police"]) as third:
            assert third.status == 200


def test_one_account_leaves_room_for_the_others(
    make_parts: MakeParts, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens one stream after the other is told to wait, and only they."""
    monkeypatch.setattr(live_feed, "MOST_OF_ONE", 1)
    parts = make_parts(steady_s=time.monotonic)
    with served(parts) as address, reading(address, accounts.tokens["duty"]):
        with reading(address, accounts.tokens["duty"]) as second:
            assert second.ended.wait(5.0)
        assert second.status == 503
        with reading(address, accounts.tokens["police"]) as other:
            assert other.status == 200
    assert not parts.live.full_for("duty")


def test_readers_do_not_hold_up_the_end(make_parts: MakeParts, accounts: Accounts) -> None:
    """A server that is told to stop sends its readers home and is gone in seconds."""
    parts = make_parts(steady_s=time.monotonic)
    with served(parts) as running, reading(running, accounts.tokens["duty"]) as stream:
        assert running.stop() < 3.0
        assert stream.ended.wait(1.0)


def entries(count: int) -> list[feed.Entry]:
    return [feed.Entry("violation", "G104", "G104-K012", None, n, "{}") for n in range(count)]


async def test_a_slow_reader_is_served_from_the_table(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is further behind than memory reaches misses nothing."""
    monkeypatch.setattr(live_feed, "KEPT", 4)
    monkeypatch.setattr(live_feed, "PAGE", 3)
    following = live_feed.LiveFeed(store)
    with store.writing() as conn:
        feed.append(conn, entries(2))
    running = asyncio.create_task(following.run())
    await asyncio.sleep(0)
    with store.writing() as conn:
        feed.append(conn, entries(20))
    seen, number = [], 0
    async with asyncio.timeout(20):
        while number < 22:
            found = await following.after(number, 1.0)
            seen += [event.number for event in found]
            number = seen[-1] if seen else 0
    assert seen == list(range(1, 23))
    following.close()
    await running


async def test_the_feed_outlives_a_database_that_went_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed look is tried again, and what happened meanwhile is told."""
    monkeypatch.setattr(live_feed, "RETRY_SECONDS", 0.01)
    following = live_feed.LiveFeed(store)
    failures = iter([OperationalError("x", None, Exception("gone"))] * 3)
    right = following._read

    def failing(number: int) -> Any:
        error = next(failures, None)
        if error is not None:
            raise error
        return right(number)

    monkeypatch.setattr(following, "_read", failing)
    running = asyncio.create_task(following.run())
    with store.writing() as conn:
        feed.append(conn, entries(1))
    async with asyncio.timeout(20):
        while not (found := await following.after(0, 1.0)):
            pass
    assert [event.number for event in found] == [1]
    following.close()
    await running
