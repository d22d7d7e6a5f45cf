"""The distribution: five import packages that are ours, one command."""

from __future__ import annotations

import importlib
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from tests.house.tree import PROJECT

PACKAGES = ("wim", "rules", "dispatch", "service", "sensors")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_is_ours(name: str) -> None:
    """Other distributions ship packages of these names; what is imported is this project's, and typed."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    folder = Path(module.__file__).resolve().parent
    assert folder.is_relative_to(PROJECT)
    assert (folder / "py.typed").is_file()


def test_the_installed_version_is_the_one_in_the_tree() -> None:
    """A stale installation does not pass for the code under test."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert version("wim-overload") == project["version"]


def test_the_command_is_there() -> None:
    """`wim` starts the command line of the service package."""
    (command,) = entry_points(group="console_scripts", name="wim")
    assert callable(command.load())
