"""A verdict as a chain of steps that a lawyer can follow, Chinese and English side by side.

Pattern, table row, deduction, tolerance, comparison, uncertainty, flags, papers, zone: each step names the figures
that went in, and its clause where the law speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time

import numpy as np

from rules.kernels.limits import single_tyred
from rules.patterns import pattern_text
from rules.ruleset import LimitRow, RuleBook, RuleSetFile
from rules.screen import Zone
from wim.periods import to_local
from wim.records import PASSAGE_WORDS, Flag, Grade, flag_names
from wim.sites import Network, Site

MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain. `verified` is None where no rule was applied."""

    name: str
    zh: str
    en: str
    clause: str | None = None
    clause_zh: str | None = None
    source: str | None = None
    date: str | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage and its verdict (one record each), with what the verdict was reached by."""

    passage: np.void
    verdict: np.void
    book: RuleBook
    network: Network | None = None

    @property
    def rule_set(self) -> RuleSetFile | None:
        """The rule set that judged."""
        index = int(self.verdict["rule_set"])
        return self.book.rule_sets[index] if index >= 0 else None

    @property
    def row(self) -> LimitRow | None:
        """The line of its table that was applied."""
        line = int(self.verdict["limit"])
        return self.book.rows[int(self.book.law.limits[line]["row"])] if line >= 0 else None

    @property
    def gross_kg(self) -> int:
        """As weighed."""
        return int(self.passage["gross_kg"])


def explain(reading: Reading) -> tuple[Step, ...]:
    """The chain of one verdict."""
    return tuple(step for make in _CHAIN for step in [make(reading)] if step is not None)


def tonnes(kg: int) -> str:
    """A mass for people."""
    return f"{kg / 1000:.2f} t"


def _vehicle(reading: Reading) -> Step:
    gross = tonnes(reading.gross_kg)
    if reading.verdict["truck"]:
        return Step("vehicle", f"貨車，總重 {gross}", f"truck, gross {gross}")
    least = tonnes(reading.book.law.truck_from_kg)
    return Step("vehicle", f"總重 {gross}，低於 {least}，不作判定", f"gross {gross}, below {least}: not judged")


def _pattern(reading: Reading) -> Step:
    count = int(reading.verdict["group_count"])
    sizes = reading.verdict["group_axles"][:count].tolist()
    axles = int(reading.passage["axle_count"])
    spacings = ", ".join(str(mm) for mm in reading.passage["spacing_mm"][: max(0, axles - 1)].tolist())
    pattern = pattern_text(sizes)
    zh = f"{axles} 軸，軸距 {spacings or '—'} mm，軸型 {pattern}"
    return Step("pattern", zh, f"{axles} axles, spacings {spacings or '—'} mm, pattern {pattern}")


def _limit(reading: Reading) -> Step:
    rule_set, row = reading.rule_set, reading.row
    if rule_set is None:
        return Step("limit", "該日期沒有適用的規則", "no rule set is in force at that date")
    if row is None:
        return Step("limit", "單軸沒有限值", "a single axle has no limit")
    table = f"{tonnes(row.low_kg)} … {tonnes(row.high_kg)}"
    applied = f"{tonnes(int(reading.verdict['low_kg']))} … {tonnes(int(reading.verdict['high_kg']))}"
    return Step(
        "limit",
        f"{rule_set.id} 第 {row.id} 行：{table}；適用限值 {applied}，以上限判定",
        f"{rule_set.id}, row {row.id}: {table}; applied {applied}, judged by the upper end",
        row.clause,
        row.clause_zh,
        row.source,
        row.date.isoformat(),
        row.verified,
    )


def _deduction(reading: Reading) -> Step | None:
    rule_set = reading.rule_set
    if rule_set is None or reading.row is None:
        return None
    record = np.array([reading.passage]).view(PASSAGE_WORDS)[0]
    axles = int(single_tyred(record, reading.verdict))
    if axles == 0:
        return None
    total = tonnes(axles * rule_set.deduction.single_tyre_kg)
    rule = rule_set.deduction
    return Step(
        "deduction",
        f"{axles} 根單胎軸，限值減 {total}",
        f"{axles} axles with single tyres: {total} off the limit",
        rule.clause,
        rule.clause_zh,
        rule.source,
        rule.date.isoformat(),
        rule.verified,
    )


def _tolerance(reading: Reading) -> Step | None:
    if reading.row is None:
        return None
    percent = int(reading.verdict["thousandths"]) / 1000
    site = _site_name(reading)
    found = _tolerance_date(reading)
    since_zh, since_en = (
        (f"自 {found} 起", f"since {found}") if found else ("無登記，取預設值", "not registered: default")
    )
    return Step(
        "tolerance", f"{site} 容差 {percent:g} %（{since_zh}）", f"tolerance {percent:g} % at {site} ({since_en})"
    )


def _tolerance_date(reading: Reading) -> str | None:
    """Since when it holds, by the clock of the site."""
    site = _site(reading)
    entry = site.tolerance_at(int(reading.passage["time_ns"])) if site else None
    if site is None or entry is None:
        return None
    since = to_local(entry.from_ns, site.timezone)
    # Whoever entered a date meant its midnight.
    return since.strftime("%Y-%m-%d" if since.time() == MIDNIGHT else "%Y-%m-%d %H:%M:%S")


def _site_name(reading: Reading) -> str:
    return bytes(reading.passage["site"]).rstrip(b"\0").decode()


def _comparison(reading: Reading) -> Step | None:
    if reading.row is None:
        return None
    verdict = reading.verdict
    gross, limit, excess = reading.gross_kg, int(verdict["high_kg"]), int(verdict["excess_kg"])
    rate = int(verdict["rate_hundredths"]) / 100
    beyond_zh, beyond_en = ("超出容差", "beyond") if verdict["beyond_tolerance"] else ("未超出容差", "not beyond")
    figures = f"{gross} − {limit} = {excess} kg ({rate:+.2f} %)"
    return Step("comparison", f"{figures}，{beyond_zh}", f"{figures}, {beyond_en} the tolerance")


def _uncertainty(reading: Reading) -> Step | None:
    if reading.row is None:
        return None
    verdict = reading.verdict
    sigma, chance, low = 100 * verdict["sigma"], float(verdict["p_over"]), int(verdict["excess_low_kg"])
    paper_zh, paper_en = _certificate(reading)
    over = _probability(chance)
    zh = f"σ {sigma:.2f} %（{paper_zh}），超限機率 {over}，超重 95 % 下界 {low} kg"
    return Step("uncertainty", zh, f"sigma {sigma:.2f} % ({paper_en}), P(over) {over}, lower 95 % bound {low} kg")


def _probability(share: float) -> str:
    """For people, to whom nothing that was measured is certain."""
    if share > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def _certificate(reading: Reading) -> tuple[str, str]:
    site = _site(reading)
    certificate = site.certificate_at(int(reading.passage["time_ns"])) if site else None
    if certificate is None:
        return "無有效檢定證書", "no certificate in force"
    grade = f"{certificate.class_percent:g}"
    return f"證書 {certificate.number}，{grade} 級", f"certificate {certificate.number}, class {grade}"


def _site(reading: Reading) -> Site | None:
    row = int(reading.verdict["site"])
    return list(reading.network.sites.values())[row] if reading.network and row >= 0 else None


def _flags(reading: Reading) -> Step:
    names = ", ".join(flag_names(int(reading.verdict["flags"]))) or "—"
    grade = Grade(int(reading.verdict["grade"])).name.lower()
    return Step("flags", f"標記 {names}；等級 {grade}", f"flags {names}; grade {grade}")


def _papers(reading: Reading) -> Step | None:
    verdict = reading.verdict
    if verdict["permit"] >= 0:
        return Step("papers", "有效許可涵蓋本次通行", "a permit covers this crossing")
    if verdict["exemption"] >= 0:
        return Step("papers", "該車列入豁免名單", "the vehicle is exempt")
    if verdict["permit_exceeded"]:
        return Step(
            "papers",
            "有許可，但重量、路線或時間不符，按普通限值判定",
            "there is a permit, but it does not fit weight, road or time: judged by the ordinary limit",
        )
    return None


_ZONES: dict[Zone, tuple[str, str]] = {
    Zone.SILENT: ("不作處置", "silent"),
    Zone.WATCH: ("關注", "watch"),
    Zone.INTERCEPT: ("攔截", "intercept"),
}


def _zone(reading: Reading) -> Step:
    zh, en = _ZONES[Zone(int(reading.verdict["zone"]))]
    if reading.verdict["hundred_tonne"]:
        zh, en = f"百噸王：{zh}", f"百噸王 (100 t or more): {en}"
    if reading.verdict["hundred_tonne"] and reading.verdict["grade"] == Grade.COUNT:
        zh, en = f"{zh}（未核實）", f"{en} (unverified)"
    if reading.verdict["flags"] & Flag.SIMULATED:
        zh, en = f"{zh}（模擬）", f"{en} (simulated)"
    return Step("zone", zh, en)


_CHAIN: tuple[Callable[[Reading], Step | None], ...] = (
    _vehicle,
    _pattern,
    _limit,
    _deduction,
    _tolerance,
    _comparison,
    _uncertainty,
    _flags,
    _papers,
    _zone,
)
