"""docs/method/watch.md: its figures are those that were measured, its bounds and steps those of the program."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.drift.scenarios import SCENARIOS
from tests.docs import pages
from tests.wim import june
from wim import authenticity
from wim.authenticity import ALONE, LIMITS, REASONS, Authenticity
from wim.drift import CHARTS, PLANS

PAGE = pages.page("docs/method/watch.md")
KEPT = [json.loads(line) for line in pages.page("benchmarks/results/drift.jsonl").splitlines()]


def test_the_figures_are_those_that_were_kept() -> None:
    """Every scenario of the benchmark has its row, with the figure, the limit and the runs of its line."""
    rows = {row[0]: row for row in pages.table(PAGE, "", "情形 what happens")}
    assert list(rows) == [scenario.id for scenario in SCENARIOS] == [line["scenario"] for line in KEPT]
    for line in KEPT:
        _, what, figure, limit, late, runs = rows[line["scenario"]]
        assert (what, figure.split()[0], runs) == (line["what"], f"{line['figure']:g}", str(line["runs"]))
        assert limit == ("" if line["limit"] is None else f"{line['limit']:g}")
        assert late == (f"{line['late_tenth']:.0f}" if line.get("late_tenth") else "")


def test_every_kept_figure_is_within_the_limit_of_today() -> None:
    """A limit that was tightened since asks for new figures."""
    limits = {scenario.id: scenario.limit for scenario in SCENARIOS}
    assert {line["scenario"]: line["limit"] for line in KEPT} == limits
    assert all(line["met"] for line in KEPT)


def test_the_reasons_are_the_programs() -> None:
    """Names, bounds, sides and which are enough alone."""
    rows = pages.table(PAGE, "理由 reason")[: len(REASONS)]
    assert [row[0] for row in rows] == list(REASONS)
    assert [row[2] for row in rows] == [f"{'>' if row['above'] else '<'} {row['bound']:g}" for row in LIMITS]
    assert {row[0] for row in rows if row[3]} == set(ALONE)
    assert authenticity.BLOCKS == 4


def test_the_figures_of_the_real_record_are_found_again(june_csv: Path) -> None:
    """Both lanes, each reason, as they stand at the end of the record; those that speak are in bold."""
    rows = pages.table(PAGE, "理由 reason")[: len(REASONS)]
    for lane in (1, 2):
        judge = Authenticity()
        judge.update(june.trucks(june_csv, lane))
        for row, reason in zip(rows, judge.verdict.reasons, strict=True):
            cell = row[3 + lane]
            shown = cell.strip("*")
            assert float(shown) == pytest.approx(reason.figure, abs=0.51 * 10.0 ** -len(shown.partition(".")[2]))
            assert cell.startswith("**") == reason.against


def test_the_steps_are_those_that_the_charts_look_for() -> None:
    """In the table of what is watched."""
    steps = {row[0]: row[3] for row in pages.table(PAGE, "圖 chart")}
    for name, plan in zip(CHARTS, PLANS, strict=True):
        assert steps[name] == f"{100 * math.expm1(float(plan['step'])):.0f} %"


def test_the_pictures_and_programs_that_it_names_are_there() -> None:
    """Every link of the page leads somewhere."""
    links = [part.split(")")[0] for part in PAGE.split("](")[1:]]
    assert len(links) >= 6
    assert [link for link in links if not (pages.PROJECT / "docs" / "method" / link).resolve().is_file()] == []
