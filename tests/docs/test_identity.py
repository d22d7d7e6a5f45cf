"""docs/method/identity.md: its figures are those that were measured, its bounds those of the program."""

from __future__ import annotations

import json

from benchmarks.fingerprint.__main__ import MOST_PERCENT, SCENARIOS
from dispatch import cloned, fingerprint
from tests.docs import pages

PAGE = pages.page("docs/method/identity.md")
KEPT = [json.loads(line) for line in pages.page("benchmarks/results/fingerprint.jsonl").splitlines()]


def test_the_figures_are_those_that_were_kept() -> None:
    """Every line of the benchmark has its row."""
    shown = pages.table(PAGE, "情形 scenario")
    fields = ("violations", "candidates_mean", "false_merge_percent", "plain_2_percent_match_percent", "found_percent")
    assert shown == [[line["scenario"], *(str(line[field]) for field in fields)] for line in KEPT]


def test_the_limit_is_held_in_every_scenario() -> None:
    """The design's 1 %, of each scenario as a whole."""
    judged = {line["scenario"]: line for line in KEPT if line["limit_percent"] is not None}
    assert list(judged) == list(SCENARIOS)
    assert all(line["false_merge_percent"] <= MOST_PERCENT == line["limit_percent"] for line in judged.values())


def test_the_bounds_are_the_programs() -> None:
    """Scores, speeds and numbers that the page names."""
    assert f"得分 ≥ {fingerprint.PROBABLE_FROM} " in PAGE
    assert f"每小時 {fingerprint.TOP_KMH:.0f} 公里" in PAGE
    assert f"不足 {fingerprint.FEWEST_KNOWN} 輛" in PAGE
    assert f"{cloned.TOP_KMH:.0f} ± {cloned.TOP_SPREAD_KMH:.0f} km/h" in PAGE
    assert f"P(clone) = {cloned.CLONES}, P(misread) = {cloned.MISREADS:.4f}" in PAGE
    assert f"≥ {cloned.CLONED_FROM} 稱為套牌" in PAGE
