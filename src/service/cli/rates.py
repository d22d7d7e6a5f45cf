"""`wim rates`: the overload rates of corridors, asked of the database itself."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from service.cli.starting import start
from service.policy import Policy, read_policy
from service.rating.questions import RateQuestion, answers
from service.registry import Registry, read_registry
from service.store.engine import Store, open_store
from wim.sites import Corridor

Corridors = Annotated[list[str] | None, typer.Argument(help="Corridors; none = all of the registry.")]
From = Annotated[str | None, typer.Option("--from", help="Date in the corridor's zone, or RFC 3339 (usually today).")]
To = Annotated[str | None, typer.Option("--to", help="The end, exclusive.")]
Bucket = Annotated[Literal["hour", "day", "month"] | None, typer.Option("--bucket", help="One row each.")]
Way = Annotated[Literal["up", "down", "both"] | None, typer.Option("--direction", help="both merges.")]
By = Annotated[Literal["axles", "band", "lane", "site", "area"] | None, typer.Option("--by", help="One row each.")]
Compare = Annotated[
    str | None, typer.Option("--compare", help="With: previous, year, or a period, as 2026-05-01/2026-05-08.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, as GET /v1/rates answers.")]


#: Wide enough for any table; only what a table needs is used of it.
WIDEST = 1_000

#: Beside a difference whose interval holds 0.
MAYBE_NONE = "≈"

_LEADING = ("corridor", "from", "direction", "site", "lane", "axles", "band", "area")
#: Two lines each: the whole table stands in 80 columns.
_HEADINGS = {
    "corridor": "路線\nroad",
    "from": "自\nfrom",
    "direction": "方向\nway",
    "site": "站點\nsite",
    "lane": "車道\nlane",
    "axles": "軸數\naxles",
    "band": "幅度\nband",
    "area": "地區\narea",
    "trucks": "貨車\ntrucks",
    "over": "超限\nover",
    "rate": "超限率\nrate %",
    "interval": "95 %",
    "net": "淨值\nnet %",
    "hundred": "百噸王\n≥100 t",
    "plates": "識牌 %\nplates",
    "other": "對照自\ncompared",
    "other rate": "對照率\nrate %",
    "points": "差\npoints",
    "points interval": "95 %",
}


class RatesError(ValueError):
    """A question that has no answer, and what to ask instead."""


@dataclass(frozen=True)
class _Source:
    registry: Registry
    policy: Policy
    store: Store
    clock_ns: Callable[[], int] = time.time_ns


def rates(
    corridors: Corridors = None,
    from_: From = None,
    to: To = None,
    bucket: Bucket = None,
    direction: Way = None,
    by: By = None,
    compare: Compare = None,
    as_json: Json = False,
) -> None:
    """Show trucks, overloads and the rate with its 95 % interval."""
    settings = start()
    registry, policy = read_registry(settings.registry), read_policy(settings.policy)
    store = open_store(settings.database.url.get_secret_value())
    question = RateQuestion(from_, to, bucket, direction, by, compare)
    try:
        found = answers(_Source(registry, policy, store), _chosen(registry, corridors), question)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps({"unit": "passages", "bucket": bucket, "corridors": found}, ensure_ascii=False))
        return
    _show(Console(), found, question)


def _show(console: Console, found: Sequence[Mapping[str, Any]], question: RateQuestion) -> None:
    """The table and what stands beside it; a terminal too narrow wraps the lines, it never loses a digit."""
    table = table_of(found, question)
    needed = table.__rich_measure__(console, console.options.update(max_width=WIDEST)).maximum
    console.print("超限率 Overload rates", *told_once(found, question), sep="  ", soft_wrap=True, highlight=False)
    for line in compared_once(found, question):
        console.print(line, soft_wrap=True, highlight=False)
    Console(width=max(console.width, needed), soft_wrap=True).print(table)
    for line in [*maybe_none_lines(found), *excluded_lines(found)]:
        console.print(line, soft_wrap=True, highlight=False)


def _chosen(registry: Registry, names: Sequence[str] | None) -> list[Corridor]:
    known = registry.network.corridors
    for name in names or ():
        if name not in known:
            raise RatesError(f"there is no corridor {name!r}; choose from {', '.join(known)}")
    return [known[name] for name in names or known]


def told_once(found: Sequence[Mapping[str, Any]], question: RateQuestion) -> list[str]:
    """What holds for every row, so that no column repeats it: the one corridor, the whole period."""
    told = [found[0]["corridor"]] if len(found) == 1 else []
    if _one_period(found, question) and found:
        told.append(_period(found[0]))
    return told


def compared_once(found: Sequence[Mapping[str, Any]], question: RateQuestion) -> list[str]:
    """The period that all of it is compared with."""
    if question.compare is None or not found or not _one_period(found, question):
        return []
    return [f"對照 compared with {_period(found[0]['compare'])}"]


def _period(span: Mapping[str, Any]) -> str:
    return f"{moment(span['from'])} … {moment(span['to'])}"


def _one_period(found: Sequence[Mapping[str, Any]], question: RateQuestion) -> bool:
    return question.bucket is None and len({_period(answer) for answer in found}) < 2


def table_of(found: Sequence[Mapping[str, Any]], question: RateQuestion) -> Table:
    """One line a row of the answers; the net rate beside the raw one wherever they rest on different trucks."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    rows = [_cells(answer, row, question, _has_excluded(found)) for answer in found for row in answer["rows"]]
    apart = [name for name, kept in _leading(found, question).items() if kept]
    for name in apart:
        table.add_column(_HEADINGS[name], no_wrap=True)
    for name in rows[0] if rows else ():
        if name not in _LEADING:
            table.add_column(_HEADINGS[name], justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(str(row[name]) for name in row if name in apart or name not in _LEADING))
    return table


