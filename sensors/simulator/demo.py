"""The network that the demo runs on: a registry file beside this module. Only the roads' numbers are real."""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from sensors.simulator.registered import Registered, registered
from wim.sites import Network, parse_network

_FILE = "demo_registry.toml"


def demo_registry() -> Traversable:
    """The file itself, for whoever needs a whole registry: it opens like any path."""
    return resources.files(__package__).joinpath(_FILE)


def demo_network() -> Network:
    """Its corridors, junctions and sites."""
    return parse_network(_document(), _FILE)


def demo_registered(at_ns: int) -> Registered:
    """The vehicles that it names, as they are in force at `at_ns`."""
    return registered(_document(), at_ns)


def _document() -> dict[str, Any]:
    return tomllib.loads(demo_registry().read_text("utf-8"))
