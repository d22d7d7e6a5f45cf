"""The whole product for one story: broker, worker and API as processes, a road with two sites, and people on it.

Trucks go in as passages on Kafka, as a roadside unit sends them; people use the pages in a browser, or the API. The
clock of worker and API can be put forward, for a story of half an hour must not take one.
"""

from __future__ import annotations

import json
import time
import tomllib
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)

from service.cli.tokens import make
from service.registry import parse_registry
from service.topics import INTERCEPTS, PASSAGES, TOPICS
from tests.kafka.counting import read_all, wait_for
from tests.servers import needs, processes
from tests.system.running import Installation, Process
from wim import codec
from wim.records import Flag, Passages, blank, passage_ids

#: Bounds how long a busy machine may hang; a fresh one compiles every kernel first.
SECONDS = 240.0

#: What an eye waits for on a page: a moment on an idle machine.
PATIENT_MS = 60_000

#: The usual truck: a tractor with two axles before a trailer with three, 90.4 t where 49 t are allowed.
SIX_AXLES_KG = (7_100, 11_900, 12_300, 19_200, 20_100, 19_800)
SPACINGS_MM = (3_200, 1_350, 6_400, 1_310, 1_310)

#: Where Debian keeps it, whatever the processor.
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

REGISTRY = """
[[corridor]]
id = "G104"
timezone = "{zone}"
name = "國道 104"
length_km = 120.0
path = [[119.10, 31.90], [119.20, 31.85], [119.60, 31.70]]
[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
certificate = [{{number = "JJG-1", class = 5, from = 2026-01-01, until = 2027-12-31}}]
tolerance = [{{from = 2025-01-01, percent = 5.0}}]
[[site.lane]]
number = 1
direction = "up"
[[site]]
id = "G104-K032"
corridor = "G104"
chainage_km = 32.4
certificate = [{{number = "JJG-2", class = 5, from = 2026-01-01, until = 2027-12-31}}]
tolerance = [{{from = 2025-01-01, percent = 5.0}}]
[[site.lane]]
number = 1
direction = "up"
[[stop_point]]
id = "G104-K021-yard"
corridor = "G104"
chainage_km = 21.0
direction = "up"
static_scale = true
capacity = 5
[[stop_point]]
id = "G104-K041-yard"
corridor = "G104"
chainage_km = 41.0
direction = "up"
static_scale = true
capacity = 5
{squads}
"""

SQUAD = """
[[squad]]
id = "{id}"
name = "{name}"
agency = "{agency}"
base = "G104-K021-yard"
sections = [{{corridor = "G104", from_km = 0.0, to_km = 60.0}}]
stops_per_hour = 60
shifts = [{{days = "Mon-Sun", from = "{first}", until = "{until}"}}]
"""


class Staff(NamedTuple):
    """Somebody with an account."""

    name: str
    role: str
    agency: str | None = None
    squad: str | None = None
    plates: bool | None = None


STAFF = (
    Staff("squad", "squad", "road", "liyang-2"),
    Staff("rival", "squad", "road", "liyang-3"),
    Staff("duty", "duty", "road"),
    Staff("police", "police", "police"),
    Staff("technician", "technician", "road"),
    Staff("analyst", "analyst", "road"),
)


class Shift(NamedTuple):
    """A squad of the road agency, on duty every day from `first` to `until`; past midnight where that is earlier."""

    id: str
    first: str = "00:00"
    until: str = "24:00"


def registry(shifts: Sequence[Shift], zone: str = "Asia/Shanghai") -> str:
    """A road of 120 km with a site at km 12 and one at km 32, and its squads."""
    names = {"liyang-2": "溧陽二中隊", "liyang-3": "溧陽三中隊"}
    squads = "".join(
        SQUAD.format(id=one.id, name=names[one.id], agency="road", first=one.first, until=one.until) for one in shifts
    )
    return REGISTRY.format(zone=zone, squads=squads)


