"""`python -m tests.kafka.worker_process SERVERS DATABASE TOPIC LANE [ANNOUNCEMENTS]`: a worker that counts.

It is `service.worker` with a `CountingWork` in place of a real lane: the same Faust worker, the same signals, the same
end. Each batch takes a moment, so that a test can hit it in the middle.
"""

from __future__ import annotations

import sys
import time

from service import awaiting, logs, worker
from service.kafka import Kafka
from service.lanes.liveness import Liveness
from service.lanes.sending import Sender
from service.lanes.stream import Plant
from service.metrics import Metrics, Probes
from service.settings import LogSettings
from tests.kafka.counting import CountingWork, open_counting_store

#: 20 000 numbers take a second then, nearly all of it with a batch in hand: that is when kills shall hit.
SECONDS_A_NUMBER = 50e-6


def main(servers: str, database: str, topic: str, lane: str, announcements: str | None = None) -> None:
    """Count until told to stop."""
    logs.configure(LogSettings(format="json", level="info"))
    kafka, store = Kafka(servers), open_counting_store(database)
    work = CountingWork(lane, [topic], announcements, before=lambda messages: time.sleep(messages * SECONDS_A_NUMBER))
    metrics, liveness = Metrics(), Liveness()
    probes = Probes(metrics, liveness, "127.0.0.1", 0)
    probes.start()
    print(f"probes {probes.port}", flush=True)  # noqa: T201
    awaiting.wait_for_broker(kafka, [topic], patience_s=2.0)
    worker.carry([work], Plant(kafka, store, Sender(kafka), metrics, liveness))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
