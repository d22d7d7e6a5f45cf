"""What the screen lane remembers of the lane-hours that it touches, between the database and the batch in hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from service.store import seen
from service.store.engine import Store
from service.store.seen import HourKey
from service.store.seen_keys import SeenHour

#: Memory for the hours in hand: five million crossings, more than two hours of a province at its peak.
MOST_BYTES = 64 * 1024 * 1024
#: What an hour costs beside its keys, measured: a tuple of place and hour, its counters, and a place in the dictionary.
HOUR_BYTES = 400
#: Looking for hours to seal is a query; nothing waits for it.
SEAL_EVERY_S = 3_600


class Memory:
    """Hours as they are kept in the database, the longest unused forgotten first. One thread at a time."""

    def __init__(self, store: Store, seal_after_s: int, most_bytes: int = MOST_BYTES) -> None:
        self._store, self._seal_after_s, self._most_bytes = store, seal_after_s, most_bytes
        self._hours: OrderedDict[HourKey, SeenHour] = OrderedDict()
        self._bytes = 0
        self._sealed_s = 0

    def forget(self) -> None:
        """Trust the database again."""
        self._hours.clear()
        self._bytes = 0

    def recall(self, keys: Sequence[HourKey]) -> list[SeenHour]:
        """The memory of each hour, read from the database where it is not in hand."""
        missing = [key for key in keys if key not in self._hours]
        if missing:
            with self._store.reading() as conn:
                self.remember(seen.load(conn, missing))
        recalled = [self._hours[key] for key in keys]
        for key in keys:
            self._hours.move_to_end(key)
        self._shrink()
        return recalled

    def write(self, conn: Connection, grown: Mapping[HourKey, SeenHour], now_s: int) -> Mapping[HourKey, SeenHour]:
        """Keep what grew, and now and then seal what has long been quiet; `remember` the result once it is durable."""
        saved = seen.save(conn, grown, now_s)
        if now_s - self._sealed_s >= SEAL_EVERY_S:
            seen.seal(conn, now_s, self._seal_after_s)
            self._sealed_s = now_s
        return saved

    def remember(self, hours: Mapping[HourKey, SeenHour]) -> None:
        """These are the hours as the database has them."""
        for key, hour in hours.items():
            before = self._hours.get(key)
            self._bytes += _size(hour) - (_size(before) if before else 0)
            self._hours[key] = hour

    def _shrink(self) -> None:
        while self._bytes > self._most_bytes and self._hours:
            _, hour = self._hours.popitem(last=False)
            self._bytes -= _size(hour)


def _size(hour: SeenHour) -> int:
    return len(hour.keys) + HOUR_BYTES
