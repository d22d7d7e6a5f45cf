"""The house rules that a reviewer would forget."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.house import tree

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 8

#: Names that say nothing about what is inside.
NO_ROOMS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}

#: What makes machine code of a function; the flags of all of them are set in one place.
COMPILERS = {"njit", "jit", "vectorize", "guvectorize", "cfunc", "stencil", "generated_jit"}
DECORATOR = Path("src/wim/kernels/jit.py")

PURE = ("src/wim", "src/rules", "src/dispatch")
SOURCES = ("src", "sensors")

#: An installer's source, or a place on one developer's machine. Brackets keep this line from finding itself.
ADDRESS = re.compile(
    r"--(extra-)?index-ur[l]|\"resolved\": \"htt[p]|^(@[\w-]+:)?registry\s*=\s*htt[p]|<repositor[y]>"
    r"|(?<![\w.~$}])/(wor[k]|roo[t]|hom[e])/"
)
#: Where packages, images and jars are named, and nothing but their names may stand.
INSTALLERS = re.compile(r"^(requirements/.*|deploy/.*|Makefile|\.ci/.*|pyproject\.toml)$")
#: The names of XML vocabularies look like addresses; nothing is fetched from them.
VOCABULARY = re.compile(r"http://(maven\.apache\.org/(POM|xsd)|www\.w3\.org)/\S*")


def test_no_file_is_crowded() -> None:
    """A file that reaches 400 lines is split before it grows on."""
    lines = {path: tree.text(path).count("\n") for path in tree.python_files()}
    assert {str(path): count for path, count in lines.items() if count >= MAX_FILE_LINES} == {}


def test_no_function_is_long() -> None:
    """Outside the kernels, whose loops cannot be cut without a cost, a function fits one screen."""
    long = [
        f"{path}:{function.lineno} {function.name}: {tree.length(function)} lines"
        for path in tree.python_files()
        if "kernels" not in path.parts
        for function in tree.functions(path)
        if tree.length(function) > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_the_usual_function_is_short() -> None:
    """Half of all functions say what they do in a few lines."""
    lengths = [tree.length(function) for path in tree.python_files(*SOURCES) for function in tree.functions(path)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES


def test_every_module_is_named_after_something() -> None:
    """No module and no folder is a drawer for what did not fit elsewhere."""
    drawers = [str(path) for path in tree.python_files() if NO_ROOMS & {part.strip("_") for part in _names(path)}]
    assert drawers == []


def test_kernels_are_compiled_in_one_way() -> None:
    """numba's decorators are used in one module, so that every kernel has the same flags."""
    assert any(_compilers(DECORATOR)), "the one decorator has moved"
    elsewhere = [use for path in tree.python_files() if path != DECORATOR for use in _compilers(path)]
    assert elsewhere == []


def test_the_pure_packages_do_not_know_the_time() -> None:
    """Where time matters to a measure, a judgement or an action, it is an argument."""
    clocks = [use for path in tree.python_files(*PURE) for use in _clocks(path)]
    assert clocks == []


def test_nothing_is_pickled() -> None:
    """No source reads or writes a format that runs code when it is read."""
    modules = {"pickle", "cPickle", "dill", "shelve", "marshal"}
    users = [f"{path}: {name}" for path in tree.python_files(*SOURCES) for name in _imports(path) if name in modules]
    assert users == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    """The project installs and runs wherever it is put."""
    found = [
        f"{path}:{number}"
        for path in tree.files()
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if ADDRESS.search(line)
    ]
    assert found == []


def test_installers_name_packages_and_no_address() -> None:
    """Who installs decides where locks, jars and images come from."""
    found = [
        f"{path}:{number}"
        for path in tree.files()
        if INSTALLERS.match(str(path))
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if re.search(r"\b(https?|git\+ssh)://", VOCABULARY.sub("", line)) and "127.0.0.1" not in line
    ]
    assert found == []


def test_every_test_states_its_guarantee() -> None:
    """A failing test says in a sentence what is no longer true."""
    silent = [
        f"{path}:{function.lineno} {function.name}"
        for path in tree.python_files("tests")
        if path.name.startswith("test_")
        for function in tree.functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_every_test_would_be_found() -> None:
    """No test hides in a class, or in a file or folder that pytest does not collect."""
    hidden = [
        f"{path}:{node.lineno}"
        for path in tree.python_files("tests")
        for node in tree.parsed(path).body
        if (isinstance(node, ast.ClassDef) and node.name.startswith("Test"))
        or (isinstance(node, tree.Function) and node.name.startswith("test_") and not path.name.startswith("test_"))
    ]
    assert hidden == []


def _names(path: Path) -> set[str]:
    return {*path.parts[:-1], path.stem}


def _imports(path: Path) -> Iterator[str]:
    """The top-level modules that a file imports, wherever in it."""
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _compilers(path: Path) -> Iterator[str]:
    """Where a file takes one of numba's compilers, by import or by attribute."""
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numba":
            yield from (f"{path}:{node.lineno} {alias.name}" for alias in node.names if alias.name in COMPILERS)
        elif isinstance(node, ast.Attribute) and node.attr in COMPILERS and _root(node) in {"numba", "nb"}:
            yield f"{path}:{node.lineno} {node.attr}"


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _clocks(path: Path) -> Iterator[str]:
    """Where a file could read the time: the `time` module, or `now`, `utcnow` and `today` of dates."""
    if "time" in _imports(path):
        yield f"{path}: imports time"
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            yield f"{path}:{node.lineno} {node.attr}"
