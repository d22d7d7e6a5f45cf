"""`wim rates`: the overload rates of corridors, asked of the database itself."""

from __future__ import annotations

import json
import time
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
    Console().print(_table(found, by, compare))


def _chosen(registry: Registry, names: Sequence[str] | None) -> list[Corridor]:
    known = registry.network.corridors
    for name in names or ():
        if name not in known:
            raise RatesError(f"there is no corridor {name!r}; choose from {', '.join(known)}")
    return [known[name] for name in names or known]


def _table(found: Sequence[Mapping[str, Any]], by: str | None, compare: str | None) -> Table:
    table = Table(title="超限率 Overload rates")
    for name in ("路線 corridor", "自 from", "方向 direction", *([by] if by else [])):
        table.add_column(name)
    for name in ("貨車 trucks", "超限 over", "超限率 rate %", "95 %", "≥ 100 t", "識牌 plates %"):
        table.add_column(name, justify="right")
    if compare:
        for name in ("對照自 compared from", "超限率 rate %", "差 points", "95 %"):
            table.add_column(name, justify="right")
    for answer in found:
        for row in answer["rows"]:
            against = _against(row["compared"]) if compare else ()
            table.add_row(answer["corridor"], row["from"][:16], row["direction"], *_figures(row, by), *against)
    return table


def _figures(row: Mapping[str, Any], by: str | None) -> list[str]:
    """No data is not zero."""
    low, high = row["rate_low_percent"], row["rate_high_percent"]
    cells = [row["trucks"], row["over_beyond_tolerance"], "無資料 no data", "—", row["hundred_tonne"], "—"]
    if row["plate_read_percent"] is not None:
        cells[-1] = f"{row['plate_read_percent']:.1f}"
    if row["rate_percent"] is not None:
        cells[2:4] = f"{row['rate_percent']:.2f}", f"{low:.2f} … {high:.2f}"
    return [str(cell) for cell in ([row[by], *cells] if by else cells)]


def _against(other: Mapping[str, Any] | None) -> Sequence[str]:
    """The other period's rate, and by how much this one differs; nothing where either has no data."""
    if other is None:
        return "無資料 no data", "—", "—", "—"
    rate, points = other["rate_percent"], other["difference_points"]
    cells = [other["from"][:16], "無資料 no data" if rate is None else f"{rate:.2f}", "—", "—"]
    if points is not None:
        low, high = other["difference_low_points"], other["difference_high_points"]
        cells[2:] = f"{points:+.2f}", f"{low:+.2f} … {high:+.2f}"
    return cells
