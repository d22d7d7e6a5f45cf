"""The traffic metrics: what a kept batch adds to the counters of its corridors."""

from __future__ import annotations

import numpy as np

from rules.screen import BANDS
from service.lanes.batches import NO_CORRIDOR
from service.metrics import Metrics
from service.store.tally import Series, Tally
from service.vehicle_metrics import MOST_AXLES
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
    names = ("trucks", "over_nominal")
    sums = [np.bincount(row, tally.cells[name], shape[0] * shape[1]).reshape(shape).tolist() for name in names]
    _vehicles(metrics, tally)
    for place, trucks, over in zip(places, *sums, strict=True):
        if any(trucks):
            metrics.trucks.labels(*place).inc(sum(trucks))
        for band, count in zip(BANDS, over, strict=True):
            if count:
                metrics.overloads.labels(*place, band).inc(count)


def _vehicles(metrics: Metrics, tally: Tally) -> None:
    row = tally.cells["series"].astype(np.int64) * (MOST_AXLES + 1) + tally.cells["axle_class"]
    size = len(tally.series) * (MOST_AXLES + 1)
    counts = np.bincount(row, tally.cells["passages"], size).astype(np.int64).reshape(-1, MOST_AXLES + 1)
    read = np.bincount(tally.cells["series"], tally.cells["plates_read"], len(tally.series)).astype(np.int64)
    metrics.vehicles.add([_lane(series) for series in tally.series], counts, read)


def _lane(series: Series) -> tuple[str, str]:
    """Sites that the registry lacks share one label: a unit can send any name, and labels need a bound."""
    return (_OTHER, "") if series.corridor == NO_CORRIDOR else (series.site, str(series.lane))
