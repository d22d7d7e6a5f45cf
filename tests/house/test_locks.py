"""The lock files, and what their check notices."""

from __future__ import annotations

import copy
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from requirements import lock
from tests.house.tree import PROJECT


@pytest.fixture
def pyproject() -> dict[str, Any]:
    """The project's own pyproject.toml."""
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's locks, to be spoilt."""
    for name in lock.LOCKS:
        shutil.copy(PROJECT / "requirements" / f"{name}.txt", tmp_path)
    return tmp_path


def test_the_locks_fit_pyproject(folder: Path, pyproject: dict[str, Any]) -> None:
    """What is locked is what pyproject.toml asks for, with hashes and without an address."""
    assert lock.check(folder, pyproject) == []


@pytest.mark.parametrize("change", ["dependency", "extra", "group", "python", "build"])
def test_a_changed_dependency_is_noticed(folder: Path, pyproject: dict[str, Any], change: str) -> None:
    """Whatever in pyproject.toml decides what is installed makes all three locks stale."""
    changed = copy.deepcopy(pyproject)
    match change:
        case "dependency":
            changed["project"]["dependencies"].append("left-pad")
        case "extra":
            changed["project"]["optional-dependencies"]["plot"].append("left-pad")
        case "group":
            changed["dependency-groups"]["test"].pop()
        case "python":
            changed["project"]["requires-python"] = ">=3.12"
        case "build":
            changed["build-system"]["requires"] = ["setuptools"]
    assert [fault.partition(":")[0] for fault in lock.check(folder, changed)] == ["run.txt", "dev.txt", "build.txt"]


def test_another_part_of_pyproject_does_not_matter(folder: Path, pyproject: dict[str, Any]) -> None:
    """A changed lint rule asks for no new lock."""
    changed = copy.deepcopy(pyproject)
    changed["tool"]["ruff"]["line-length"] = 99
    assert lock.check(folder, changed) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("--extra-index-" + "url somewhere", "names where packages come from"),
        ("--find-links wheels", "names where packages come from"),
        ("six @ " + "https://example.test/six.whl", "names where packages come from"),
        ("six==1.17.0", "six has no hash"),
        ("six==1.17.0 ; python_version < '4' \\\n    # via nothing", "six has no hash"),
    ],
)
def test_a_spoilt_lock_is_noticed(folder: Path, pyproject: dict[str, Any], line: str, named: str) -> None:
    """A lock edited by hand does not pass."""
    with (folder / "run.txt").open("a") as run:
        run.write(f"{line}\n")
    (fault,) = lock.check(folder, pyproject)
    assert fault.startswith("run.txt: ")
    assert named in fault


def test_a_missing_lock_is_noticed(folder: Path, pyproject: dict[str, Any]) -> None:
    """All three must be there."""
    (folder / "build.txt").unlink()
    assert lock.check(folder, pyproject) == ["build.txt: not there; run `make lock`"]
