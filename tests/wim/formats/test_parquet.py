"""Parquet: our own files, other writers' and broken ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wim.strategies import passages
from wim.formats import CHUNK_ROWS, FormatError, open_passages, write_passages
from wim.forms import from_json, to_arrow
from wim.records import Passages

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("parquet") / "passages.parquet"


@pytest.fixture(scope="module")
def vector() -> Passages:
    """The two published passages."""
    return np.concatenate([from_json(obj) for obj in json.loads((VECTORS / "passages_v1.json").read_text("utf-8"))])


@settings(deadline=None, max_examples=30)
@given(st.lists(passages(), max_size=2))
def test_what_is_written_comes_back(scratch: Path, chunks: list[Passages]) -> None:
    """Through a file and back no bit of a record changes."""
    assert write_passages(scratch, "parquet", chunks).passages == sum(map(len, chunks))
    read = [chunk.passages.tobytes() for chunk in open_passages(scratch)]
    assert b"".join(read) == b"".join(passages.tobytes() for passages in chunks)


def test_many_small_arrays_become_few_row_groups(vector: Passages, tmp_path: Path) -> None:
    """A unit that sends one passage at a time does not make a file of one-row groups."""
    write_passages(tmp_path / "p", "parquet", (vector[:1] for _ in range(1_000)))
    assert pq.read_metadata(tmp_path / "p").num_row_groups == 1


def test_a_long_file_comes_in_chunks(vector: Passages, tmp_path: Path) -> None:
    """No chunk is longer than the limit, and each says with which row it begins."""
    write_passages(tmp_path / "p", "parquet", [np.tile(vector, CHUNK_ROWS)])
    chunks = list(open_passages(tmp_path / "p"))
    assert [len(chunk.passages) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS]
    assert [chunk.first_row for chunk in chunks] == [1, CHUNK_ROWS + 1]


def test_a_wrong_row_is_one_fault_at_its_row(vector: Passages, tmp_path: Path) -> None:
    """A row that cannot be a passage is reported by its number, and the others are read."""
    batch = to_arrow(np.concatenate([vector, vector]))
    counts = pa.array([6, 2, 0, 2], pa.uint8())
    table = pa.Table.from_batches([batch.set_column(batch.schema.get_field_index("axle_count"), "axle_count", counts)])
    pq.write_table(table, tmp_path / "p")
    (chunk,) = open_passages(tmp_path / "p")
    assert [(fault.line, fault.reason.partition(":")[0]) for fault in chunk.faults] == [(3, "axle_count")]
    assert chunk.passages["sequence"].tolist() == [7, 8, 8]


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    """The error names the file and the column that it lacks."""
    pq.write_table(pa.table({"site": ["S"], "time_ns": [1]}), tmp_path / "p")
    with pytest.raises(FormatError, match=r"/p: column lane"):
        open_passages(tmp_path / "p")


def test_parquet_inside_gzip_is_refused_with_the_remedy(vector: Passages, tmp_path: Path) -> None:
    """Parquet is read in pieces from its end, which gzip does not allow: the error says what to do."""
    write_passages(tmp_path / "p", "parquet", [vector])
    (tmp_path / "p.gz").write_bytes(gzip.compress((tmp_path / "p").read_bytes()))
    with pytest.raises(FormatError, match="gunzip"):
        open_passages(tmp_path / "p.gz")


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_broken_file_is_a_format_error_or_a_fault(scratch: Path, vector: Passages, data: st.DataObject) -> None:
    """Wherever bytes are changed or cut, nothing but FormatError is raised."""
    write_passages(scratch, "parquet", [np.tile(vector, 20)])
    content = bytearray(scratch.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    scratch.write_bytes(bytes(content[: data.draw(st.integers(4, len(content)))]))
    try:
        rows = [(len(chunk.passages), len(chunk.faults)) for chunk in open_passages(scratch, "parquet")]
    except FormatError:
        return
    assert sum(map(sum, rows)) > 0
