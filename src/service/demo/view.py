"""The demo's terminal: addresses, corridor rates, newest intercepts, Chinese first and English beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.demo.glimpse import Row

_DIRECTIONS = {"up": "上行 up", "down": "下行 down", "both": "雙向 both"}
_STATES = {
    "open": ("待處置 open", "bold red"),
    "claimed": ("已接單 claimed", "bold yellow"),
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
    broker: str

    @property
    def curl(self) -> str:
        """The line that asks for the rates."""
        return f"curl -s -H 'Authorization: Bearer {self.token}' {self.api}/v1/rates"

    def lines(self) -> list[str]:
        """For a person, and for a log."""
        return [
            f"API         {self.api}/v1/corridors   {self.api}/openapi.json   {self.api}/metrics",
            f"即時 live    curl -N -H 'Authorization: Bearer {self.token}' {self.api}/v1/live",
            f"超限率 rates  {self.curl}",
            f"中隊 squad   token {self.squad_token}",
            f"Kafka       {self.broker} (embedded, in memory: for this demo only)",
            "模擬車流，無一真實車牌。Simulated traffic; no plate is real. Ctrl-C ends everything.",
        ]


def draw(heading: Heading, rates: Sequence[Row], intercepts: Sequence[Row], notice: str | None) -> RenderableType:
    """One picture of everything."""
    parts: list[RenderableType] = [
        Panel(Text("\n".join(heading.lines()), overflow="fold"), title="wim demo 公路超限監測", border_style="cyan"),
        _rate_table(rates),
        _intercept_table(intercepts),
    ]
    if notice:
        parts.append(Text(notice, style="bold yellow"))
    return Group(*parts)


def _rate_table(rates: Sequence[Row]) -> Table:
    table = Table(title="今日各路超限率 Overload rate of each corridor today", expand=True)
    for name in ("路線 corridor", "方向 direction"):
        table.add_column(name)
    for name in ("通行 passages", "貨車 trucks", "超限 over", "超限率 rate", "95 %", "百噸王 ≥ 100 t"):
        table.add_column(name, justify="right")
    for row in rates:
        table.add_row(
            row["corridor"],
            _DIRECTIONS.get(row["direction"], row["direction"]),
            f"{row['passages']:,}",
            f"{row['trucks']:,}",
            f"{row['over_beyond_tolerance']:,}",
            _percent(row["rate_percent"]),
            _interval(row["rate_low_percent"], row["rate_high_percent"]),
            str(row["hundred_tonne"]),
        )
    return table


def _percent(value: float | None) -> str:
    """No data is not zero."""
    return "無資料 no data" if value is None else f"{value:.2f} %"


def _interval(low: float | None, high: float | None) -> str:
    return "—" if low is None or high is None else f"{low:.2f} … {high:.2f} %"


def _intercept_table(intercepts: Sequence[Row]) -> Table:
    table = Table(title="最新攔截 Newest intercepts", expand=True)
    for name in ("時間 seen (UTC)", "車牌 plate", "地點 place"):
        table.add_column(name)
    for name in ("總重 gross", "限值 limit", "超 over"):
        table.add_column(name, justify="right")
    for name in ("原因 reasons", "狀態 state"):
        table.add_column(name)
    for item in intercepts:
        table.add_row(*_cells(item))
    return table


def _cells(item: Row) -> list[RenderableType]:
    best = item["best"]
    state, style = _STATES.get(item["state"], (item["state"], ""))
    heavy = "bold red" if "hundred_tonne" in item["reasons"] else ""
    return [
        item["time"][11:19],
        Text(plate_of(item)),
        f"{best['corridor']} km {best['chainage_km']}",
        Text(tonnes(best["passage"]["gross_kg"]), style=heavy),
        tonnes(best["limit_high_kg"]),
        f"+{best['rate_percent']:.1f} %",
        Text(reasons_of(item), style=heavy),
        Text(state, style=style),
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