def _leading(found: Sequence[Mapping[str, Any]], question: RateQuestion) -> dict[str, bool]:
    """The columns that say what a row is about, and whether they are needed."""
    by = ("site", "lane") if question.by == "lane" else (question.by,)
    kept = {"corridor": len(found) > 1, "from": not _one_period(found, question), "direction": True}
    return kept | {name: True for name in by if name}


def _cells(answer: Mapping[str, Any], row: Mapping[str, Any], question: RateQuestion, net: bool) -> dict[str, str]:
    """Column and text, in the columns' order."""
    hourly = question.bucket == "hour"
    about = {"corridor": answer["corridor"], **row, "from": moment(row["from"], hourly)}
    cells = {name: str(about[name]) for name in _leading(found=[answer], question=question)} | _figures(row)
    if net:
        cells["net"] = _percent(row["net"]["rate_percent"])
    if question.compare is None:
        return cells | _beside(row)
    against = _against(row["compared"], hourly)
    return cells | (against if question.bucket else {name: against[name] for name in against if name != "other"})


def moment(rfc3339: str, hourly: bool = False) -> str:
    """A day as 2021-06-01; an hour, or what does not begin at midnight, as 2021-06-01 08:00 of the corridor's zone."""
    day, clock = rfc3339[:10], rfc3339[11:16]
    return f"{day} {clock}" if hourly or clock != "00:00" else day


def _has_excluded(found: Sequence[Mapping[str, Any]]) -> bool:
    return any(row["excluded"] for answer in found for row in answer["rows"])


def excluded_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What net leaves out of each corridor, by reason, the most frequent first."""
    lines = []
    for answer in found:
        reasons: Counter[str] = Counter()
        for row in answer["rows"]:
            reasons.update(row["excluded"])
        told = ", ".join(f"{reason} {_grouped(trucks)} trucks" for reason, trucks in reasons.most_common())
        lines += [f"{answer['corridor']} 淨值剔除 excluded: {told}"] if told else []
    return lines


def maybe_none_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the sign beside a difference means, where one has it."""
    against = (row.get("compared") for answer in found for row in answer["rows"])
    if not any(other and other["differs"] is False for other in against):
        return []
    return [f"{MAYBE_NONE} 差在誤差範圍內，可能只是偶然 within the margin of error: may be chance"]


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _figures(row: Mapping[str, Any]) -> dict[str, str]:
    """No data is not zero."""
    cells = {"trucks": str(row["trucks"]), "over": str(row["over_beyond_tolerance"])}
    if row["rate_percent"] is None:
        return cells | {"rate": "無資料", "interval": "no data"}
    low, high = row["rate_low_percent"], row["rate_high_percent"]
    return cells | {"rate": f"{row['rate_percent']:.2f}", "interval": f"{low:.2f}–{high:.2f}"}


def _beside(row: Mapping[str, Any]) -> dict[str, str]:
    """Figures that are no part of the rate; a comparison leaves them out for room."""
    plates = row["plate_read_percent"]
    return {"hundred": str(row["hundred_tonne"]), "plates": "—" if plates is None else f"{plates:.1f}"}


def _against(other: Mapping[str, Any] | None, hourly: bool) -> dict[str, str]:
    """The other period's rate, and by how much this one differs; nothing where either has no data."""
    cells = {"other": "—", "other rate": "no data", "points": "—", "points interval": "—"}
    if other is None:
        return cells
    cells["other"] = moment(other["from"], hourly)
    if other["rate_percent"] is not None:
        cells["other rate"] = f"{other['rate_percent']:.2f}"
    if other["difference_points"] is not None:
        low, high = other["difference_low_points"], other["difference_high_points"]
        cells["points"] = f"{other['difference_points']:+.2f}{'' if other['differs'] else f' {MAYBE_NONE}'}"
        cells["points interval"] = f"{low:+.2f} … {high:+.2f}"
    return cells
