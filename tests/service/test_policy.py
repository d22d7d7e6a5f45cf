"""The numbers that a region may set."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from service.keep_days import KeepDays
from service.policy import NOT_IN_USE, Policy, read_policy, to_toml
from tests.house import tree
from wim.document import RegistryErrors

FIELDS = [(model, name) for model in (Policy, KeepDays) for name in model.model_fields if name != "keep_days"]


def field(model: type[BaseModel], name: str) -> FieldInfo:
    """The declaration of a number."""
    return model.model_fields[name]


def policy_of(folder: Path, text: str) -> Policy:
    """The policy of a file with that content."""
    (folder / "policy.toml").write_text(text)
    return read_policy(folder / "policy.toml")


def complaints(folder: Path, text: str) -> list[str]:
    """What is said about a wrong file, without its name."""
    with pytest.raises(RegistryErrors) as raised:
        policy_of(folder, text)
    return [str(error).removeprefix(f"{folder / 'policy.toml'}: ") for error in raised.value.errors]


def test_without_a_file_every_number_has_its_default() -> None:
    """The designs' own numbers hold where a region says nothing."""
    policy = read_policy(None)
    assert (policy.truck_from_kg, policy.plate_certain_from, policy.simulated_counts) == (4_500, 80, False)
    assert (policy.trip_gap_hours, policy.reach_horizon_minutes, policy.severity_intercept_from) == (4, 15, 4)
    keep = policy.keep_days
    assert (keep.plates, keep.violations, keep.frames, keep.audit) == (30, 730, 7, 1_095)


def test_a_file_changes_what_it_mentions_and_nothing_else(tmp_path: Path) -> None:
    """A region writes only what it wants otherwise."""
    changed = policy_of(tmp_path, "trip_gap_hours = 6\nsimulated_counts = true\n[keep_days]\nplates = 10\n")
    expected = Policy().model_dump() | {"trip_gap_hours": 6, "simulated_counts": True}
    expected["keep_days"]["plates"] = 10
    assert changed.model_dump() == expected


def test_what_is_printed_is_the_policy(tmp_path: Path) -> None:
    """The printed file read back is the policy in force, whatever was changed."""
    policy = Policy(truck_from_kg=3_500, severity_weights=[0, 1, 2, 3, 4, 5, 9.5], keep_days=KeepDays(frames=0))
    assert policy_of(tmp_path, to_toml(policy)) == policy
    assert "[default 4500]\ntruck_from_kg = 3500" in to_toml(policy)


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_every_number_has_a_reason_with_its_source_and_bounds(model: type[BaseModel], name: str) -> None:
    """A number that decides something says why, where that stands, and how far it may go."""
    declared = field(model, name)
    assert declared.description
    assert declared.description.endswith(")")
    bounded = {attribute for item in declared.metadata for attribute in dir(item)} & {"ge", "min_length"}
    assert bounded or declared.annotation is bool
    assert name in tomllib.loads(to_toml(Policy())) | tomllib.loads(to_toml(Policy()))["keep_days"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("truck_from = 1", 'truck_from: is not a key of this table; did you mean "truck_from_kg"?'),
        ('truck_from_kg = "4500"', 'truck_from_kg: is "4500"; write a whole number from 1000 to 50000'),
        ("truck_from_kg = 4.5", "truck_from_kg: is 4.5; write a whole number from 1000 to 50000"),
        ("simulated_counts = 1", "simulated_counts: is 1; write true or false"),
        ("precision_floor = nan", "precision_floor: is nan; write a number from 0.5 to 1"),
        ("severity_weights = [1, 2]", "severity_weights: is an array of 2; write 7 values"),
        (
            "severity_weights = [0, 1, 2, 3, 4, 5, -6]",
            "severity_weights: has a weight out of bounds; write weights from",
        ),
        ("keep_days = 30", "keep_days: is 30; write a table"),
        ("keep_days.plate = 30", 'keep_days.plate: is not a key of this table; did you mean "plates"?'),
        ("keep_days.violations = 400\nrepeat_window_days = 500", "keep_days.violations: is below repeat_window_days"),
        ("duty_desk_seconds = 30", "duty_desk_seconds: is below acknowledge_seconds; write as much or more"),
        ("page_rows_most = 50", "page_rows: is above page_rows_most; write as much or less"),
        ("dark_camera_severity_from = 3", "dark_camera_severity_from: is below severity_intercept_from"),
    ],
)
def test_a_wrong_policy_is_refused_with_a_remedy(tmp_path: Path, text: str, complaint: str) -> None:
    """A process never starts with numbers that nobody meant."""
    (found,) = complaints(tmp_path, text)
    assert found.startswith(complaint)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Two mistakes are two lines."""
    assert len(complaints(tmp_path, "truck_from_kg = 1\ntrip_gap_hours = 0")) == 2


def readers(name: str, owners: set[str]) -> list[str]:
    """Where the code takes an attribute of that name of one of the owners, outside the policy's own module."""
    return [
        f"{path}:{node.lineno}"
        for path in tree.python_files("src")
        if path != Path("src/service/policy.py")
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == name and last_name(node.value) in owners
    ]


def last_name(node: ast.expr) -> str:
    """What an expression is called: `policy` of `parts.policy`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_what_decides_nothing_yet_is_marked_and_nothing_else(model: type[BaseModel], name: str) -> None:
    """A number that gets its first reader loses the mark, and one that loses its last gets it."""
    owners = {"days", "keep_days"} if model is KeepDays else {"policy"}
    read = [place for spelling in (name, f"{name.rpartition('_')[0]}_ns") for place in readers(spelling, owners)]
    if f"{'keep_days.' if model is KeepDays else ''}{name}" in NOT_IN_USE:
        assert read == [], "it is read: take off the mark"
    else:
        assert read, "nobody reads it: mark it"


def test_only_numbers_that_are_there_are_marked() -> None:
    """A mark on a name that was changed would mark nothing."""
    assert {f"keep_days.{name}" if model is KeepDays else name for model, name in FIELDS} > NOT_IN_USE


@pytest.mark.parametrize(
    ("name", "unit", "unit_ns"),
    [
        ("trip_gap", "hours", 3_600 * 10**9),
        ("reach_horizon", "minutes", 60 * 10**9),
        ("plate_read_window", "minutes", 60 * 10**9),
        ("repeat_window", "days", 86_400 * 10**9),
        ("legal_again", "hours", 3_600 * 10**9),
    ],
)
def test_lengths_of_time_come_in_nanoseconds_too(name: str, unit: str, unit_ns: int) -> None:
    """Event time is counted in nanoseconds, people count in hours; both are the same length."""
    policy: Any = Policy(trip_gap_hours=5, reach_horizon_minutes=17, plate_read_window_minutes=90)
    assert getattr(policy, f"{name}_ns") == getattr(policy, f"{name}_{unit}") * unit_ns
