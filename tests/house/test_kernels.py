"""Kernels know numpy, numba and each other; everything else of the world stays outside of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

#: What a kernel of either package may import: modules, with whatever lies below them.
ALLOWED = {"numpy", "numba", "math", "typing", "wim.kernels", "wim.records"}
#: Judging builds on measuring, never the other way.
ALLOWED_BY_PACKAGE = {Path("src/wim/kernels"): set[str](), Path("src/rules/kernels"): {"rules.kernels"}}
#: The one decorator also names the cache after the sources of all kernels, so it reads files.
DECORATOR = Path("src/wim/kernels/jit.py")
ALLOWED_TO_DECORATOR = {"__future__", "collections.abc", "functools", "hashlib", "pathlib"}


def imported(module: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in it, a relative one with its dots."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def _allowed(path: Path, folder: Path) -> set[str]:
    return ALLOWED | ALLOWED_BY_PACKAGE[folder] | (ALLOWED_TO_DECORATOR if path == DECORATOR else set())


def beyond(names: Iterator[str], allowed: set[str]) -> list[str]:
    """The names that are neither allowed nor below an allowed one."""
    return [name for name in names if not any(name == one or name.startswith(f"{one}.") for one in allowed)]


def test_kernels_import_numpy_numba_and_each_other() -> None:
    """A library that nobody thought of is refused too: this lists what is allowed, not what is not."""
    kernels = {path: folder for folder in ALLOWED_BY_PACKAGE for path in tree.python_files(str(folder))}
    assert {path.parent for path in kernels} == set(ALLOWED_BY_PACKAGE)
    strangers = {
        str(path): beyond(imported(tree.parsed(path)), _allowed(path, folder)) for path, folder in kernels.items()
    }
    assert {path: found for path, found in strangers.items() if found} == {}


def test_no_other_folder_of_kernels_escapes_the_list() -> None:
    """A new package's kernels are named here before they import anything."""
    folders = {path.parent for path in tree.python_files("src", "sensors") if path.parent.name == "kernels"}
    assert folders == set(ALLOWED_BY_PACKAGE)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import scipy.signal", ["scipy.signal"]),
        ("from . import hashing", ["."]),
        ("def late():\n    import os", ["os"]),
        ("from wim.sites import Site", ["wim.sites"]),
        ("import numbass", ["numbass"]),
        ("import numpy.typing as npt\nfrom math import pi\nfrom wim.kernels.jit import kernel", []),
    ],
)
def test_a_stranger_is_seen(source: str, names: list[str]) -> None:
    """Wherever in the file it stands, and not for the look of its name."""
    assert beyond(imported(ast.parse(source)), ALLOWED) == names
