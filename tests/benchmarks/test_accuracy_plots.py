"""The pictures and the page of benchmarks/accuracy, from lines that nobody measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy import __main__ as program
from benchmarks.accuracy import plots, report
from benchmarks.accuracy.run import Line
from benchmarks.accuracy.scenarios import Scenario, read_scenarios


def pretended(scenario: Scenario) -> Line:
    """A steady scenario with figures of nothing."""
    names = ("mean_error_percent", "coverage_percent", "sigma_ratio")
    limited = scenario.limits.keys() & set(names)
    return {
        "scenario": scenario.id,
        "group": scenario.group,
        "layout": scenario.layout,
        "speed_kmh": list(scenario.recipe.speed_kmh),
        "computed": {"plain_percent": 2.0, "best_percent": 1.8},
        "figures": {
            name: {"value": 0.9, "se": 0.1, **({"from": "design", "limit": "≤ 1"} if name in limited else {})}
            for name in names
        },
    }


LINES = [pretended(scenario) for scenario in read_scenarios() if scenario.group == "steady"]


def test_the_same_lines_draw_the_same_bytes(tmp_path: Path) -> None:
    """A picture changes in the repository only where a figure has changed."""
    first, second = plots.draw_figures(LINES, tmp_path / "a"), plots.draw_figures(LINES, tmp_path / "b")
    assert [path.name for path in first] == ["accuracy_error.svg", "accuracy_ratio.svg", "accuracy_coverage.svg"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size < 300_000
        assert one.read_text("utf-8").count("<svg") == 1


def test_the_annotated_signal_is_small_enough_for_a_page(tmp_path: Path) -> None:
    """One frame with its windows and weights, as SVG or, where that is large, as PNG."""
    path = plots.annotated(tmp_path / "signal.svg")
    assert path.suffix in (".svg", ".png")
    assert 10_000 < path.stat().st_size <= 300_000
    assert list(tmp_path.iterdir()) == [path]


def test_the_page_has_a_place_for_its_figures_and_shows_every_picture() -> None:
    """What `--plots` refreshes is there, and every picture that the page names."""
    text = program.PAGE.read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    for name in ("error", "ratio", "coverage", "signal"):
        (shown,) = {path for path in program.IMAGES.glob(f"accuracy_{name}.*") if path.name in text}
        assert shown.stat().st_size <= 300_000


def test_tables_are_put_between_the_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands around them stays, and what stood there before is gone."""
    monkeypatch.setattr(report, "tables", lambda lines: f"{len(lines)} lines\n")
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nbehind\n", "utf-8")
    report.refresh(page, LINES)
    assert page.read_text("utf-8") == f"before\n{report.BEGIN}\n\n{len(LINES)} lines\n\n{report.END}\nbehind\n"
    report.refresh(page, LINES[:1])
    assert "1 lines" in page.read_text("utf-8")
