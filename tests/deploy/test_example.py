"""The example files that people copy."""

from __future__ import annotations

from pathlib import Path

from service.access import read_tokens
from service.policy import Policy, read_policy, to_toml
from service.registry import read_registry

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "example"


def test_the_registry_is_right_and_shows_every_table() -> None:
    """Whoever copies it starts from something that works."""
    registry = read_registry(EXAMPLE / "sites.toml")
    assert registry.network.sites
    assert registry.network.junctions
    assert registry.stop_points
    assert registry.squads
    register = registry.register
    assert all((register.permits, register.vehicles, register.exemptions, register.watches))


def test_the_policy_is_the_one_that_is_printed() -> None:
    """Every number, at its default, with the reason that the program knows."""
    written = (EXAMPLE / "policy.toml").read_text()
    assert read_policy(EXAMPLE / "policy.toml") == Policy()
    assert written.endswith(to_toml(Policy()))


def test_the_tokens_are_right_for_that_registry() -> None:
    """The entries are accepted as they stand; nobody has the tokens that they know."""
    registry = read_registry(EXAMPLE / "sites.toml")
    assert len(read_tokens(EXAMPLE / "tokens.toml.example", registry)) == 2
