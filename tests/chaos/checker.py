"""The checker of the chaos tests: what is missing, duplicate, wrong or out of order in topics and database.

In topics the same message may lie twice, for delivery is at least once: it must then be the same to the byte, or a
later version. In the database everything is there once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import select

from service.store import tables
from service.store.engine import Store
from service.store.rate_table import CountedLane, Extent, Question, query
from service.topics import DEAD_LETTERS, INTERCEPTS, VIOLATIONS
from tests.chaos.trucks import SITES, Traffic, gross_kg, plate_of
from tests.system.running import SUMS


@dataclass
class Findings:
    """What does not agree with what was sent; empty where all of it does. `repeated` is allowed, and told."""

    missing: list[str] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    repeated: int = 0

    @property
    def exact(self) -> bool:
        """Everything is there once, right, and in order."""
        return not (self.missing or self.duplicate or self.wrong or self.out_of_order)

    def __str__(self) -> str:
        lists = {name: found for name, found in vars(self).items() if isinstance(found, list) and found}
        said = [f"{len(found)} {name}: {', '.join(found[:5])}" for name, found in lists.items()]
        return "; ".join(said) or f"exact, {self.repeated} messages repeated"


def messages(servers: str, topic: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every document that lies in a topic now, and its partition, in the order of each partition."""
    for partition, value in values(servers, topic):
        yield partition, json.loads(value)


def values(servers: str, topic: str) -> Iterator[tuple[int, bytes]]:
    """The same as the bytes that they are."""
    client = Consumer({"bootstrap.servers": servers, "group.id": "checker", "enable.auto.commit": False})
    try:
        for partition in sorted(client.list_topics(topic, timeout=30).topics[topic].partitions):
            begin, end = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            client.assign([TopicPartition(topic, partition, begin)])
            while begin < end:
                for message in client.consume(min(1_000, end - begin), timeout=10):
                    assert message.error() is None, message.error()
                    begin = int(message.offset() or 0) + 1
                    yield partition, message.value() or b""
    finally:
        client.close()


def check(store: Store, servers: str, traffic: Traffic, letters: bool = False) -> Findings:
    """Compare everything that a reader can see with what was sent."""
    found = Findings(wrong=[f"the broker refused {error}" for error in traffic.refused])
    expected = {number: plate_of(number) for number in traffic.over}
    ids = _check_topic(found, servers, expected)
    _check_violations(found, store, ids)
    _check_intercepts(found, store, servers, ids)
    _check_rates(found, store, traffic)
    found.wrong += [] if letters else [f"dead letter {letter!r}" for _, letter in values(servers, DEAD_LETTERS)]
    return found


def _check_topic(found: Findings, servers: str, expected: dict[int, str]) -> set[str]:
    """The violations' topic: each heavy truck, told the same whenever it is told, in each lane's order at first."""
    told: dict[str, dict[str, Any]] = {}
    last: dict[tuple[int, str], int] = {}
    for partition, document in messages(servers, VIOLATIONS):
        passage = document["passage"]
        if document["id"] in told:
            found.repeated += 1
            if told[document["id"]] != document:
                found.wrong.append(f"violation {document['id']} told otherwise the second time")
            continue
        told[document["id"]] = document
        # A plate is the key: the order of a site's trucks holds within each partition.
        before = last.get((partition, passage["site"]), -1)
        if before >= passage["sequence"]:
            found.out_of_order.append(f"truck {passage['sequence']} of {passage['site']} after {before}")
        last[partition, passage["site"]] = passage["sequence"]
        _check_truck(found, passage, expected)
    numbers = Counter(document["passage"]["sequence"] for document in told.values())
    found.missing += [f"violation of truck {number}" for number in expected if number not in numbers]
    found.duplicate += [f"violation of truck {number}" for number, times in numbers.items() if times > 1]
    return set(told)


def _check_truck(found: Findings, passage: dict[str, Any], expected: dict[int, str]) -> None:
    number = passage["sequence"]
    truth = (expected.get(number), SITES[number % 4], gross_kg(number))
    told = (passage["plate"], passage["site"], passage["gross_kg"])
    if told != truth:
        found.wrong.append(f"truck {number} told as {told}, it was {truth}")


def _check_violations(found: Findings, store: Store, ids: set[str]) -> None:
    with store.reading() as conn:
        kept = Counter(conn.execute(select(tables.violations.c.id)).scalars())
    _compare(found, "violation in the database", kept, ids)


def _check_intercepts(found: Findings, store: Store, servers: str, ids: set[str]) -> None:
    """One intercept a heavy truck, and readers of the topic end with the version that the database has."""
    with store.reading() as conn:
        rows = conn.execute(select(tables.intercepts)).all()
    best = Counter(json.loads(row.document)["best"]["id"] for row in rows)
    _compare(found, "intercept", best, ids)
    newest: dict[str, tuple[int, str]] = {}
    for _, document in messages(servers, INTERCEPTS):
        seen = (document["version"], document["state"])
        newest[document["id"]] = max(newest.get(document["id"], (0, "")), seen)
    kept = {row.id: (row.version, row.state) for row in rows}
    found.wrong += [
        f"intercept {one} told as {newest.get(one)}, kept as {kept.get(one)}"
        for one in sorted(kept.keys() | newest.keys())
        if newest.get(one) != kept.get(one)
    ]


def _check_rates(found: Findings, store: Store, traffic: Traffic) -> None:
    """Every vehicle in its hour and lane, once."""
    counted = rates(store, {hour for _, hour in traffic.crossed})
    for key, passages in sorted(traffic.crossed.items()):
        if counted.get(key, {}).get("passages", 0) != passages:
            found.wrong.append(f"{key}: {counted.get(key)} counted of {passages}")
    over = sum(row["over_beyond_tolerance"] for row in counted.values())
    if over != len(traffic.over):
        found.wrong.append(f"{over} trucks counted over, not {len(traffic.over)}")


def rates(store: Store, hours: Iterable[int]) -> dict[tuple[str, int], dict[str, int]]:
    """The counts by (site, hour) straight from the database."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    extent = Extent("G104", "Asia/Shanghai", tuple(CountedLane(name, 1, 0) for name in SITES))
    for hour in hours:
        with store.reading() as conn:
            rows = query(conn, [extent], Question(hour, hour + 3600, by="site"))["G104"].rows
        found |= {(row["site"], hour): {name: row[name] for name in SUMS} for row in rows}
    return found


def _compare(found: Findings, what: str, kept: Counter[str], ids: set[str]) -> None:
    found.missing += [f"{what} {one}" for one in sorted(ids - kept.keys())]
    found.duplicate += [f"{what} {one}" for one, times in sorted(kept.items()) if times > 1]
    found.wrong += [f"{what} {one}, which nobody sent" for one in sorted(kept.keys() - ids)]
