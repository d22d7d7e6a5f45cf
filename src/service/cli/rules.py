"""`wim rules`: check rule set files, explain a verdict, and see what another rule set would change."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from rules.explain import Reading, explain
from rules.ruleset import GroupRow, LimitRow, RuleBook, load_book
from rules.summary import Summary
from service.cli.differences import Differences
from service.cli.reading import Files, Format, Reader, Site, Strict, Units, reader
from service.cli.screen import Json, RuleSet, Sites, Tables, Tolerance, make_screen, thousandths
from service.registry import read_registry
from wim.records import passage_ids

app = typer.Typer(no_args_is_help=True, help="Check rule sets, explain a verdict, compare two rule sets.")

RulePaths = Annotated[list[Path] | None, typer.Argument(help="Rule set files; none = the built-in ones.")]
Passage = Annotated[str | None, typer.Option("--id", help="The passage's id, 16 hex digits.")]
Index = Annotated[int | None, typer.Option("--index", min=0, help="The passage's place in the file, from 0.")]


@app.command("check")
def check_command(files: RulePaths = None, as_json: Json = False) -> None:
    """Check rule set files; shows what is in force and which rows are not verified."""
    book = load_book(files or ())
    found = [_described(book, index) for index in range(len(book.rule_sets))]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for rule_set in found:
        force = "in force" if rule_set["in_force"] else "for comparison"
        typer.echo(f"{rule_set['id']}  {force} from {rule_set['from']}  {rule_set['rows']} rows  {rule_set['title']}")
        typer.echo(f"  not verified: {', '.join(rule_set['not_verified']) or '—'}")


def _described(book: RuleBook, index: int) -> dict[str, Any]:
    rule_set = book.rule_sets[index]
    rows: list[LimitRow | GroupRow] = [*rule_set.limit, *rule_set.group]
    return {
        "id": rule_set.id,
        "title": rule_set.title,
        "from": rule_set.from_.isoformat(),
        "until": rule_set.until.isoformat() if rule_set.until else None,
        "in_force": rule_set.in_force,
        "rows": len(rows),
        "not_verified": [row.id for row in rows if not row.verified],
    }


@app.command("explain")
def explain_command(
    files: Files,
    passage: Passage = None,
    index: Index = None,
    format: Format = "auto",
    sites: Sites = None,
    rule_set: RuleSet = None,
    tolerance_percent: Tolerance = None,
    rules: Tables = None,
    site: Site = None,
    units: Units = None,
    as_json: Json = False,
) -> None:
    """Explain the verdict of one passage, step by step."""
    if (passage is None) == (index is None):
        raise typer.BadParameter("say which passage: --id or --index")
    book = load_book(rules or ())
    record = _find(reader(files, format, site, units), passage, index)
    verdict = make_screen(book, sites, rule_set, thousandths(tolerance_percent)).judge(record)[0]
    steps = explain(Reading(record[0], verdict, book, read_registry(sites).network if sites else None))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(step) for step in steps], ensure_ascii=False))
        return
    for step in steps:
        typer.echo(f"{step.name:>12}  {step.zh}\n{'':>12}  {step.en}")
        if step.clause:
            checked = "verified 已核" if step.verified else "not verified 未核"
            typer.echo(f"{'':>12}  [{step.clause}; {step.source}, {step.date}; {checked}]")


def _find(read: Reader, passage: str | None, index: int | None) -> np.ndarray[Any, np.dtype[np.void]]:
    """The record asked for, shape (1,)."""
    before = 0
    for passages in read.chunks():
        place = _place_by_id(passages, passage) if index is None else index - before
        if place is not None and 0 <= place < len(passages):
            return passages[place : place + 1]
        before += len(passages)
    wanted = f"id {passage}" if index is None else f"index {index}"
    typer.echo(f"error: there is no passage of {wanted} among {before}; `wim screen --out` lists the ids", err=True)
    raise typer.Exit(1)


def _place_by_id(passages: np.ndarray[Any, np.dtype[np.void]], wanted: str | None) -> int | None:
    ids = passage_ids(passages)
    return ids.index(wanted) if wanted in ids else None


@app.command("diff")
def diff_command(
    one: Annotated[str, typer.Argument(help="A rule set's id.")],
    other: Annotated[str, typer.Argument(help="Another's.")],
    files: Files,
    format: Format = "auto",
    sites: Sites = None,
    tolerance_percent: Tolerance = None,
    other_tolerance_percent: Annotated[str | None, typer.Option(help="The tolerance of the other one.")] = None,
    rules: Tables = None,
    site: Site = None,
    units: Units = None,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Judge files under two rule sets: who changes, and both summaries."""
    book = load_book(rules or ())
    tolerance = thousandths(tolerance_percent)
    tolerance_of_other = thousandths(other_tolerance_percent or tolerance_percent)
    first, second = make_screen(book, sites, one, tolerance), make_screen(book, sites, other, tolerance_of_other)
    read, differences, summaries = reader(files, format, site, units), Differences(book), (Summary(), Summary())
    for passages in read.chunks():
        verdicts = first.judge(passages), second.judge(passages)
        for summary, judged in zip(summaries, verdicts, strict=True):
            summary.add(passages, judged)
        differences.add(passages, *verdicts)
    document = {"a": one, "b": other, **differences.document(), "summary_a": summaries[0].document()}
    document["summary_b"] = summaries[1].document()
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else differences.for_people(one, other, summaries))
    read.finish(strict)
