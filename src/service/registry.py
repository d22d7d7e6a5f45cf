"""The registry file: corridors, sites, stop points, squads and what is known about plates, in one TOML file.

Each package reads its own tables (`wim.sites`, `dispatch.network`, `rules.permits`); this module opens the file, lets
all of them read, and reports what all of them found at once. A wrong registry never starts a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dispatch.network import Forces, Squad, StopPoint, read_forces
from rules.permits import PlateRegister, read_register
from service.documents import read_toml
from wim.document import Faults, RegistryError, RegistryErrors, Table
from wim.periods import DEFAULT_TIMEZONE
from wim.sites import Network, read_network

__all__ = ["Registry", "RegistryError", "RegistryErrors", "parse_registry", "read_registry"]


@dataclass(frozen=True)
class Registry:
    """All that a registry file declares."""

    network: Network = field(default_factory=Network)
    register: PlateRegister = field(default_factory=PlateRegister)
    stop_points: Mapping[str, StopPoint] = field(default_factory=dict)
    squads: Mapping[str, Squad] = field(default_factory=dict)

    @property
    def forces(self) -> Forces:
        """Where trucks can be stopped, and by whom."""
        return Forces(self.stop_points, self.squads)

    @property
    def timezone(self) -> str:
        """The zone of dates that stand at no place (a permit's): that of the first corridor."""
        return next((corridor.timezone for corridor in self.network.corridors.values()), DEFAULT_TIMEZONE)


def read_registry(path: Path | None) -> Registry:
    """The registry file at `path`, an empty registry without one.

    Raises:
        RegistryErrors: the file cannot be read, or all that is wrong in it.
    """
    if path is None:
        return Registry()
    return parse_registry(read_toml(path, "give the path of a registry file with --sites or WIM_REGISTRY"), str(path))


def parse_registry(document: Mapping[str, object], origin: str) -> Registry:
    """The registry of a document that was read already; `origin` names it in errors.

    Raises:
        RegistryErrors: all that is wrong, each place with its dotted key.
    """
    faults = Faults(origin)
    root = Table(document, "", faults)
    network = read_network(root)
    forces = read_forces(root, network)
    empty = Registry(network, PlateRegister(), forces.stop_points, forces.squads)
    register = read_register(root, root.ids("corridor"), empty.timezone)
    root.close()
    faults.raise_any()
    return Registry(network, register, forces.stop_points, forces.squads)
