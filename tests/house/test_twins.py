"""Every module of kernels has a naive twin that a test holds against it, or a reason why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house import tree
from tests.house.test_kernels import imported

FOLDERS = ("src/wim/kernels", "src/rules/kernels")

#: The file of `tests/reference` that does the same as a module of kernels, and the test that compares them, by
#: the module itself or by what is public of it.
TWINS = {
    "rules.kernels.groups": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.judge": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.limits": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.lookup": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.papers": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.terms": ("judge", "tests/rules/test_screen.py"),
    "rules.kernels.watched": ("watched", "tests/service/watch/test_rows.py"),
    "wim.kernels.authenticity": ("watching", "tests/wim/kernels/test_authenticity.py"),
    "wim.kernels.combining": ("combining", "tests/wim/kernels/test_combining.py"),
    "wim.kernels.cusum": ("control_chart", "tests/wim/kernels/test_cusum.py"),
    "wim.kernels.cutting": ("cutting", "tests/wim/kernels/test_cutting.py"),
    "wim.kernels.decode": ("decode", "tests/wim/test_codec.py"),
    "wim.kernels.density": ("watching", "tests/wim/kernels/test_density.py"),
    "wim.kernels.gathering": ("gathering", "tests/wim/kernels/test_gathering.py"),
    "wim.kernels.line_checks": ("line_checks", "tests/wim/kernels/test_combining.py"),
    "wim.kernels.line_drift": ("watching", "tests/wim/kernels/test_line_drift.py"),
    "wim.kernels.loop_speed": ("loop_speed", "tests/wim/kernels/test_loop_speed.py"),
    "wim.kernels.motion": ("motion", "tests/wim/kernels/test_motion.py"),
    "wim.kernels.observe": ("watching", "tests/wim/kernels/test_observe.py"),
    "wim.kernels.odd_loads": ("odd_loads", "tests/wim/kernels/test_odd_loads.py"),
    "wim.kernels.pulses": ("pulses", "tests/wim/kernels/test_pulses.py"),
    "wim.kernels.signals": ("signals", "tests/wim/kernels/test_signals.py"),
    "wim.kernels.soundness": ("soundness", "tests/wim/test_soundness.py"),
    "wim.kernels.traffic_drift": ("watching", "tests/wim/kernels/test_traffic_drift.py"),
    "wim.kernels.trains": ("gathering", "tests/wim/kernels/test_gathering.py"),
    "wim.kernels.validity": ("judge", "tests/rules/test_screen.py"),
    "wim.kernels.vehicle": ("weigh", "tests/wim/kernels/test_weigh.py"),
    "wim.kernels.weigh": ("weigh", "tests/wim/kernels/test_weigh.py"),
    "wim.kernels.wheel_loads": ("wheel_loads", "tests/wim/kernels/test_wheel_loads.py"),
}
#: What has another measure than a twin of ours.
ELSEWHERE = {
    "wim.kernels.crc": "zlib is its twin: tests/wim/test_codec.py",
    "wim.kernels.hashing": "two lines of arithmetic; what is found by it is compared in the twins of its callers",
    "wim.kernels.hours": "a dictionary counts the same: tests/service/lanes/test_batches.py",
    "rules.kernels.tally": "a dictionary counts the same: tests/service/lanes/test_batches.py",
}


def kernels() -> set[str]:
    """Modules with a compiled function, by their dotted names."""
    return {dotted(path) for path in tree.python_files(*FOLDERS) if _has_kernel(path)}


def dotted(path: Path) -> str:
    """The name under which a file is imported."""
    parts = path.with_suffix("").parts
    return ".".join(parts[parts[0] == "src" :])


def _has_kernel(path: Path) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id == "kernel"
        for function in tree.functions(path)
        for decorator in function.decorator_list
    )


def used(path: Path) -> set[str]:
    """The modules that a file imports, and what it takes of them, which may be modules too."""
    taken = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    return taken | set(imported(tree.parsed(path)))


def reached(path: Path) -> set[str]:
    """Our own modules that a file imports, and all that those do."""
    files = {dotted(file): file for file in tree.python_files("src", "tests")}
    found: set[str] = set()
    waiting = [path]
    while waiting:
        new = used(waiting.pop()) & files.keys() - found
        found |= new
        waiting += [files[name] for name in new]
    return found


def test_every_kernel_has_a_twin() -> None:
    """A loop may be clever because what checks it is dumb."""
    assert kernels() == TWINS.keys() | ELSEWHERE.keys()
    assert TWINS.keys() & ELSEWHERE.keys() == set()


@pytest.mark.parametrize("module", TWINS)
def test_a_twin_is_held_against_its_kernel(module: str) -> None:
    """The test that is named imports the twin, and comes to the kernel."""
    twin, test = TWINS[module]
    assert f"tests.reference.{twin}" in used(Path(test))
    assert module in reached(Path(test))


def test_every_twin_is_held_against_something() -> None:
    """No file of `tests/reference` that no test imports."""
    tests = set().union(*(used(path) for path in tree.python_files("tests")))
    assert {dotted(path) for path in tree.python_files("tests/reference")} - tests == set()
