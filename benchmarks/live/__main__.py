"""`python -m benchmarks.live`: how soon a squad's phone has the card of a truck; one JSON line. README.md says more."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Consumer, TopicPartition

from benchmarks import machine
from benchmarks.live.product import REGISTRY, running
from benchmarks.screen import broker, figures
from benchmarks.screen.figures import Bound
from benchmarks.screen.lane import fresh_store
from benchmarks.screen.processes import START_SECONDS, Program, cpu_seconds
from dispatch.cases import PlateReads
from service.docket.arrivals import arrival
from service.docket.filing import file
from service.docket.terms import Terms, terms_of
from service.messages import Violation
from service.policy import Policy
from service.registry import parse_registry
from service.store.engine import Store
from service.topics import INTERCEPTS
from tests.kafka.counting import wait_for
from tests.servers import kafka, postgres
from tests.service.told import crossings, violation_values

LOCAL = machine.PROJECT / ".local"
HISTORY = machine.PROJECT / "benchmarks" / "results" / "live.jsonl"

CLIENTS = 50
#: A bad night: a province has some thousand alerts a day.
PER_SECOND = 2
#: Who is late does not hurry: without a pause SQLite would let nobody else write.
PAUSE_SECONDS = 0.1
TRUCKS, QUICK_TRUCKS = 200, 60
#: Not counted: the first statements of a connection.
LEAD_IN = 10

MUST = {"card_p99_ms": Bound(250, at_least=False)}
AIM = {"card_p99_ms": Bound(100, at_least=False)}


class UnheardError(RuntimeError):
    """Some client did not hear of some truck, so the figure does not count."""


def main(words: Sequence[str] | None = None) -> int:
    """Run once on the chosen database."""
    options = _arguments(words)
    missing = kafka.missing() or (postgres.missing() if options.database == "postgresql" else None)
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    LOCAL.mkdir(exist_ok=True)
    trucks = QUICK_TRUCKS if options.quick else TRUCKS
    with tempfile.TemporaryDirectory(prefix="bench-", dir=LOCAL) as name:
        folder = Path(name)
        busy = machine.busy_share()
        with broker.serve(folder / "kafka") as serving, _database(options.database, folder) as url:
            serving.renew()
            found = measured(serving.servers, url, folder, trucks)
    line = json.dumps(
        {
            "what": "the transaction that opens an intercept commits, to its event on each of the squads' live feeds",
            "database": options.database,
            "clients": CLIENTS,
            "trucks": trucks,
            "per_second": PER_SECOND,
            **{name: figures.rounded(value) for name, value in found.items()},
            **figures.judged(found, MUST, AIM),
            "busy_before": figures.rounded(busy),
            **machine.provenance(broker.version()),
        }
    )
    sys.stdout.write(f"{line}\n")
    if options.keep:
        with HISTORY.open("a") as history:
            history.write(f"{line}\n")
    return 0


def measured(servers: str, url: str, folder: Path, trucks: int) -> dict[str, float]:
    """File trucks one after another while everybody listens; percentiles in ms."""
    heard = folder / "heard.json"
    with fresh_store(url) as store, running(servers, url, folder) as api:
        clients = Program("benchmarks.live.clients", api.host, api.port, heard)
        try:
            assert clients.process.stdin is not None
            clients.process.stdin.write(json.dumps(api.clients(CLIENTS)) + "\n")
            clients.process.stdin.flush()
            clients.ready()
            began_s = cpu_seconds(api.pid)
            committed = filed(store, trucks)
            clients.process.stdin.write(f"{trucks * CLIENTS}\n")
            clients.process.stdin.flush()
            clients.result()
            cpu_ms = (cpu_seconds(api.pid) - began_s) * 1e3 / trucks
            wait_for(lambda: len(messages(servers)) >= trucks, START_SECONDS, "all messages")
        finally:
            clients.stop()
        published = messages(servers)
    found = percentiles(committed, json.loads(heard.read_text("utf-8")), published)
    return found | {"api_cpu_ms_per_truck": cpu_ms}


def filed(store: Store, trucks: int) -> dict[str, int]:
    """One truck after another, each in a transaction as the cases lane's; gives when each began to commit, by plate."""
    registry = parse_registry(tomllib.loads(REGISTRY), "sites.toml")
    terms = terms_of(Policy(), registry.network, registry.forces)
    committed = {}
    began_s = time.monotonic()
    for number in range(trucks):
        time.sleep(max(PAUSE_SECONDS, began_s + number / PER_SECOND - time.monotonic()))
        plate = f"苏A{number:05d}"
        committed[plate] = _file(store, terms, number, plate)
    return committed


def _file(store: Store, terms: Terms, number: int, plate: str) -> int:
    now_ns = time.time_ns()
    passage = crossings(1, sequence=number, time_ns=now_ns, plate=plate, plate_confidence=98)
    told = arrival(Violation, violation_values(passage)[0], terms.certain_from)
    with store.writing(durable=True) as conn:
        file(conn, [told], now_ns, terms, lambda conn, arrival: PlateReads(1, 1))
        return time.time_ns()


def messages(servers: str) -> dict[str, int]:
    """When the relay handed each new intercept to Kafka, ns, by plate."""
    reader = Consumer({"bootstrap.servers": servers, "group.id": "bench-live", "log_level": 0})
    found: dict[str, int] = {}
    try:
        for number in reader.list_topics(INTERCEPTS, timeout=10).topics[INTERCEPTS].partitions:
            begin, end = reader.get_watermark_offsets(TopicPartition(INTERCEPTS, number), timeout=10)
            reader.assign([TopicPartition(INTERCEPTS, number, begin)])
            while begin < end:
                for message in reader.consume(end - begin, timeout=5):
                    begin = (message.offset() or 0) + 1
                    plate = json.loads(message.value() or b"{}").get("plate", "")
                    found.setdefault(plate, message.timestamp()[1] * 10**6)
    finally:
        reader.close()
    return found


def percentiles(committed: dict[str, int], heard: list[Any], published: dict[str, int]) -> dict[str, float]:
    """Of all clients and all trucks after the lead-in. Raises `UnheardError`."""
    counted = list(committed)[LEAD_IN:]
    at_ns = {(client, plate): ns for client, plate, ns in heard}
    wanted = [(client, plate) for plate in counted for client in range(CLIENTS)]
    if missing := [pair for pair in wanted if pair not in at_ns]:
        raise UnheardError(f"{len(missing)} of {len(wanted)} events did not arrive")
    card = np.array([at_ns[pair] - committed[pair[1]] for pair in wanted]) / 1e6
    last = card.reshape(len(counted), CLIENTS).max(axis=1)
    message = np.array([published[plate] - committed[plate] for plate in counted]) / 1e6
    found = {
        f"{name}_p{p}_ms": float(np.percentile(ms, p)) for name, ms in _named(card, last, message) for p in (50, 99)
    }
    return found | {"card_max_ms": float(card.max()), "message_max_ms": float(message.max())}


def _named(*ms: Any) -> Iterator[tuple[str, Any]]:
    yield from zip(("card", "last_card", "message"), ms, strict=True)


@contextlib.contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'wim.db'}"
        return
    with postgres.throwaway(fsync=True) as server, server.fresh_database() as url:
        yield url


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description="One JSON line.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRUCKS} trucks instead of {TRUCKS}")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", action="store_true", help=f"add the line to {HISTORY.relative_to(machine.PROJECT)}")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
