"""docs/method/dispatch.md says of the life cycle what the code does, and names only numbers that a region can set."""

from __future__ import annotations

import re

from dispatch.life import LIFE
from service.policy import Policy
from tests.docs import pages

PAGE = pages.page("docs/method/dispatch.md")


def test_the_table_is_the_life_cycle() -> None:
    """Row for row, in order: whoever changes one changes both."""
    said = re.findall(r"^\| (\w+) \| ([\w, ]+) \| (\w+) \| ([\w, ]+) \| ([\w, —]+) \| ([✓—]) \|$", PAGE, re.M)
    assert said == [
        (
            step.action,
            ", ".join(step.from_states),
            step.to_state,
            ", ".join(step.who),
            ", ".join(step.needs) or "—",
            "✓" if step.holder else "—",
        )
        for step in LIFE
    ]


def test_every_number_that_it_names_is_one_of_policy() -> None:
    """A region finds each under that name in its file."""
    named = set(re.findall(r"`(\w+_(?:seconds|hours|minutes|sigmas|floor))`", PAGE))
    assert len(named) >= 8
    assert named <= set(Policy.model_fields)
