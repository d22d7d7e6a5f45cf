"""Guarantees of timers: each fires once, whoever looks."""

from __future__ import annotations

import threading

from service.store import timers
from service.store.engine import Store
from service.store.timers import Timer


def test_due_timers_come_oldest_first(store: Store) -> None:
    """Only what is due is given, the longest due first."""
    with store.writing() as conn:
        assert timers.next_due_ns(conn) is None
        for subject, due_at_ns in (("a", 30), ("b", 10), ("c", 20)):
            timers.arm(conn, "expire", subject, due_at_ns)
        assert timers.next_due_ns(conn) == 10
        assert timers.due(conn, 9) == []
        assert timers.due(conn, 20) == [Timer("expire", "b", 10), Timer("expire", "c", 20)]
        assert timers.due(conn, 99, limit=1) == [Timer("expire", "b", 10)]


def test_of_all_who_see_a_timer_one_fires_it(store: Store) -> None:
    """However many processes find a timer due, one acts."""
    with store.writing() as conn:
        timers.arm(conn, "expire", "a", 10)
    ready, fired = threading.Barrier(6), []

    def act() -> None:
        with store.reading() as conn:
            (seen,) = timers.due(conn, 10)
        ready.wait()
        with store.writing() as conn:
            fired.append(timers.fire(conn, seen))

    threads = [threading.Thread(target=act) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fired) == [False] * 5 + [True]


def test_timer_that_was_moved_does_not_fire_early(store: Store) -> None:
    """Whoever saw a timer before it was moved or disarmed cannot fire it."""
    with store.writing() as conn:
        timers.arm(conn, "expire", "a", 10)
        (seen,) = timers.due(conn, 10)
        timers.arm(conn, "expire", "a", 50)
        assert not timers.fire(conn, seen)
        (moved,) = timers.due(conn, 50)
        timers.disarm(conn, "expire", "a")
        assert not timers.fire(conn, moved)


def test_timer_whose_transaction_fails_stays(store: Store) -> None:
    """A timer that was fired in a transaction that rolls back is due again."""
    with store.writing() as conn:
        timers.arm(conn, "expire", "a", 10)
    try:
        with store.writing() as conn:
            assert timers.fire(conn, Timer("expire", "a", 10))
            raise ZeroDivisionError
    except ZeroDivisionError:
        with store.reading() as conn:
            assert timers.due(conn, 10) == [Timer("expire", "a", 10)]
