"""The words of notices: Chinese first, English beside it, by code.

A plate comes from a camera and may hold anything; only its letters and digits get into a message, whose markup it
could otherwise change.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.notices.notice import Code, Facts

#: What each code is called.
TITLES: dict[Code, tuple[str, str]] = {
    Code.OFFERED: ("拦截任务", "Stop this truck"),
    Code.DESK: ("无人应答，请值班台处理", "Nobody answered: duty desk"),
    Code.VERIFY: ("请核实百吨王", "Verify a truck of 100 t"),
    Code.HANDED_OVER: ("移交贵方", "Handed over to you"),
    Code.PASSING: ("超限车辆", "Overloaded truck"),
    Code.CONFLICT: ("回报矛盾，请值班台裁定", "Reports conflict: desk decides"),
    Code.JOINT_LATE: ("联合行动逾期", "Joint action is late"),
    Code.JOINT_DECLINED: ("联合行动被拒绝", "Joint action declined"),
}
#: What whom it is about did; an agency has a word of its own.
_WHO: dict[Code, str] = {
    Code.CONFLICT: "不符回报 reported by",
    Code.JOINT_LATE: "逾期方 late",
    Code.JOINT_DECLINED: "拒绝方 declined by",
}
_AGENCIES = {"road": "路政 road authority", "police": "公安 police"}
NO_PLATE = "无牌 no plate"


@dataclass(frozen=True, slots=True)
class Words:
    """A notice for people."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, for what has no headline."""
        return "\n".join((self.title, *self.lines))


def words(code: Code, facts: Facts) -> Words:
    """What a person is told."""
    chinese, english = TITLES[code]
    lines = [_truck(facts), _weight(facts)]
    if facts.stop_point:
        lines.append(f"拦截点 at {facts.stop_point}{_by(facts)}")
    if facts.answer_by and code is Code.OFFERED:
        lines.append(f"请在 {facts.answer_by} 前应答 answer by {facts.answer_by}")
    if facts.who and code in _WHO:
        lines.append(f"{_WHO[code]}: {', '.join(_AGENCIES.get(one, one) for one in facts.who)}")
    return Words(f"{chinese} {english}", tuple(lines))


def clean(plate: str) -> str:
    """A plate's letters and digits."""
    return "".join(sign for sign in plate if sign.isalnum())


def masked(plate: str) -> str:
    """A plate whose owner knows it and a passer-by does not: without its third and second but last sign."""
    shown = clean(plate)
    return f"{shown[:-3]}**{shown[-1]}" if len(shown) > 4 else "*" * len(shown)


def tonnes(kilograms: int) -> str:
    """61 240 kg as 61.2t."""
    return f"{kilograms / 1000:.1f}t"


def _truck(facts: Facts) -> str:
    marks = [*(["百吨王 100 t"] if facts.hundred_tonne else []), *(["未核实 unverified"] if facts.unverified else [])]
    return " · ".join([clean(facts.plate) or NO_PLATE, *marks, facts.corridor])


def _weight(facts: Facts) -> str:
    over = f"超 over {tonnes(facts.excess_kg)} (+{facts.rate_percent:.0f}%)"
    return f"总重 gross {tonnes(facts.gross_kg)} · 限 limit {tonnes(facts.limit_kg)} · {over}"


def _by(facts: Facts) -> str:
    return f" · 预计到达 due {facts.truck_eta}" if facts.truck_eta else ""
