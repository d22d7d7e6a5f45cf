"""Hours of a lane as the watch keeps them, made up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from service.store import watches
from service.store.engine import Store
from service.store.watches import HourRow
from service.watch.rows import FLAGS
from wim.records import Flag

#: Any number does for a series that nothing else counts.
SERIES = 7


def keep_hour(store: Store, hour_s: int, passages: int, flags: Mapping[Flag, int]) -> None:
    """So many passages of lane 1 of G104-K012 in an hour, and how many of them had each flag."""
    counts = np.zeros(FLAGS, "<i8")
    for flag, number in flags.items():
        counts[flag.bit_length() - 1] = number
    row = HourRow(SERIES, hour_s, 1, "G104-K012", 1, passages, counts.tobytes(), "{}", b"")
    with store.writing() as conn:
        watches.save_hours(conn, [row])
