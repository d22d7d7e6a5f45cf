"""200 actions of several squads and a desk while worker and API are killed at random: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import select, text

from service.cli.tokens import make
from service.kafka import Kafka
from service.lanes.sending import Sender
from service.publishing import publish
from service.registry import parse_registry
from service.store import ledger, tables
from service.store.engine import Store
from service.store.joint_tables import joint_actions
from service.topics import INTERCEPTS, JOINT_ACTION
from tests.kafka.counting import wait_for
from tests.servers import processes
from tests.service.roads import ALWAYS, corridor, site, squad, stop_point
from tests.service.store.test_ledger import allow_changes
from tests.service.told import crossings
from tests.system import phones
from tests.system.phones import Done, Phone, Tally
from tests.system.running import PROJECT, Installation, Process, command_of, intercepts

ACTIONS, KILLS = 200, 8
#: Bounds how long a busy machine may hang.
SECONDS = 120.0
#: As many trucks wait for somebody as keep everybody busy.
WAITING, A_CONVOY = 8, 6

SQUADS = {"one": "road", "two": "road", "three": "road", "patrol": "police"}

_CERTIFICATE = {"number": "JJG-1", "class": 5, "from": date(2020, 1, 1), "until": date(2100, 1, 1)}
_TOLERANCE = {"from": date(2020, 1, 1), "percent": 5.0}

REGISTRY = (
    corridor("G104", length_km=120.0)
    + site("G104-K012", 12.4, certificate=[_CERTIFICATE], tolerance=[_TOLERANCE])
    + stop_point("yard", 21.0, static_scale=True, capacity=50)
    + "".join(squad(name, agency, "yard", stops_per_hour=60, shifts=[ALWAYS]) for name, agency in SQUADS.items())
)


@dataclass
class Road:
    """An installation whose worker and API are killed and come back, and the trucks that drive past its strips."""

    installed: Installation
    settings: dict[str, str]
    trucks: int = 0
    running: dict[str, Process] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the API is, whenever it is there."""
        return f"127.0.0.1:{self.settings['WIM_API__PORT']}"

    def start(self, what: str) -> None:
        """Start the worker or the API, and do not wait for it."""
        arguments = ("worker", "--lanes", "screen,cases") if what == "worker" else ("api",)
        self.running[what] = self.installed.start(*arguments, **self.settings)

    def kill(self, what: str) -> None:
        """A power cut, after which it comes back by itself."""
        self.running[what].kill()
        self.start(what)

    def look(self) -> None:
        """Fail where one of them ended by itself."""
        for process in self.running.values():
            assert process.process.poll() is None, process.log.read_text("utf-8")

    def drive(self, count: int) -> None:
        """So many overloaded trucks cross the strips now."""
        passages = crossings(count, time_ns=time.time_ns(), left_kg=8_100, right_kg=7_900, gross_kg=48_000)
        for name in ("left_kg", "right_kg"):
            passages[name][:, 3:] = 0
        for row in range(count):
            self.trucks += 1
            passages["sequence"][row] = self.trucks
            passages["plate"][row] = f"苏A{self.trucks:05d}".encode()
        passages["time_ns"] += np.arange(count)
        passages["origin_ns"] = passages["time_ns"]
        passages["plate_confidence"] = 98
        asyncio.run(_publish(self.installed.servers, passages))


async def _publish(servers: str, passages: Any) -> None:
    sender = Sender(Kafka(servers))
    await sender.start()
    await publish(sender, passages)
    await sender.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'wim.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def road(database: str, tmp_path: Path, start_kafka: Callable[..., Any]) -> Iterator[Road]:
    """A broker, tables, a registry with four squads, a token file; worker and API on their way up."""
    installed = Installation.made(start_kafka(1).bootstrap_servers, database, tmp_path, REGISTRY)
    (tmp_path / "policy.toml").write_text("requests_per_minute = 100000\noutbox_lease_seconds = 5\n", "utf-8")
    settings = {
        "WIM_POLICY": str(tmp_path / "policy.toml"),
        "WIM_AUTH__MODE": "tokens",
        "WIM_AUTH__TOKENS": str(tmp_path / "tokens.toml"),
        "WIM_API__PORT": str(processes.free_ports(1)[0]),
    }
    made = Road(installed, settings)
    yield made
    installed.end()


@pytest.fixture
def store(road: Road) -> Iterator[Store]:
    """Its database."""
    opened = road.installed.store()
    yield opened
    opened.close()


def people(road: Road, tally: Tally) -> list[Phone]:
    """Four squads and two desks, whose tokens stand in the file."""
    registry = parse_registry(tomllib.loads(REGISTRY), "sites.toml")
    wanted: list[tuple[dict[str, Any], phones.Decide]] = [
        (
            {"name": f"officer-{name}", "role": "squad", "agency": agency, "squad": name},
            partial(phones.squad, mine=name),
        )
        for name, agency in SQUADS.items()
    ]
    desk = partial(phones.duty, squads=["one", "two", "three"])
    wanted += [({"name": f"desk-{number}", "role": "duty", "agency": "road"}, desk) for number in (1, 2)]
    entries, found = [], []
    for number, (who, decide) in enumerate(wanted):
        token, entry = make({**who, "until": "2100-01-01"}, registry)
        entries.append(entry)
        found.append(Phone(road.address, who["name"], token, decide, random.Random(number), tally))
    Path(road.settings["WIM_AUTH__TOKENS"]).write_text("\n".join(entries), "utf-8")
    return found


