"""The demo's terminal: addresses, corridor rates, newest intercepts, Chinese first and English beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.demo.glimpse import Row

#: Columns from which a line has room for every figure and both languages.
WIDE = 100
#: A table's title and its headings.
TITLE_ROWS = 2

_DIRECTIONS = {"up": "上行 up", "down": "下行 down", "both": "雙向 both"}
_STATES = {
    "unverified": ("待核實 unverified", "bold red"),
    "open": ("待處置 open", "bold red"),
    "offered": ("已派單 offered", "bold red"),
    "claimed": ("已接單 claimed", "bold yellow"),
    "en_route": ("前往中 en route", "bold yellow"),
    "stopped": ("已攔停 stopped", "bold green"),
    "weighed": ("已過磅 weighed", "bold green"),
    "confirmed": ("已查實 confirmed", "bold green"),
    "expired": ("已過期 expired", "dim"),
}
_REASONS = {
    "hundred_tonne": "百噸王 ≥ 100 t",
    "repeat_confirmed": "累犯 repeat",
    "repeat_suspected": "疑似累犯 repeat?",
    "severity": "嚴重超限 severe",
    "no_plate": "無牌 no plate",
    "watch_list": "布控 watch list",
    "cloned_plate": "套牌 cloned plate",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What stays the same: where everything is."""

    api: str
    token: str
    squad_token: str
    police_token: str
    broker: str
    database: str

    @property
    def curl(self) -> str:
        """The line that asks for the rates."""
        return f"curl -s -H 'Authorization: Bearer {self.token}' {self.api}/v1/rates"

    def lines(self) -> list[str]:
        """For a person, and for a log; what is to be copied stands on lines of its own, the rates' line last."""
        return [
            "wim demo 公路超限監測：模擬車流，無一真實車牌。Simulated traffic; no plate is real.",
            f"API    {self.api}/v1/corridors  {self.api}/openapi.json  {self.api}/metrics",
            f"Kafka  {self.broker} (embedded, in memory: for this demo only)",
            f"頁面 Pages {self.api}/board 值班 duty · {self.api}/squad 中隊 squad · {self.api}/joint 交警 police",
            f"值班令牌 duty's token:   {self.token}",
            f"中隊令牌 squad's token: {self.squad_token}",
            f"交警令牌 police's token: {self.police_token}",
            "總帳 ledger:",
            f"WIM_DATABASE__URL={self.database} .venv/bin/wim ledger verify",
            "即時 live:",
            f"curl -N -H 'Authorization: Bearer {self.token}' {self.api}/v1/live",
            "超限率 rates (Ctrl-C ends everything):",
            self.curl,
        ]

    def print(self, console: Console) -> None:
        """Every line whole, without borders: the terminal wraps it, and a selection is one line that works."""
        for line in self.lines():
            console.print(line, soft_wrap=True, markup=False, highlight=False)

    def room(self, console: Console) -> int:
        """The rows that a picture may take so that the line to copy stays on the screen above it."""
        return console.height - math.ceil(cell_len(self.curl) / console.width)


def draw(
    rates: Sequence[Row], intercepts: Sequence[Row], notice: str | None, *, width: int, rows: int
) -> RenderableType:
    """One picture of everything in so many columns and rows: a line each."""
    told = [Text(notice, style="bold yellow")] if notice else []
    taken = 2 * TITLE_ROWS + sum(len(line.wrap(Console(width=width), width)) for line in told)
    above, below = shares(len(rates), len(intercepts), rows - taken)
    return Group(_rate_table(rates, above, width), _intercept_table(intercepts, below, width), *told)


