"""Plates by the minute: batches add up, and what nobody can be judged by any more goes."""

from __future__ import annotations

from sqlalchemy import select

from dispatch.cases import PlateReads
from service.store import lane_reads, watch_tables
from service.store.engine import Store
from service.store.lane_reads import MINUTE_NS, MinuteReads

AT_S = 1_780_000_020


def keep(store: Store, *minutes: MinuteReads, forget_before_s: int = 0) -> None:
    with store.writing() as conn:
        lane_reads.add(conn, minutes, forget_before_s)


def minutes_of(store: Store) -> set[tuple[str, int]]:
    with store.reading() as conn:
        return {(row.site, row.minute_s) for row in conn.execute(select(watch_tables.lane_reads))}


def test_batches_of_one_minute_add_up(store: Store) -> None:
    """Whatever was counted before stays counted."""
    keep(store, MinuteReads("A", 1, AT_S, 5, 4), MinuteReads("A", 2, AT_S, 1, 0))
    keep(store, MinuteReads("A", 1, AT_S, 3, 1))
    with store.reading() as conn:
        assert lane_reads.until(conn, "A", AT_S * 10**9 + 1) == {1: PlateReads(5, 8), 2: PlateReads(0, 1)}


def test_the_window_is_of_whole_minutes_and_ends_with_the_crossing(store: Store) -> None:
    """Ten minutes are ten minutes: the crossing's own and nine before it."""
    keep(store, *(MinuteReads("A", 1, AT_S + 60 * place, 1, 1) for place in range(-20, 20)))
    with store.reading() as conn:
        for at_s in (AT_S, AT_S + 59):
            assert lane_reads.until(conn, "A", at_s * 10**9, 10 * MINUTE_NS) == {1: PlateReads(10, 10)}


def test_old_minutes_go_with_the_next_batch_of_their_site(store: Store) -> None:
    """Other sites are other workers' to tidy."""
    keep(store, MinuteReads("A", 1, AT_S - 600, 1, 1), MinuteReads("B", 1, AT_S - 600, 1, 1))
    keep(store, MinuteReads("A", 1, AT_S, 1, 1), forget_before_s=AT_S - 300)
    assert minutes_of(store) == {("A", AT_S), ("B", AT_S - 600)}
