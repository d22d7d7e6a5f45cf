"""Explanations: the chain that a lawyer follows."""

from __future__ import annotations

from rules.explain import Reading, explain
from tests.rules.worlds import START_NS, book, network, screen, truck
from wim.records import Passages


def chain(record: Passages) -> dict[str, str]:
    """Step name to English sentence, by the registered site."""
    found = screen().judge(record)[0]
    return {step.name: step.en for step in explain(Reading(record[0], found, book(), network()))}


def test_an_overload_is_followed_from_pattern_to_zone() -> None:
    """Every figure that decided stands in its step, in order."""
    steps = chain(truck(60_000, plate="苏A0T009".encode(), plate_confidence=95, gross_sigma=0.018))
    assert list(steps) == ["vehicle", "pattern", "limit", "tolerance", "comparison", "uncertainty", "flags", "zone"]
    assert "1-2-3" in steps["pattern"]
    assert "harsher" in steps["limit"]
    assert "3.125 %" in steps["tolerance"]
    assert "since 2026-03-01)" in steps["tolerance"]
    assert "60000 − 47000 = 13000 kg (+27.66 %)" in steps["comparison"]
    assert "certificate new, class 2" in steps["uncertainty"]
    assert "P(over) > 99.9 %" in steps["uncertainty"]
    assert steps["zone"] == "intercept"


def test_the_applied_row_brings_its_clause_and_whether_it_is_verified() -> None:
    """What has not been compared with the official text says so."""
    record = truck(30_000, (3500, 1350))
    steps = explain(Reading(record[0], screen().judge(record)[0], book(), network()))
    [limit] = [step for step in steps if step.name == "limit"]
    assert limit.clause == "124號 table, 3-axle truck; note 4 (+ 1 t with air suspension)"
    assert limit.clause_zh == "124號附表，3 軸載貨汽車；註4（空氣懸架加 1 t）"
    assert limit.verified is False


def test_single_tyres_and_papers_are_steps_of_their_own() -> None:
    """They appear where they changed something."""
    steps = chain(truck(99_000, plate="苏A12345".encode(), tyres=0b010101_0000_01, time_ns=START_NS))
    assert "9.00 t off" in steps["deduction"]
    assert "permit covers" in steps["papers"]


def test_what_is_not_judged_says_why() -> None:
    """A car, and a date without a rule set."""
    assert "not judged" in chain(truck(4_000, (2600,)))["vehicle"]
    assert "no rule set" in chain(truck(60_000, time_ns=START_NS - 4000 * 86_400 * 10**9))["limit"]