def kept(store: Store) -> tuple[dict[str, tuple[int, str]], dict[str, tuple[int, str]]]:
    """Version and state of every intercept and every joint action in the database."""
    table, joint = tables.intercepts.c, joint_actions.c
    with store.reading() as conn:
        rows = conn.execute(select(table.id, table.version, table.state)).all()
        joints = conn.execute(select(joint.id, joint.version, joint.status)).all()
    return {row.id: (row.version, row.state) for row in rows}, {row.id: (row.version, row.status) for row in joints}


def published(servers: str, topic: str, state: str) -> dict[str, tuple[int, str]]:
    """The same as a reader of the topic has it: of each id the highest version."""
    client = Consumer({"bootstrap.servers": servers, "group.id": "reader", "enable.auto.commit": False})
    found: dict[str, tuple[int, str]] = {}
    try:
        for partition in client.list_topics(topic, timeout=10).topics[topic].partitions:
            begin, end = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            client.assign([TopicPartition(topic, partition, begin)])
            while begin < end:
                for message in client.consume(end - begin, timeout=5):
                    begin, told = message.offset() + 1, json.loads(message.value())
                    found[told["id"]] = max(found.get(told["id"], (0, "")), (told["version"], told[state]))
    finally:
        client.close()
    return found


def answered(phone: Phone, ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """The same as the API tells it."""
    rows = filter(None, (phone.get(f"/v1/intercepts/{one}") for one in ids))
    return {row["id"]: (row["version"], row["state"]) for row in rows}


def agree(road: Road, store: Store, phone: Phone) -> bool:
    """Whether store, topics and API say the same at one moment; a timer may move one on between two looks."""
    states, joints = kept(store)
    servers = road.installed.servers
    told = published(servers, INTERCEPTS, "state") == states and published(servers, JOINT_ACTION, "status") == joints
    return told and answered(phone, states) == states and kept(store) == (states, joints)


def deeds_in_ledger(store: Store, names: Collection[str]) -> Counter[Done]:
    """What these people did to intercepts, as both agencies read it."""
    with store.reading() as conn:
        entries = [one.entry for one in ledger.every(conn)]
    return Counter(
        Done(one.actor, one.action, one.intercept, int(one.document["version"]))
        for one in entries
        if one.actor in names and not one.action.startswith("joint.")
    )


def verified(installed: Installation) -> tuple[int, dict[str, Any]]:
    """What `wim ledger verify` says, as an operator runs it."""
    ended = subprocess.run(
        command_of("ledger", "verify", "--json"),
        env=installed.environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout)


def live_through_kills(road: Road, store: Store, tally: Tally, chance: random.Random) -> None:
    """Keep trucks coming until enough was done; at random moments on the way kill the worker or the API."""
    moments = sorted(chance.sample(range(5, tally.wanted - 5), KILLS))
    victims = chance.sample([*["api"] * 5, *["worker"] * 3], KILLS)

    def reached(moment: int) -> bool:
        road.look()
        if intercepts(store, True) + intercepts(store, False) == road.trucks and intercepts(store, True) < WAITING:
            road.drive(A_CONVOY)
        return len(tally.done) >= moment

    for moment, victim in zip(moments, victims, strict=True):
        wait_for(partial(reached, moment), SECONDS, f"action {moment}")
        road.drive(A_CONVOY)
        road.kill(victim)
    wait_for(partial(reached, tally.wanted), SECONDS, "the last action")


def test_every_acknowledged_action_is_there_once_and_a_broken_chain_is_named(road: Road, store: Store) -> None:
    """200 actions, eight kills, lost answers: ledger, store, topics and API agree. Then two entries are touched."""
    tally = Tally(ACTIONS)
    everybody = people(road, tally)
    for what in ("worker", "api"):
        road.start(what)
    with ThreadPoolExecutor(len(everybody)) as pool:
        acting = [pool.submit(phone.run) for phone in everybody]
        try:
            live_through_kills(road, store, tally, random.Random(200))
        finally:
            tally.enough.set()
        for one in acting:
            one.result(SECONDS)
    assert deeds_in_ledger(store, {phone.name for phone in everybody}) == Counter(tally.done)
    assert tally.replayed > 0
    wait_for(lambda: agree(road, store, everybody[-1]), SECONDS, "one answer from store, topics and API")
    status, said = verified(road.installed)
    assert (status, said["whole"]) == (0, True)
    assert said["entries"] >= ACTIONS
    allow_changes(store)
    assert broken_by(road, store, "UPDATE ledger SET actor = 'zhao' WHERE number = 150") == (150, "was changed")
    assert broken_by(road, store, "DELETE FROM ledger WHERE number = 100") == (100, "is missing")


def broken_by(road: Road, store: Store, statement: str) -> tuple[int, str]:
    """What the chain's check says once somebody has had the database to himself: which entry, and what is wrong."""
    with store.writing(durable=True) as conn:
        conn.execute(text(statement))
    status, said = verified(road.installed)
    assert (status, said["whole"]) == (1, False)
    return said["broken"]["entry"], said["broken"]["problem"]
