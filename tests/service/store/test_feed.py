"""Guarantees of the live feed: no gap, no event missed by who resumes, nobody else's events."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.store import feed
from service.store.engine import Store
from service.store.feed import Bounds, Entry
from service.store.news import watch


def entry(number: int, corridor: str | None = "G104", kind: str = "violation") -> Entry:
    return Entry(kind, corridor, "G104-K012", None, number, f'{{"n":{number}}}')


def test_numbers_grow_without_gaps_across_transactions(store: Store) -> None:
    """Events are numbered from 1 in the order of commits; a rolled-back transaction uses no number."""
    with store.writing() as conn:
        assert feed.append(conn, [entry(1), entry(2)]) == 2
    with pytest.raises(ZeroDivisionError):
        append_and_fail(store)
    with store.writing() as conn:
        assert feed.append(conn, [entry(3)]) == 3
        assert feed.append(conn, []) == 3
        assert [event.number for event in feed.read(conn, 0, 9)] == [1, 2, 3]
        assert feed.bounds(conn) == Bounds(1, 3)


def append_and_fail(store: Store) -> None:
    with store.writing() as conn:
        feed.append(conn, [entry(9)])
        raise ZeroDivisionError


def test_reader_that_resumes_misses_nothing_while_many_write(store: Store) -> None:
    """A reader that always asks for what follows its last number gets every event once, in order."""
    writing = threading.Event()

    def write(first: int) -> None:
        for number in range(first, first + 30):
            with store.writing() as conn:
                feed.append(conn, [entry(number)])

    def follow() -> list[int]:
        seen: list[int] = []
        while True:
            last_round = writing.is_set()
            with store.reading() as conn:
                seen += [event.number for event in feed.read(conn, len(seen), 1_000)]
            if last_round:
                return seen

    with ThreadPoolExecutor() as pool:
        follower = pool.submit(follow)
        writers = [pool.submit(write, first) for first in (0, 100, 200)]
        for writer in writers:
            writer.result()
        writing.set()
        assert follower.result() == list(range(1, 91))


def test_reader_sees_only_their_corridors_and_kinds(store: Store) -> None:
    """Events of other corridors are left out in the query; those without a corridor are for everybody."""
    with store.writing() as conn:
        feed.append(conn, [entry(1), entry(2, "S340"), entry(3, None, "stats"), entry(4, "S340", "intercept")])
        assert [event.entry for event in feed.read(conn, 0, 9, ["S340"])] == [
            entry(2, "S340"),
            entry(3, None, "stats"),
            entry(4, "S340", "intercept"),
        ]
        assert [event.number for event in feed.read(conn, 0, 9, ["S340"], ["intercept"])] == [4]
        assert [event.number for event in feed.read(conn, 0, 9, [])] == [3]
        assert [event.number for event in feed.read(conn, 1, 2)] == [2, 3]


def test_trimmed_feed_says_where_it_begins(store: Store) -> None:
    """After trimming, a reader can tell from the bounds that it missed something; numbers go on."""
    with store.writing() as conn:
        assert feed.bounds(conn) == Bounds(1, 0)
        feed.append(conn, [entry(number) for number in range(10)])
        assert feed.trim(conn, before_ns=4, limit=3) == 3
        assert feed.trim(conn, before_ns=4) == 1
        assert feed.bounds(conn) == Bounds(5, 10)
        feed.trim(conn, before_ns=99)
        assert feed.bounds(conn) == Bounds(11, 10)
        assert feed.append(conn, [entry(1)]) == 11


async def test_reader_is_woken_by_a_commit_and_by_nothing_else(store: Store) -> None:
    """A waiting reader wakes when an event is committed, by whatever thread, and times out when nothing happens."""
    async with watch(store) as news:
        assert not await news.wait(0.1)
        woken = asyncio.create_task(news.wait(30))
        await asyncio.to_thread(append_one, store)
        assert await woken
        assert not await news.wait(0.1)


async def test_event_between_two_waits_is_not_slept_over(store: Store) -> None:
    """An event that is committed while the reader is busy wakes it at its next wait."""
    async with watch(store) as news:
        await asyncio.to_thread(append_one, store)
        assert await news.wait(30)


def append_one(store: Store) -> None:
    with store.writing() as conn:
        feed.append(conn, [entry(1)])


async def test_reader_outlives_a_lost_connection(postgres_url: str) -> None:
    """A reader whose connection the server cut is connected again and told to look."""
    from sqlalchemy import text

    from service.store import schema
    from service.store.engine import open_store

    store = open_store(postgres_url, check=False)
    with store.writing() as conn:
        schema.upgrade(conn)
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wim-feed'")
    async with watch(store) as news:
        with store.writing() as conn:
            conn.execute(cut)
        assert not await news.wait(5)
        assert await news.wait(5)
        await asyncio.to_thread(append_one, store)
        assert await news.wait(30)
    store.close()
