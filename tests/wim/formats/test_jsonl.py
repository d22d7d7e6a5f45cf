"""JSON lines, and JSON files however they are laid out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wim.strategies import passages
from wim.formats import open_passages, source, write_passages
from wim.formats.json_rows import json_rows
from wim.forms import from_json, to_json
from wim.records import Passages

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("jsonl") / "passages.jsonl"


def published() -> list[dict[str, Any]]:
    return json.loads((VECTORS / "passages_v1.json").read_text("utf-8"))


@settings(deadline=None)
@given(st.lists(passages(), max_size=2))
def test_what_is_written_comes_back(scratch: Path, chunks: list[Passages]) -> None:
    """Through a file and back no bit of a record changes."""
    assert write_passages(scratch, "jsonl", chunks).passages == sum(map(len, chunks))
    read = [chunk.passages.tobytes() for chunk in open_passages(scratch, "jsonl")]
    assert b"".join(read) == b"".join(passages.tobytes() for passages in chunks)


def test_a_line_is_the_json_form(tmp_path: Path) -> None:
    """Each line is one object as the contract publishes it."""
    write_passages(tmp_path / "p.jsonl", "jsonl", [np.concatenate([from_json(obj) for obj in published()])])
    assert [json.loads(line) for line in (tmp_path / "p.jsonl").read_text("utf-8").splitlines()] == published()


def test_the_published_array_is_read_as_it_stands() -> None:
    """The contract's own JSON file, an array over many lines, is a file of passages."""
    (chunk,) = open_passages(VECTORS / "passages_v1.json")
    assert to_json(chunk.passages) == published()


def test_a_wrong_line_is_one_fault(tmp_path: Path) -> None:
    """A line that is no JSON, no object or no passage is reported with its number, and the others are read."""
    good = [json.dumps(obj) for obj in published()]
    lines = [
        good[0],
        '{"time": ',
        "",
        "7",
        json.dumps(published()[1] | {"lane": -1}),
        '{"site": "\xff"}',
        "}{",
        good[1],
    ]
    (tmp_path / "p").write_bytes("\n".join(lines).encode("latin-1"))
    (chunk,) = open_passages(tmp_path / "p", "jsonl")
    assert [fault.line for fault in chunk.faults] == [2, 4, 5, 6, 7]
    assert chunk.passages["sequence"].tolist() == [7, 8]


def test_a_wrong_object_of_an_array_is_one_fault(tmp_path: Path) -> None:
    """An object that is no JSON does not take its neighbours with it, and is reported at the line where it begins."""
    good = [json.dumps(obj, indent=1) for obj in published()]
    text = f'[\n{good[0]},\n{{"site": "}}{{",\n "lane": 1,,}},\n"stray",\n{good[1]}\n]'
    (tmp_path / "p").write_text(text, "utf-8")
    (chunk,) = open_passages(tmp_path / "p", "jsonl")
    at = text[: text.index('{"site": "}')].count("\n") + 1
    assert [fault.line for fault in chunk.faults] == [at, at + 2]
    assert chunk.passages["sequence"].tolist() == [7, 8]


@pytest.mark.parametrize(
    "tail", ['{"time": "2', "{", "[[[{", '"', "]]x"], ids=["object", "brace", "nested", "quote", "word"]
)
def test_what_is_left_at_the_end_of_an_array_is_reported(tail: str, tmp_path: Path) -> None:
    """A file that was cut off gives what is whole, and one fault for the rest."""
    (tmp_path / "p").write_text(json.dumps(published(), indent=1).rstrip("]") + "," + tail, "utf-8")
    (chunk,) = open_passages(tmp_path / "p", "jsonl")
    assert len(chunk.passages) == 2
    assert len(chunk.faults) == 1


def test_an_object_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Where an object is longer than any of ours the rest is not read, and that is said."""
    (tmp_path / "p").write_bytes(b"[" + b'{"a":' * 2_000_000)
    chunks = list(open_passages(tmp_path / "p", "jsonl"))
    assert [fault.line for chunk in chunks for fault in chunk.faults] == [1]


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text('ab{}[]"\\,:\n'), st.text('ab{}[]"\\,:\n') | st.integers(), max_size=3), max_size=5
    ),
    st.sampled_from([None, 1, 3]),
    st.booleans(),
    st.integers(1, 40),
)
def test_any_layout_gives_the_same_objects(
    scratch: Path, objects: list[dict[str, Any]], indent: int | None, lines: bool, block: int
) -> None:
    """Objects come out whole and at their lines, whatever stands in their strings and wherever a block ends."""
    text = "\n".join(map(json.dumps, objects)) + "\n" if lines else json.dumps(objects, indent=indent)
    scratch.write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK_BYTES", block)
        rows = list(json_rows(scratch))
    assert [value for chunk in rows for value in chunk.values] == objects
    assert [fault for chunk in rows for fault in chunk.faults] == []
    if lines:
        assert [line for chunk in rows for line in chunk.lines] == list(range(1, len(objects) + 1))
