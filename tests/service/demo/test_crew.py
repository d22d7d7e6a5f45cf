"""The demo's squads: what they do next follows from the truck alone, and is what the life cycle allows."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.life import LIFE, Role, advance
from service.demo.crew import PAUSE_SECONDS, chance, pause_s, squads_deed


def row(number: int, state: str) -> dict[str, Any]:
    """An intercept as the API lists it."""
    best = {"passage": {"gross_kg": 60_000}, "limit_high_kg": 49_000}
    return {
        "id": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "state": state,
        "best": best,
        "static_gross_kg": 61_000,
    }


@pytest.mark.parametrize("state", ["offered", "claimed", "en_route", "stopped", "weighed", "confirmed"])
def test_a_squad_only_does_what_the_life_cycle_lets_it(state: str) -> None:
    """With every field that the step needs."""
    for number in range(200):
        deed = squads_deed(row(number, state))
        if deed is not None:
            advance(state, deed["action"], Role.SQUAD, deed.keys())


def test_some_trucks_are_passed_some_not_answered_some_lost() -> None:
    """The board shows every way that a truck can go."""
    offered = [squads_deed(row(number, "offered")) for number in range(500)]
    actions = {deed["action"] if deed else None for deed in offered}
    assert actions == {"claim", "pass", None}
    ways = {(squads_deed(row(number, "en_route")) or {})["action"] for number in range(500)}
    assert ways == {"stop", "lose"}


def test_a_pause_lies_within_what_its_state_asks_for() -> None:
    """Every state in which a squad acts has its pause, and a truck keeps its own."""
    for state, (least, most) in PAUSE_SECONDS.items():
        assert least <= pause_s({**row(7, state), "state": state}) <= most
    assert 0 <= chance(row(3, "offered"), 4) < 1
    assert {step.action for step in LIFE} >= {"claim", "pass", "depart", "stop", "lose", "weigh", "confirm", "unload"}
