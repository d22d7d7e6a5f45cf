"""Vehicles in Prometheus: each counted once, under labels with a bound, in the bucket of its age."""

from __future__ import annotations

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.vehicle_metrics import LATENCY_SECONDS, MOST_AXLES, VehicleCounts, VehicleLatency


def shown(registry: CollectorRegistry) -> dict[str, str]:
    """Name and type of every metric as Prometheus reads them."""
    return {one.name: one.type for one in text_string_to_metric_families(generate_latest(registry).decode())}


def test_each_vehicle_is_in_its_bucket() -> None:
    """A bucket holds what is not above its bound, as Prometheus defines it; a clock that is ahead counts as 0."""
    registry, latency = CollectorRegistry(), VehicleLatency()
    registry.register(latency)
    latency.observe("verdict", np.array([-3.0, LATENCY_SECONDS[0], LATENCY_SECONDS[0] * 1.01]))
    latency.observe("verdict", np.array([LATENCY_SECONDS[-1] + 1]))
    latency.observe("intercept", np.empty(0))

    def value(suffix: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"wim_vehicle_latency_seconds_{suffix}", {"step": "verdict", **labels})

    assert [value("bucket", le=str(bound)) for bound in LATENCY_SECONDS[:2]] == [2, 3]
    assert [value("bucket", le="+Inf"), value("count")] == [4, 4]
    assert value("sum") == LATENCY_SECONDS[0] * 2.01 + LATENCY_SECONDS[-1] + 1
    assert registry.get_sample_value("wim_vehicle_latency_seconds_count", {"step": "intercept"}) == 0
    assert shown(registry) == {"wim_vehicle_latency_seconds": "histogram"}


def test_vehicles_add_up_by_lane_and_axles() -> None:
    """Batches add up, and so do two rows of one lane; what was not seen is not shown, a plate that was not read is."""
    registry, counts = CollectorRegistry(), VehicleCounts()
    registry.register(counts)
    rows = np.zeros((2, MOST_AXLES + 1), np.int64)
    rows[0, 2], rows[1, 2], rows[1, 16] = 3, 4, 1
    counts.add([("K012", "1"), ("K012", "1")], rows, np.array([3, 1]))
    counts.add([("K080", "2"), ("K012", "1")], rows, np.array([0, 5]))
    samples = {tuple(one.labels.values()): one.value for family in registry.collect() for one in family.samples}
    vehicles = {("K012", "1", "2"): 11, ("K012", "1", "16"): 2, ("K080", "2", "2"): 3}
    assert samples == {**vehicles, ("K012", "1"): 9, ("K080", "2"): 0}
    assert shown(registry) == {"wim_vehicles": "counter", "wim_plates_read": "counter"}
