"""The truth has its own file, which joins with the records and is found nowhere in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sensors.simulator.truth import TRUTH, TruthFile, to_arrow
from tests.sensors.simulator.runs import Played, recorded


def test_the_file_holds_every_row(eventful: Played, tmp_path: Path) -> None:
    """Parquet and JSON lines say the same, row for row, with names instead of codes."""
    parquet, lines = tmp_path / "truth.parquet", tmp_path / "truth.jsonl"
    for path in (parquet, lines):
        with TruthFile(path) as file:
            for step in eventful.steps[:5]:
                file.write(step.truth)
    rows = pq.read_table(parquet).to_pylist()
    assert rows == [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert len(rows) == sum(len(step.truth) for step in eventful.steps[:5])
    row, truth = rows[0], eventful.truth[0]
    assert (row["time_ns"], row["trip"], row["gross_kg"]) == (truth["time_ns"], truth["trip"], truth["gross_kg"])
    assert row["plate"] == truth["plate"].decode()
    assert row["gross_kg"] == sum(row["left_kg"]) + sum(row["right_kg"])
    assert {"pattern", "load", "reading", "vehicle_class"} <= set(row)


def test_an_empty_step_writes_nothing(tmp_path: Path) -> None:
    """No crossing, no row, and the file still has its columns."""
    with TruthFile(tmp_path / "truth.parquet") as file:
        file.write(np.zeros(0, TRUTH))
    table = pq.read_table(tmp_path / "truth.parquet")
    assert table.num_rows == 0
    assert table.schema == to_arrow(np.zeros(0, TRUTH)).schema


def test_truth_and_records_join(eventful: Played) -> None:
    """Every record has one row of truth under the same site, lane, run, sequence and part."""
    passages, truth = recorded(eventful)
    assert len(passages) == len(truth)
    for field in ("time_ns", "origin_ns", "site", "lane", "run", "sequence", "part"):
        assert np.array_equal(passages[field], truth[field])


def test_what_was_not_sent_has_no_identity(eventful: Played) -> None:
    """A crossing at a dark site is in the truth alone."""
    unsent = eventful.truth[~eventful.truth["sent"]]
    assert len(unsent)
    assert not unsent["sequence"].any()
    assert not unsent["origin_ns"].any()
