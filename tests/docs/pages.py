"""The pages for users, as tests read them: their tables and their blocks of code."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The text of a page, by its path in the project."""
    return (PROJECT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code that are marked as of this language, in their order."""
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def tables(text: str) -> list[list[list[str]]]:
    """The tables, in their order: rows of cells, the header first; without code marks and the line below the header."""
    found: list[list[list[str]]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            if not re.fullmatch(r"[|\- :]+", line):
                found[-1].append([cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")])
        before = line
    return found


def table(text: str, *header: str) -> list[list[str]]:
    """The rows of the one table whose header begins so."""
    (rows,) = [rows for rows in tables(text) if tuple(rows[0][: len(header)]) == header]
    return rows[1:]


def words(cell: str) -> list[str]:
    """The names in a cell that lists some."""
    return [word.strip() for word in cell.split(",")]
