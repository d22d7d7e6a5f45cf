"""Guarantees of the memory of crossings in the database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.store import seen
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.seen import HourKey
from service.store.seen_keys import SeenHour

DAY_S = 86_400
HOURS = [HourKey(site, lane, hour_s) for site in ("G104-K012", "溧阳") for lane in (1, 2) for hour_s in (0, 3_600)]


def test_hours_come_back_as_they_were_saved(store: Store) -> None:
    """What was saved is loaded by any process, and what never was has version 0."""
    grown = {key: SeenHour(keys=bytes([number] * 13)) for number, key in enumerate(HOURS[:5])}
    with store.writing() as conn:
        saved = seen.save(conn, grown, now_s=77)
    assert saved == {key: SeenHour(1, 77, False, hour.keys) for key, hour in grown.items()}
    with store.reading() as conn:
        assert seen.load(conn, HOURS) == saved | dict.fromkeys(HOURS[5:], SeenHour())
        assert seen.load(conn, []) == {}
        assert seen.kept(conn) == 5


def test_second_writer_of_an_hour_is_fenced(store: Store) -> None:
    """Of two workers that grew the same hour from the same memory one is fenced, and nothing of its batch stays."""
    with store.writing() as conn:
        memory = seen.save(conn, {HOURS[0]: SeenHour(keys=b"a" * 13)}, now_s=1)
    with store.writing() as conn:
        seen.save(conn, {HOURS[0]: replace(memory[HOURS[0]], keys=b"ab" * 13)}, now_s=2)
    late = {HOURS[0]: replace(memory[HOURS[0]], keys=b"ac" * 13), HOURS[1]: SeenHour(keys=b"d" * 13)}
    with pytest.raises(FencedError), store.writing() as conn:
        seen.save(conn, late, now_s=3)
    with store.reading() as conn:
        kept = seen.load(conn, HOURS[:2])
    assert kept == {HOURS[0]: SeenHour(2, 2, False, b"ab" * 13), HOURS[1]: SeenHour()}


def test_two_first_writers_of_an_hour(store: Store) -> None:
    """Of two workers that both saw nothing of an hour before, one is fenced."""
    with store.writing() as conn:
        seen.save(conn, {HOURS[0]: SeenHour(keys=b"a" * 13)}, now_s=1)
    with pytest.raises(FencedError), store.writing() as conn:
        seen.save(conn, {HOURS[0]: SeenHour(keys=b"b" * 13)}, now_s=1)


def test_quiet_hours_are_sealed_and_fence_who_still_holds_them(store: Store) -> None:
    """An hour without an arrival for the time is sealed and emptied; a worker that has it in memory cannot write it."""
    with store.writing() as conn:
        quiet = seen.save(conn, {HOURS[0]: SeenHour(keys=b"a" * 13)}, now_s=0)
        seen.save(conn, {HOURS[1]: SeenHour(keys=b"a" * 13)}, now_s=DAY_S)
        assert seen.seal(conn, now_s=30 * DAY_S) == 0
        assert seen.seal(conn, now_s=30 * DAY_S + 1) == 1
        assert seen.seal(conn, now_s=30 * DAY_S + 1) == 0
    with store.reading() as conn:
        kept = seen.load(conn, HOURS[:2])
    assert kept[HOURS[0]] == SeenHour(2, 0, True, b"")
    assert not kept[HOURS[1]].sealed
    with pytest.raises(FencedError), store.writing() as conn:
        seen.save(conn, quiet, now_s=31 * DAY_S)


def test_sealing_takes_the_oldest_first_and_no_more_than_asked(store: Store) -> None:
    """Sealing a backlog goes in steps, the longest untouched hours first."""
    for now_s, key in enumerate(HOURS):
        with store.writing() as conn:
            seen.save(conn, {key: SeenHour(keys=b"a" * 13)}, now_s)
    with store.writing() as conn:
        assert seen.seal(conn, now_s=40 * DAY_S, limit=3) == 3
    with store.reading() as conn:
        sealed = {key for key, hour in seen.load(conn, HOURS).items() if hour.sealed}
    assert sealed == set(HOURS[:3])
