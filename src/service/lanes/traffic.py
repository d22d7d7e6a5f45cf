"""The traffic metrics: what a kept batch adds to the counters of its corridors."""

from __future__ import annotations

import numpy as np

from rules.screen import BANDS
from service.metrics import Metrics
from service.store.tally import Tally
from wim.records import Direction

_DIRECTIONS = {int(direction): direction.name.lower() for direction in Direction}
_OTHER = "other"


def publish(metrics: Metrics, tally: Tally) -> None:
    """Count the cells of a batch that is kept."""
    # Thousands of cells come to a hundred counters, and to touch one takes 5 µs: so they are added up before.
    places: dict[tuple[str, str], int] = {}
    where = [(series.corridor, _DIRECTIONS.get(series.direction, _OTHER)) for series in tally.series]
    place_of = np.array([places.setdefault(place, len(places)) for place in where], np.int64)
    row = place_of[tally.cells["series"]] * len(BANDS) + tally.cells["band"]
    shape = len(places), len(BANDS)
    names = ("passages", "trucks", "over_nominal")
    sums = [np.bincount(row, tally.cells[name], shape[0] * shape[1]).reshape(shape).tolist() for name in names]
    for place, passages, trucks, over in zip(places, *sums, strict=True):
        metrics.passages.labels(*place).inc(sum(passages))
        if any(trucks):
            metrics.trucks.labels(*place).inc(sum(trucks))
        for band, count in zip(BANDS, over, strict=True):
            if count:
                metrics.overloads.labels(*place, band).inc(count)
