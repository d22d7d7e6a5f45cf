"""Guarantees of a lease: one holder at a time, and the former one notices."""

from __future__ import annotations

import threading

from service.store import leases
from service.store.engine import Store
from service.store.leases import Lease


def test_only_one_holds_and_the_next_has_a_higher_epoch(store: Store) -> None:
    """A held lease is refused to everybody; once it is over the next owner's epoch is higher and the old one is out."""
    with store.writing() as conn:
        first = leases.acquire(conn, "relay", "a", now_ns=0, hold_ns=10)
        assert first == Lease("relay", "a", 1, 10)
        assert leases.acquire(conn, "relay", "b", now_ns=9, hold_ns=10) is None
        assert leases.acquire(conn, "relay", "a", now_ns=9, hold_ns=10) is None
        assert leases.holds(conn, first, 9)
        assert not leases.holds(conn, first, 10)
        assert leases.acquire(conn, "relay", "b", now_ns=10, hold_ns=10) == Lease("relay", "b", 2, 20)
        assert not leases.holds(conn, first, 11)
        assert leases.renew(conn, first, now_ns=11, hold_ns=10) is None


def test_renewed_lease_keeps_its_epoch(store: Store) -> None:
    """Renewing in time prolongs the same lease; too late is too late even if nobody took it."""
    with store.writing() as conn:
        lease = leases.acquire(conn, "relay", "a", now_ns=0, hold_ns=10)
        assert lease is not None
        lease = leases.renew(conn, lease, now_ns=5, hold_ns=10)
        assert lease == Lease("relay", "a", 1, 15)
        assert leases.holds(conn, lease, 14)
        assert leases.renew(conn, lease, now_ns=15, hold_ns=10) is None


def test_released_lease_is_free_at_once(store: Store) -> None:
    """A lease that is given back can be taken before its time was up, under a higher epoch."""
    with store.writing() as conn:
        lease = leases.acquire(conn, "relay", "a", now_ns=0, hold_ns=10)
        assert lease is not None
        leases.release(conn, lease)
        assert not leases.holds(conn, lease, 1)
        assert leases.acquire(conn, "relay", "b", now_ns=1, hold_ns=10) == Lease("relay", "b", 2, 11)
        leases.release(conn, lease)
        assert leases.current(conn, "relay") == Lease("relay", "b", 2, 11)


def test_leases_are_apart_by_name(store: Store) -> None:
    """Holding one thing is not holding another."""
    with store.writing() as conn:
        assert leases.acquire(conn, "relay", "a", now_ns=0, hold_ns=10)
        assert leases.acquire(conn, "timers", "b", now_ns=0, hold_ns=10)
        assert leases.current(conn, "purge") is None


def test_of_many_that_reach_for_it_one_gets_it(store: Store) -> None:
    """Threads that try at the same moment get one lease between them."""
    ready, held = threading.Barrier(6), []

    def reach(owner: str) -> None:
        ready.wait()
        with store.writing() as conn:
            held.append(leases.acquire(conn, "relay", owner, now_ns=5, hold_ns=10))

    threads = [threading.Thread(target=reach, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in held if lease]) == 1
