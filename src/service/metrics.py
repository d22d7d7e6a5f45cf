"""The worker's metrics, and the little server that shows them beside the probes.

Names follow Prometheus' own rules: base units, `_total` for counters, one quantity a name, no label without a bound.
Plates are never labels.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from service.listening import AddressTakenError
from service.vehicle_metrics import VehicleCounts, VehicleLatency

if TYPE_CHECKING:
    from service.lanes.liveness import Liveness
    from service.lanes.work import Partition

#: A live batch takes milliseconds, one of a backlog tens of them; whole seconds mean a database that waits.
BATCH_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Every metric of a worker, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (GCCollector, PlatformCollector, ProcessCollector):
            collector(registry=self.registry)
        self._lag_labels: dict[str, set[Partition]] = {}
        self._make_lane_metrics()
        self._make_frame_metrics()
        self._make_traffic_metrics()
        self._make_dispatch_metrics()
        self._make_watch_metrics()
        build = self._gauge("build_info", "Which release this is; always 1.", "version")
        build.labels(version("wim-overload")).set(1)

    def _make_lane_metrics(self) -> None:
        lane = "stream_lane"
        self.lag_messages = self._gauge("lag_messages", "Behind the log's end.", lane, "topic", "partition")
        self.lag_seconds = self._gauge("lag_seconds", "Age of the newest kept message; 0 without lag.", lane)
        self.progress = self._gauge("progress_timestamp_seconds", "When a batch was last kept.", lane)
        self.batches = self._counter("batches", "Batches kept.", lane)
        self.given_up = self._counter("batches_given_up", "Batches that another worker was ahead with.", lane)
        self.dead_letters = self._counter("dead_letters", "What was refused, by reason.", lane, "reason")
        self.duplicates = self._counter("duplicates", "Crossings seen before, and left out.", lane)
        self.batch_seconds = Histogram(
            "wim_batch_seconds", "From judging to kept.", [lane], registry=self.registry, buckets=BATCH_SECONDS
        )

    def _make_frame_metrics(self) -> None:
        lane = ("site", "lane")
        self.frames = self._counter("frames", "Frames measured, by the vehicles found in each.", *lane, "vehicles")
        self.frames_missing = self._counter("frames_missing", "Frames whose sequence number was skipped.", *lane)
        self.frames_late = self._counter("frames_late", "Of them, those that came after all.", *lane)
        self.frames_repeated = self._counter("frames_repeated", "Frames that came before; measured anew.", *lane)
        self.frames_archived = self._counter(
            "frames_archived", "Frames of violations: kept, gone from the log, or another stood in its place.", "result"
        )

    def _make_traffic_metrics(self) -> None:
        where = ("corridor", "direction")
        self.vehicles, self.vehicle_latency = VehicleCounts(), VehicleLatency()
        self.registry.register(self.vehicles)
        self.registry.register(self.vehicle_latency)
        self.trucks = self._counter("trucks", "Vehicles with a limit that crossed, every grade.", *where)
        self.overloads = self._counter("overloads", "Of them over the limit, by excess band.", *where, "band")
        self.beats_refused = self._counter("health_beats_refused", "Health beats that were not kept.", "reason")
        self.last_passage = self._gauge("last_passage_timestamp_seconds", "The newest passage's own time.", "site")

    def _make_dispatch_metrics(self) -> None:
        self.alerts = self._counter(
            "alerts", "Intercepts: open went out as new, expired was out of reach: not told.", "severity", "state"
        )
        self.alert_reasons = self._counter("alert_reasons", "Reasons of what went out; one may have two.", "reason")
        self.merged_cases = self._counter("merged_cases", "Cases that a late sighting made one with another.")
        self.notices = self._counter("notices", "Notices and tries, by what became of them.", "adapter", "result")
        self.webhooks = self._counter(
            "webhooks", "Joint actions pushed, by what became of each try.", "target", "result"
        )
        self.relayed = self._counter("relayed", "Intercept states that the relay had acknowledged.")

    def _make_watch_metrics(self) -> None:
        self.downgraded = self._gauge(
            "downgraded", "Downgrades that stand; lane all: the site.", "site", "lane", "source"
        )
        self.downgrades = self._counter("downgrades", "Downgrades by the watch: by whom, and why.", "source", "cause")
        self.watch_lag = self._gauge("watch_lag_seconds", "Age of the oldest batch that the watch has not seen.")
        self.recalls_unsent = self._gauge("recalls_unsent", "Violations taken back that are to be told anew.")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"wim_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"wim_{name}_total", text, labels, registry=self.registry)

    def lag(self, lane: str, behind: Mapping[Partition, float], seconds: float) -> None:
        """A lane's lag by partition held; those no longer held disappear. NaN where nobody can tell."""
        for gone in self._lag_labels.get(lane, set()) - behind.keys():
            self.lag_messages.remove(lane, gone.topic, gone.number)
        for partition, messages in behind.items():
            self.lag_messages.labels(lane, partition.topic, partition.number).set(messages)
        self.lag_seconds.labels(lane).set(seconds)
        self._lag_labels[lane] = set(behind)

    def lag_unknown(self, lane: str, held: Iterable[Partition] | None) -> None:
        """Nobody can tell how far a lane is behind: NaN, for an old figure would look like a measured one.

        `held` None: nor which partitions are its own, so those of the last look stand for them.
        """
        partitions = self._lag_labels.get(lane, ()) if held is None else held
        self.lag(lane, dict.fromkeys(partitions, math.nan), math.nan)


class Probes:
    """/metrics, /livez and /readyz in a thread of their own, so that they answer while the event loop does not."""

    def __init__(self, metrics: Metrics, liveness: Liveness, host: str, port: int) -> None:
        routes = {
            "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(metrics.registry)),
            "/livez": lambda: _verdict(liveness.why_not_live()),
            "/readyz": lambda: _verdict(liveness.why_not_ready()),
        }
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(routes))
        except OSError as error:
            raise AddressTakenError(host, port, error, "WIM_WORKER__METRICS_") from None
        self._server.daemon_threads = True
        #: The port in use; the one asked for, unless that was 0.
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="probes", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


Answer = tuple[int, str, bytes]


def _verdict(reasons: list[str]) -> Answer:
    body = {"status": "failing" if reasons else "ok", "reasons": reasons}
    return 503 if reasons else 200, "application/json", json.dumps(body).encode()


def _handler(routes: Mapping[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            status, content_type, body = route() if route else (404, "text/plain", b"not found\n")
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """A probe every few seconds is no news."""

    return Handler
