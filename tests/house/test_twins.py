"""Every module of kernels has a naive twin that a test holds against it, or a reason why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house import tree
from tests.house.test_kernels import imported

FOLDERS = ("src/wim/kernels", "src/rules/kernels")

#: Modules that no test compares with `tests/reference` function by function, and what holds them instead.
ELSEWHERE = {
    "wim.kernels.crc": "zlib is its twin, through the codec of tests/wim/test_codec.py",
}


def kernels() -> set[str]:
    """Modules with a compiled function, by their dotted names."""
    return {_name(path) for path in tree.python_files(*FOLDERS) if _has_kernel(path)}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[1:])


def _has_kernel(path: Path) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id == "kernel"
        for function in tree.functions(path)
        for decorator in function.decorator_list
    )


def compared() -> dict[str, str]:
    """Every module of kernels that a test imports together with something of `tests/reference`, and that test."""
    found = {}
    for path in tree.python_files("tests"):
        names = set(_modules(tree.parsed(path)))
        if any(name.startswith("tests.reference") for name in names):
            found |= {name: str(path) for name in names if ".kernels." in name}
    return found


def _modules(module: ast.Module) -> list[str]:
    """What is imported, a name that is taken of a module as if it were one: it may be."""
    taken = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]
    return [*imported(module), *taken]


def test_every_kernel_has_a_twin() -> None:
    """A loop may be clever because what checks it is dumb."""
    assert kernels() - compared().keys() - ELSEWHERE.keys() == set()


def test_no_reason_is_out_of_date() -> None:
    """Whoever has a twin by now, or is gone, needs none."""
    assert ELSEWHERE.keys() - kernels() == set()
    assert ELSEWHERE.keys() & compared().keys() == set()


def test_every_twin_is_held_against_something() -> None:
    """No file of `tests/reference` that no test imports."""
    used = {name for path in tree.python_files("tests") for name in _modules(tree.parsed(path))}
    files = {".".join(path.with_suffix("").parts) for path in tree.python_files("tests/reference")}
    assert {name for name in files if name not in used} == set()
