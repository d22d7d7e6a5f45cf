"""The summary of a screening, and the table of its verdicts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from rules.patterns import parse_pattern, pattern_word
from rules.rows import verdict_rows
from rules.summary import Summary
from tests.rules.worlds import book, random_passages, screen
from wim.records import Passages, passage_ids

SCREEN = screen()


@settings(deadline=None)
@given(random_passages())
def test_a_summary_does_not_depend_on_how_the_file_was_cut(passages: Passages) -> None:
    """One batch, or one passage at a time: the same document."""
    verdicts = SCREEN.judge(passages)
    whole, cut = Summary(), Summary()
    whole.add(passages, verdicts)
    for place in range(len(passages)):
        cut.add(passages[place : place + 1], verdicts[place : place + 1])
    assert whole.document() == cut.document()


@settings(deadline=None)
@given(random_passages())
def test_a_summary_adds_up(passages: Passages) -> None:
    """Zones and grades count every passage, severities every truck, violations what is not silent."""
    summary = Summary()
    summary.add(passages, SCREEN.judge(passages))
    document = summary.document()
    assert sum(document["zones"].values()) == sum(document["grades"].values()) == document["passages"] == len(passages)
    assert sum(document["severity"].values()) == document["trucks"]
    assert document["violations"] == document["passages"] - document["zones"].get("silent", 0)
    for table in ("by_lane", "by_axles"):
        assert sum(row["trucks"] for row in document[table].values()) == document["trucks"]


@settings(deadline=None)
@given(random_passages())
def test_a_row_says_what_its_verdict_says(passages: Passages) -> None:
    """Ids, patterns, limits and groups come out beside one another, nulls where there is no limit."""
    verdicts = SCREEN.judge(passages)
    rows = verdict_rows(passages, verdicts, book()).to_pylist()
    assert [row["id"] for row in rows] == passage_ids(passages)
    for row, found in zip(rows, verdicts, strict=True):
        assert pattern_word(parse_pattern(row["pattern"])) == int(found["pattern"])
        assert [group["load_kg"] for group in row["groups"]] == found["group_kg"][: found["group_count"]].tolist()
        assert (row["limit_high_kg"] is None) == (found["limit"] < 0)
        assert row["p_over"] is None or abs(row["p_over"] - float(found["p_over"])) <= 5e-7
        assert row["excess_kg"] is None or np.isclose(row["rate_percent"], int(found["rate_hundredths"]) / 100)
