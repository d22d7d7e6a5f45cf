"""The memory of lane-hours has a bound, whatever they hold."""

from __future__ import annotations

from service.lanes.memory import HOUR_BYTES, Memory
from service.store.engine import Store
from service.store.seen import HourKey
from service.store.seen_keys import SeenHour


def test_hours_with_little_traffic_are_bounded_too(store: Store) -> None:
    """A backlog of quiet roads is millions of hours: the longest unused are forgotten and read again when asked for."""
    memory = Memory(store, seal_after_s=3_600, most_bytes=10 * HOUR_BYTES)
    keys = [HourKey("G104-K012", 1, 3_600 * hour) for hour in range(50)]
    memory.remember({key: SeenHour(version=7) for key in keys})
    recalled = memory.recall(keys[-1:])
    assert recalled[0].version == 7
    assert memory.recall(keys[:1])[0].version == 0, "read again, from an empty database"
