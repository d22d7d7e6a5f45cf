"""`wim screen`: judge files of passages through the very kernel of the screen lane, without Kafka."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from rules.plates import compile_plates, no_plates
from rules.ruleset import RuleBook, load_book
from rules.screen import Screen
from rules.summary import Summary
from rules.terms import DEFAULT_THOUSANDTHS, compile_terms, neutral_terms
from service.cli.reading import Files, Format, Site, Strict, Units, reader
from service.cli.verdict_files import verdict_file
from service.registry import read_registry

#: Judged where neither registry nor rule set is given (contracts.md §6).
NEUTRAL_RULE_SET = "cn-2016"

Sites = Annotated[Path | None, typer.Option("--sites", help="Registry file; without it a neutral site is assumed.")]
RuleSet = Annotated[str | None, typer.Option("--rule-set", help="Judge by this one, whatever the date.")]
Tables = Annotated[list[Path] | None, typer.Option("--rules", help="Further rule set files (TOML).")]
Tolerance = Annotated[str | None, typer.Option("--tolerance-percent", help="Instead of each site's own (5 without).")]
Out = Annotated[Path | None, typer.Option("--out", help="One row a passage: .parquet, .jsonl or .csv.")]
Json = Annotated[bool, typer.Option("--json", help="The summary as one JSON document on stdout.")]


def screen(
    files: Files,
    format: Format = "auto",
    sites: Sites = None,
    rule_set: RuleSet = None,
    tolerance_percent: Tolerance = None,
    rules: Tables = None,
    site: Site = None,
    units: Units = None,
    out: Out = None,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Judge files of passages."""
    book = load_book(rules or ())
    by = make_screen(book, sites, rule_set, thousandths(tolerance_percent))
    read = reader(files, format, site, units)
    summary = Summary()
    with verdict_file(out, book) as write:
        for passages in read.chunks():
            verdicts = by.judge(passages)
            summary.add(passages, verdicts)
            write(passages, verdicts)
    typer.echo(json.dumps(summary.document()) if as_json else _for_people(summary))
    read.finish(strict)


def make_screen(book: RuleBook, sites: Path | None, rule_set: str | None, tolerance: int | None) -> Screen:
    """What to judge by: the registry of `sites`, or the neutral site."""
    if sites is None:
        terms = neutral_terms(DEFAULT_THOUSANDTHS if tolerance is None else tolerance)
        return Screen(book.fixed(rule_set or NEUTRAL_RULE_SET).law, terms, no_plates())
    registry = read_registry(sites)
    corridors = {name: row for row, name in enumerate(registry.network.corridors)}
    law = (book.fixed(rule_set) if rule_set else book).law
    return Screen(law, compile_terms(registry.network, tolerance), compile_plates(registry.register, corridors))


def thousandths(percent: str | None) -> int | None:
    """A tolerance as the kernel compares it; a person's "5" or "2.125"."""
    if percent is None:
        return None
    try:
        value = Decimal(percent) * 1000
    except ArithmeticError:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= 100_000 or value != int(value):
        raise typer.BadParameter(f"{percent!r} is not 0 … 100 percent with at most three decimals")
    return int(value)


def _for_people(summary: Summary) -> str:
    """The summary as lines."""
    document = summary.document()
    lines = []
    for name, value in document.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {_plain(count)}" for key, count in value.items()) or "—"
        lines.append(f"{name:>22}  {value}")
    return "\n".join(lines)


def _plain(count: object) -> str:
    return f"{count['over_nominal']}/{count['trucks']}" if isinstance(count, dict) else str(count)