@dataclass(frozen=True)
class Accounts:
    """The token of each member of the staff."""

    tokens: dict[str, str]


@dataclass
class World:
    """The product that runs, and what a story does with it."""

    installation: Installation
    accounts: Accounts
    address: str = ""
    processes: dict[str, Process] = field(default_factory=dict)
    sequence: int = 0
    #: How far the clock of worker and API is ahead of the true one.
    ahead_s: float = 0.0

    @classmethod
    def made(cls, servers: str, database: str, folder: Path, sites: str) -> World:
        """With topics, tables and accounts made; nothing runs yet."""
        installation = Installation.made(servers, database, folder, sites)
        listed = parse_registry(tomllib.loads(sites), "sites.toml")
        squads = {squad["id"] for squad in tomllib.loads(sites).get("squad", [])}
        staff = [one for one in STAFF if one.squad is None or one.squad in squads]
        made = {one.name: make({**one._asdict(), "until": "2099-01-01"}, listed) for one in staff}
        (folder / "tokens.toml").write_text("\n".join(entry for _, entry in made.values()), "utf-8")
        (folder / "clock").write_text("+0", "utf-8")
        return cls(installation, Accounts({name: token for name, (token, _) in made.items()}))

    def start(self, **settings: str) -> None:
        """Worker and API, ready for people."""
        self.start_worker(**settings)
        self.start_api(**settings)
        wait_for(lambda: "partitions taken over" in self.processes["worker"].log.read_text("utf-8"), SECONDS, "worker")

    def start_worker(self, **settings: str) -> None:
        """The worker, without waiting for it."""
        self.processes["worker"] = self.installation.start("worker", **settings)

    def start_api(self, **settings: str) -> None:
        """The API on a port of its own, the same after every start, once it answers."""
        port = self.address.rpartition(":")[2] or str(processes.free_ports(1)[0])
        self.address = f"http://127.0.0.1:{port}"
        own = {"WIM_API__PORT": port, "WIM_AUTH__MODE": "tokens"}
        tokens = {"WIM_AUTH__TOKENS": str(self.installation.folder / "tokens.toml")}
        self.processes["api"] = self.installation.start("api", **{**settings, **own, **tokens})
        wait_for(lambda: self._answers(), SECONDS, "the API")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/livez", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def start_with_own_clock(self, **settings: str) -> None:
        """Worker and API with a clock that `forward` moves."""
        needs.required(None if FAKETIME else "no libfaketime (Debian: faketime)", "WIM_REQUIRE_SERVERS")
        # The broker's clock is the true one, and by itself it refuses what comes from more than an hour ahead of it.
        _set(self.installation.servers, "log.message.timestamp.after.max.ms", str(2**62))
        clock = {
            "LD_PRELOAD": str(FAKETIME[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.installation.folder / "clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.start(**{**clock, **settings})

    def forward(self, seconds: float) -> None:
        """Put the clock of worker and API, and with it that of new trucks, forward by so much."""
        self.ahead_s += seconds
        replacement = self.installation.folder / "clock.new"
        replacement.write_text(f"+{self.ahead_s:.3f}", "utf-8")
        replacement.replace(self.installation.folder / "clock")

    def now_ns(self) -> int:
        """By the clock of worker and API."""
        return time.time_ns() + round(self.ahead_s * 1e9)

    def passage(
        self,
        plate: str = "苏A12345",
        ago_s: float = 5.0,
        scale: float = 1.0,
        site: str = "G104-K012",
        time_ns: int | None = None,
        **changed: Any,
    ) -> Passages:
        """A crossing of the usual truck, so many times its weight; `changed` are fields of the record."""
        self.sequence += 1
        one = blank(1)
        loads = [round(load * scale) for load in SIX_AXLES_KG]
        # No scale weighs both sides alike: a record that says so is good for counting only.
        one["left_kg"][0, :6] = [load * 51 // 100 for load in loads]
        one["right_kg"][0, :6] = [load - load * 51 // 100 for load in loads]
        one["gross_kg"] = sum(loads)
        one["spacing_mm"][0, :5] = SPACINGS_MM
        one["axle_count"], one["lane"], one["source"], one["sequence"] = 6, 1, 2, self.sequence
        one["plate_colour"], one["plate_confidence"] = (1, 98) if plate else (255, 0)
        one["speed_kmh"], one["length_mm"], one["site"] = 62.5, 17_100, site.encode()
        one["plate"] = plate.encode()
        one["flags"] = 0 if plate else Flag.NO_PLATE
        one["time_ns"] = one["origin_ns"] = time_ns if time_ns is not None else self.now_ns() - round(ago_s * 1e9)
        for name, value in changed.items():
            one[name] = value
        return one

    def send(self, *passages: Passages) -> list[str]:
        """Give them to the broker as their units do; their ids, once every copy has them."""
        producer = Producer({"bootstrap.servers": self.installation.servers, "partitioner": "murmur2_random"})
        for one in passages:
            producer.produce(PASSAGES, key=bytes(one["site"][0]).rstrip(b"\0"), value=codec.encode(one))
        assert producer.flush(30) == 0
        return [identity for one in passages for identity in passage_ids(one)]

    def ask(self, account: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """A request as somebody's program makes it; status and document."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {self.accounts.tokens[account]}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {**bearer, **named}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _document(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, _document(refused.read())

    def get(self, account: str, path: str) -> Any:
        """What somebody reads there."""
        status, document = self.ask(account, "GET", path)
        assert status == 200, document
        return document

    def act(self, account: str, intercept: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
        """An action on an intercept by somebody's program; the intercept after it."""
        status, document = self.ask(
            account,
            "POST",
            f"/v1/intercepts/{intercept['id']}/actions",
            {"action": action, **body},
            If_Match=f'"{intercept["version"]}"',
            Idempotency_Key=uuid.uuid4().hex,
        )
        assert status == 200, document
        acted: dict[str, Any] = document
        return acted

    def intercepts(self, plate: str | None = None) -> list[dict[str, Any]]:
        """Every intercept, or those of a plate, as the duty room reads them."""
        items: list[dict[str, Any]] = self.get("duty", "/v1/intercepts?limit=100")["items"]
        return [one for one in items if plate is None or one["plate"] == plate]

    def intercept(self, plate: str, state: str | None = None) -> dict[str, Any]:
        """The one intercept of a plate, once it is there and in that state."""
        wait_for(
            lambda: any(state in (None, one["state"]) for one in self.intercepts(plate)), SECONDS, f"{plate} {state}"
        )
        (found,) = self.intercepts(plate)
        return found

    def published(self, intercept: str) -> dict[str, Any]:
        """The newest message about an intercept on its topic, as police or anybody's program gets it."""
        partitions = next(topic.partitions for topic in TOPICS if topic.name == INTERCEPTS)
        told = [value for value, _ in read_all(self.installation.servers, INTERCEPTS, partitions) if value]
        versions = [one for one in map(json.loads, told) if one["id"] == intercept]
        return max(versions, key=lambda one: one["version"], default={})

    def entries(self, intercept: str) -> list[dict[str, Any]]:
        """What the ledger has about an intercept, in order."""
        items: list[dict[str, Any]] = self.get("duty", f"/v1/ledger?intercept={intercept}&limit=100")["items"]
        return items

    def ledger_is_whole(self) -> str:
        """What `wim ledger verify` prints, where the chain is whole."""
        return self.installation.run("ledger", "verify")


def _set(servers: str, name: str, value: str) -> None:
    """A setting of every node of the cluster, from now on."""
    admin = AdminClient({"bootstrap.servers": servers})
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    for node in admin.list_topics(timeout=30).brokers:
        resource = ConfigResource(ConfigResource.Type.BROKER, str(node), incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result(30)


def _document(raw: bytes) -> Any:
    return json.loads(raw) if raw else None