def shares(corridors: int, intercepts: int, rows: int) -> tuple[int, int]:
    """How many rows each table gets: intercepts half of them, and each what the other leaves."""
    below = min(intercepts, max(rows // 2, rows - corridors))
    return max(0, min(corridors, rows - below)), max(0, below)


def _table(title: str) -> Table:
    # Without a box: its lines would take six rows of twenty-four.
    return Table(title=title, title_style="bold cyan", expand=True, box=None, padding=(0, 1, 0, 0))


def _rate_table(rates: Sequence[Row], shown: int, width: int) -> Table:
    hidden = f"（{shown} of {len(rates)}）" if shown < len(rates) else ""
    table = _table(f"今日各路超限率 Overload rate of each corridor today{hidden}")
    for name in ("路線 road", "方向 way"):
        table.add_column(name, no_wrap=True)
    passages = ["通行 passages"] if width >= WIDE else []
    for name in (*passages, "貨車 trucks", "超限 over", "超限率 rate", "95 %", "≥ 100 t"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rates[:shown]:
        table.add_row(*_rate_cells(row, width))
    return table


def _rate_cells(row: Row, width: int) -> list[str]:
    return [
        row["corridor"],
        _DIRECTIONS.get(row["direction"], row["direction"]),
        *([f"{row['passages']:,}"] if width >= WIDE else []),
        f"{row['trucks']:,}",
        f"{row['over_beyond_tolerance']:,}",
        _percent(row["rate_percent"]),
        _interval(row["rate_low_percent"], row["rate_high_percent"]),
        str(row["hundred_tonne"]),
    ]


def _percent(value: float | None) -> str:
    """No data is not zero."""
    return "無資料 no data" if value is None else f"{value:.2f} %"


def _interval(low: float | None, high: float | None) -> str:
    return "—" if low is None or high is None else f"{low:.2f} … {high:.2f} %"


def _intercept_table(intercepts: Sequence[Row], shown: int, width: int) -> Table:
    table = _table("最新攔截 Newest intercepts")
    for name in ("時間 UTC", "車牌 plate", "地點 place"):
        table.add_column(name, no_wrap=True)
    for name in ("總重 gross", *(["限值 limit"] if width >= WIDE else []), "超 over"):
        table.add_column(name, justify="right", no_wrap=True)
    # Words may be cut where figures may not.
    table.add_column("原因 reasons", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("狀態 state" if width >= WIDE else "狀態", no_wrap=True)
    for item in intercepts[:shown]:
        table.add_row(*_cells(item, width))
    return table


def _cells(item: Row, width: int) -> list[RenderableType]:
    best = item["best"]
    state, style = _STATES.get(item["state"], (item["state"], ""))
    heavy = "bold red" if "hundred_tonne" in item["reasons"] else ""
    return [
        item["time"][11:19],
        Text(plate_of(item)),
        f"{best['corridor']} km {best['chainage_km']}",
        Text(tonnes(best["passage"]["gross_kg"]), style=heavy),
        *([tonnes(best["limit_high_kg"])] if width >= WIDE else []),
        f"+{best['rate_percent']:.1f} %",
        Text(reasons_of(item), style=heavy),
        Text(state if width >= WIDE else state.partition(" ")[0], style=style),
    ]


def plate_of(item: Row) -> str:
    """The plate, with a question mark where it is not certain."""
    plate = item["plate"] or "無牌 none"
    return plate if item["plate_certain"] else f"{plate} ?"


def reasons_of(item: Row) -> str:
    """Why it is to be stopped, and that a person must look first where that is so."""
    named = ", ".join(_REASONS.get(reason, reason) for reason in item["reasons"])
    return f"{named}（未核實 unverified）" if item["unverified"] else named


def tonnes(kg: int) -> str:
    """A mass for people."""
    return f"{kg / 1000:.2f} t"


def line_of(item: Row) -> str:
    """An intercept in one line, where there is no terminal to draw on."""
    best = item["best"]
    gross, limit = tonnes(best["passage"]["gross_kg"]), tonnes(best["limit_high_kg"])
    what = f"{plate_of(item)} {best['corridor']} {gross} / {limit}"
    return f"intercept {item['id']} {what} {reasons_of(item)} {item['state']}"
