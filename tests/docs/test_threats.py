"""Every line of the page of threats is held up by a test that exists."""

from __future__ import annotations

import ast

import pytest

from tests.docs.pages import PROJECT, page, tables

LINES = [(way, test) for table in tables(page("docs/threats.md")) for way, _, test in table[1:]]


def _tests(path: str) -> set[str]:
    """The names of the test functions of a file."""
    tree = ast.parse((PROJECT / path).read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def test_each_way_is_told_once() -> None:
    """And there are some of each attacker."""
    ways = [way for way, _ in LINES]
    assert len(ways) == len(set(ways))
    assert len(tables(page("docs/threats.md"))) == 5


@pytest.mark.parametrize(("way", "test"), LINES, ids=[way.split(" ")[0] for way, _ in LINES])
def test_a_line_names_a_test_that_exists(way: str, test: str) -> None:
    """A whole file only where it is about that way and no other."""
    path, _, name = test.partition("::")
    assert name in _tests(path) if name else _tests(path), f"{way}: there is no {test}"
