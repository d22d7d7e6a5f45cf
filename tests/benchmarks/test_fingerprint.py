"""Strangers of a real road are not merged."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fingerprint.__main__ import MOST_PERCENT, SCENARIOS
from benchmarks.fingerprint.study import count, line, read

#: Of the violations every third: the whole takes a minute, and `python -m benchmarks.fingerprint` does it.
EVERY = 3


def test_strangers_are_merged_in_no_more_than_one_violation_of_a_hundred(june_csv: Path) -> None:
    """On the June record, within 4 h, with nobody's plate known; a plain comparison finds a twin for a third of them.

    Of vehicles with five axles and more, which are few there, most are found again; of the many alike hardly any is.
    """
    lanes, window_hours = SCENARIOS["both lanes, 4 h"]
    kinds = read(june_csv, lanes)
    counts = {kind.axles: count(kind, window_hours, EVERY) for kind in kinds}
    found = line("June", list(counts.values()), MOST_PERCENT)
    assert found["violations"] > 1_000
    assert found["candidates_mean"] > 100
    assert found["false_merge_percent"] <= MOST_PERCENT
    assert found["plain_2_percent_match_percent"] > 33
    assert found["wrong_beside_itself_percent"] <= MOST_PERCENT
    large = [one for axles, one in counts.items() if axles >= 5]
    assert sum(one.found for one in large) > 0.6 * sum(one.violations for one in large) > 0
