"""The worker's metrics: named as its dashboards expect, and silent about what nobody can tell."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from service.lanes.work import Partition
from service.metrics import Metrics

FIRST, SECOND = Partition("wim.passages.v1", 0), Partition("wim.passages.v1", 1)


def lag_of(metrics: Metrics, partition: Partition) -> float | None:
    labels = {"stream_lane": "screen", "topic": partition.topic, "partition": str(partition.number)}
    return metrics.registry.get_sample_value("wim_lag_messages", labels)


def test_the_agreed_names_are_there() -> None:
    """What a dashboard of vehicles, latency and alerts is written for, with the labels that it groups by."""
    metrics = Metrics()
    metrics.alerts.labels("4", "open").inc()
    metrics.vehicle_latency.observe("verdict", _none())
    families = {family.name: family for family in metrics.registry.collect()}
    assert {"wim_vehicles", "wim_trucks", "wim_overloads", "wim_dead_letters"} < families.keys()
    assert set(families["wim_alerts"].samples[0].labels) == {"severity", "state"}
    assert families["wim_vehicle_latency_seconds"].type == "histogram"
    assert [sample.value for sample in families["wim_build_info"].samples] == [1.0]


def test_a_lag_that_nobody_can_tell_is_no_number() -> None:
    """The last figure does not stay, for partitions that are held and for those of the last look; nor is it 0."""
    metrics = Metrics()
    metrics.lag("screen", {FIRST: 7}, 1.5)
    metrics.lag_unknown("screen", None)
    assert math.isnan(lag_of(metrics, FIRST) or 0.0)
    assert math.isnan(metrics.registry.get_sample_value("wim_lag_seconds", {"stream_lane": "screen"}) or 0.0)
    metrics.lag_unknown("screen", [SECOND])
    assert lag_of(metrics, FIRST) is None
    assert math.isnan(lag_of(metrics, SECOND) or 0.0)
    metrics.lag("screen", {SECOND: 3}, 0.5)
    assert lag_of(metrics, SECOND) == 3


def _none() -> npt.NDArray[np.float64]:
    return np.empty(0)
