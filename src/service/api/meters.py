"""The API's metrics; names as in `service.metrics`, plates never among the labels."""

from __future__ import annotations

from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

#: A look-up takes milliseconds, a year of rates tens of them; whole seconds mean a database that waits.
REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

#: Methods that a label may show; a client can send any word.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Meters:
    """Every metric of an API process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (GCCollector, PlatformCollector, ProcessCollector):
            collector(registry=self.registry)
        self._requests = self._counter("http_requests", "Answers, by status.", "method", "route", "status")
        self._seconds = Histogram(
            "wim_http_request_seconds",
            "From the request's head to the answer's end; live feeds left out.",
            ["route"],
            registry=self.registry,
            buckets=REQUEST_SECONDS,
        )
        self._refused = self._counter("http_refused", "Requests that rights refused, by problem code.", "code")
        self._passages = self._counter("http_passages", "Passages posted, by what became of them.", "outcome")
        self.live_readers = Gauge("wim_live_readers", "Open live feeds.", registry=self.registry)
        self.actions = self._counter("actions", "Actions on intercepts, by what became of them.", "action", "outcome")
        self.exclusions = self._counter(
            "exclusions", "Violations taken out of all figures, or back in.", "action", "rule"
        )
        self.exclusions_leaning = Gauge(
            "wim_exclusions_leaning",
            "Share of this month's exclusions that leans one way, where that is no chance.",
            ["kind", "value"],
            registry=self.registry,
        )
        self.found_legal = Gauge(
            "wim_lane_found_legal_timestamp_seconds",
            "When a scale last found a truck of this lane legal that was not the first within a day.",
            ["site", "lane"],
            registry=self.registry,
        )
        build = Gauge("wim_build_info", "Which release this is; always 1.", ["version"], registry=self.registry)
        build.labels(version("wim-overload")).set(1)

    def request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count an answer; `seconds` None where its length says nothing."""
        self._requests.labels(method if method in _METHODS else "other", route, status).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    def refused(self, code: str) -> None:
        """Count a request that rights refused."""
        self._refused.labels(code).inc()

    def passages(self, outcome: str, count: int) -> None:
        """Count passages that were posted."""
        self._passages.labels(outcome).inc(count)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"wim_{name}_total", told, labels, registry=self.registry)
