"""The traffic metrics: what a kept batch adds to the counters of its corridors."""

from __future__ import annotations

from rules.screen import BANDS
from service.metrics import Metrics
from service.store.tally import Tally
from wim.records import Direction

_DIRECTIONS = {int(direction): direction.name.lower() for direction in Direction}
_OTHER = "other"


def publish(metrics: Metrics, tally: Tally) -> None:
    """Count the cells of a batch that is kept."""
    for cell in tally.cells.tolist():
        number, _, _, band, _, passages, trucks, over, *_ = cell
        series = tally.series[number]
        where = (series.corridor, _DIRECTIONS.get(series.direction, _OTHER))
        metrics.passages.labels(*where).inc(passages)
        if trucks:
            metrics.trucks.labels(*where).inc(trucks)
        if over:
            metrics.overloads.labels(*where, BANDS[band]).inc(over)
