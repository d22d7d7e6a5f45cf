"""A provider that runs, and the door to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from dispatch.network import Squad
from service.oidc.door import OidcDoor
from service.oidc.provider import Provider
from service.oidc.settings import OidcSettings
from service.registry import Registry
from tests.service.oidc.idp import AUDIENCE, CLIENT, SECRET, Idp, Key, ec_key, rsa_key, running
from wim.sites import Corridor, Network

REGISTRY = Registry(
    Network({"G104": Corridor("G104", "Asia/Shanghai"), "S340": Corridor("S340", "Asia/Shanghai")}),
    squads={"liyang-2": Squad("liyang-2", "road", (), "yard", "Asia/Shanghai")},
)


@dataclass
class Gate:
    """The door, with a clock of its own for how old keys are; tokens are looked at by the time of day."""

    idp: Idp
    now_s: float = 0.0
    settings: OidcSettings = field(init=False)
    door: OidcDoor = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self, registry: Registry = REGISTRY, **changes: Any) -> OidcDoor:
        """The door anew, with other settings."""
        usual = {
            "issuer": self.idp.issuer,
            "audience": AUDIENCE,
            "client_id": CLIENT,
            "client_secret": SecretStr(SECRET),
        }
        self.settings = OidcSettings(**{**usual, **changes})
        provider = Provider(self.settings.issuer or "", self.settings.jwks_url, lambda: self.now_s)
        self.door = OidcDoor(provider, self.settings, registry)
        return self.door

    def let_in(self, token: str, later_s: int = 0) -> Any:
        """Who the door takes the holder for."""
        return self.door.verify(token, time.time_ns() + later_s * 10**9)


@pytest.fixture(scope="session")
def keys() -> tuple[Key, Key]:
    """Made once: a key of RSA takes a while."""
    return rsa_key("first"), ec_key("second")


@pytest.fixture
def idp(keys: tuple[Key, Key]) -> Iterator[Idp]:
    """A provider with one key."""
    with running(Idp([keys[0]])) as started:
        yield started


@pytest.fixture
def gate(idp: Idp) -> Gate:
    """The door to it."""
    return Gate(idp)
