"""The API on a real store of each engine, with an account of every role.

`api` is the whole application in this process; `api.as_("duty")` is a client with that account's token. The accounts:

===========  ==================================================================================================
name         what it may see
===========  ==================================================================================================
squad        liyang-2, on G104 from km 0 to 60
rival        liyang-3, on the same stretch
police       everything
duty         everything; `local` is the duty desk of G104 alone, `foreign` that of S340
analyst      everything, without plates; `researcher` with plates
technician   everything, without plates
admin        everything
device       everything; `unit` only G104
===========  ==================================================================================================
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access import Credential, Principal, Role, TokenBook, default_plates, issue
from service.api.app import build
from service.api.limits import Allowance
from service.api.live_feed import LiveFeed
from service.api.meters import Meters
from service.api.parts import Parts
from service.api.publisher import Publisher
from service.docket.terms import terms_of
from service.kafka import Kafka
from service.policy import Policy
from service.pseudonyms import Pseudonyms
from service.registry import Registry, parse_registry
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.told import TIME_NS
from wim.periods import NEVER_NS

REGISTRY = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"
name = "National road 104"
length_km = 120.0
path = [[119.10, 31.90], [119.20, 31.85]]
key_sections = [{from_km = 30.0, to_km = 55.0, name = "quarry"}]
[[corridor]]
id = "S340"
timezone = "Asia/Shanghai"
path = [[119.30, 31.70], [119.40, 31.70]]

[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
position = [119.12, 31.89]
area = "320481"
certificate = [{number = "JJG-1", class = 5, from = 2026-01-01, until = 2027-01-01}]
tolerance = [{from = 2025-01-01, percent = 5.0}]
[[site.lane]]
number = 1
direction = "up"
[[site.lane]]
number = 2
direction = "down"
[[site]]
id = "G104-K080"
corridor = "G104"
chainage_km = 80.0
[[site.lane]]
number = 1
direction = "up"
[[site]]
id = "S340-K005"
corridor = "S340"
chainage_km = 5.0
[[site.lane]]
number = 1
direction = "up"

[[stop_point]]
id = "yard"
corridor = "G104"
chainage_km = 21.0
direction = "up"
[[squad]]
id = "liyang-2"
agency = "road"
base = "yard"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]
[[squad]]
id = "liyang-3"
agency = "police"
base = "yard"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]

[[permit]]
number = "N1"
plate = "苏A0T001"
from = 2026-01-01
until = 2027-01-01
corridors = ["G104"]
gross_kg = 98000
[[watch]]
plate = "苏A0T002"
reason = "cloned"
until = 2027-01-01
agency = "police"
"""

G104, S340 = frozenset({"G104"}), frozenset({"S340"})

PRINCIPALS: tuple[Principal, ...] = (
    Principal("squad", Role.SQUAD, "road", "liyang-2", plates=True),
    Principal("rival", Role.SQUAD, "police", "liyang-3", plates=True),
    Principal("police", Role.POLICE, "police", plates=True),
    Principal("duty", Role.DUTY, "road", plates=True),
    Principal("local", Role.DUTY, "road", corridors=G104, plates=True),
    Principal("foreign", Role.DUTY, "road", corridors=S340, plates=True),
    Principal("analyst", Role.ANALYST, "road"),
    Principal("researcher", Role.ANALYST, "road", plates=True),
    Principal("technician", Role.TECHNICIAN, "road"),
    Principal("admin", Role.ADMIN, "road", plates=True),
    Principal("device", Role.DEVICE),
    Principal("unit", Role.DEVICE, corridors=G104),
)

#: A broker that is not there: port 1 is reserved and refuses at once.
NO_BROKER = "127.0.0.1:1"


@dataclass(frozen=True)
class Accounts:
    """The book at the door, and each account's token."""

    book: TokenBook
    tokens: dict[str, str]
    credentials: tuple[Credential, ...]


@dataclass(frozen=True)
class Api:
    """The application and its parts."""

    parts: Parts
    client: TestClient
    tokens: dict[str, str]

    def headers(self, name: str, **more: str) -> dict[str, str]:
        """The headers of a request by an account."""
        return {"Authorization": f"Bearer {self.tokens[name]}", **{key.replace("_", "-"): v for key, v in more.items()}}

    def get(self, name: str, path: str, **headers: str) -> Any:
        """A GET by an account; header names with _ for -."""
        return self.client.get(path, headers=self.headers(name, **headers))

    def send(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request with a JSON body by an account."""
        return self.client.request(method, path, json=body, headers=self.headers(name, **headers))

    @property
    def desk(self) -> Desk:
        """Files messages into the API's store as the cases lane does."""
        return Desk(self.parts.store, terms=self.parts.terms)


@pytest.fixture(scope="session")
def accounts() -> Accounts:
    """Real tokens with real hashes, made once: each costs some 30 ms."""
    assert all(one.plates == default_plates(one.role) for one in PRINCIPALS if one.name != "researcher")
    tokens, credentials = {}, []
    for principal in PRINCIPALS:
        tokens[principal.name], key, digest = issue()
        credentials.append(Credential(key, principal, NEVER_NS, digest))
    return Accounts(TokenBook(credentials), tokens, tuple(credentials))


@pytest.fixture
def registry() -> Registry:
    """Two corridors, three sites, two squads, a permit and a watched plate."""
    return parse_registry(tomllib.loads(REGISTRY), "sites.toml")


MakeParts = Callable[..., Parts]


@pytest.fixture
def make_parts(store: Store, registry: Registry, accounts: Accounts) -> MakeParts:
    """`make_parts(policy=…, bootstrap_servers=…, clock_ns=…)`: parts around this test's store."""

    def make(
        policy: Policy | None = None,
        bootstrap_servers: str = NO_BROKER,
        clock_ns: Callable[[], int] = lambda: TIME_NS,
        **others: Any,
    ) -> Parts:
        chosen = policy or Policy(requests_per_minute=1_000_000)
        made = {
            "registry": registry,
            "policy": chosen,
            "store": store,
            "door": accounts.book,
            "publisher": Publisher(Kafka(bootstrap_servers), acknowledged_s=10.0),
            "live": LiveFeed(store),
            "meters": Meters(),
            "pseudonyms": Pseudonyms("a key of this test"),
            "terms": terms_of(chosen, registry.network, registry.forces),
            "clock_ns": clock_ns,
            "steady_s": lambda: 0.0,
            "requests": Allowance(chosen.requests_per_minute),
        }
        return Parts(**{**made, **others})

    return make


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(make_parts: MakeParts, accounts: Accounts) -> Iterator[MakeApi]:
    """`make_api(**parts)`: the whole application in this process."""
    running: list[TestClient] = []

    def make(**parts: Any) -> Api:
        made = make_parts(**parts)
        client = TestClient(build(made), raise_server_exceptions=False)
        client.__enter__()
        running.append(client)
        return Api(made, client, accounts.tokens)

    yield make
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """The whole application with its defaults."""
    return make_api()
