"""Who changes between two judgements of the same passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rules.rows import rule_id
from rules.ruleset import RuleBook
from rules.screen import Verdicts, Zone
from rules.summary import Summary
from wim.records import Passages, passage_ids

#: A change of any of these is a change for the driver.
DECIDES = ("zone", "over", "beyond_tolerance", "severity", "hundred_tonne")
#: Lines that a person is shown; `--json` has all.
MOST_SHOWN = 20


@dataclass(slots=True)
class Differences:
    """The passages whose verdict differs, and how zones moved."""

    book: RuleBook
    changed: list[dict[str, Any]] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)

    def add(self, passages: Passages, one: Verdicts, other: Verdicts) -> None:
        """Compare PASSAGE (n,) under two VERDICT (n,)."""
        differs = np.zeros(len(passages), np.bool_)
        for name in DECIDES:
            differs |= one[name] != other[name]
        places = np.flatnonzero(differs)
        for identity, place in zip(passage_ids(passages[places]), places.tolist(), strict=True):
            before, after = self._side(one[place]), self._side(other[place])
            self.moves[f"{before['zone']} → {after['zone']}"] += 1
            self.changed.append({"id": identity, "gross_kg": int(passages[place]["gross_kg"]), "a": before, "b": after})

    def _side(self, verdict: np.void) -> dict[str, Any]:
        return {
            "zone": Zone(int(verdict["zone"])).name.lower(),
            "limit_high_kg": int(verdict["high_kg"]),
            "rule": rule_id(self.book, int(verdict["limit"])),
            "beyond_tolerance": bool(verdict["beyond_tolerance"]),
            "severity": int(verdict["severity"]),
            "hundred_tonne": bool(verdict["hundred_tonne"]),
        }

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"changed": len(self.changed), "moves": dict(sorted(self.moves.items())), "passages": self.changed}

    def for_people(self, one: str, other: str, summaries: Sequence[Summary]) -> str:
        """As lines."""
        lines = [f"{len(self.changed)} passages change from {one} to {other}"]
        lines += [f"  {count:>7}  {move}" for move, count in sorted(self.moves.items())]
        lines += [_line(change) for change in self.changed[:MOST_SHOWN]]
        if len(self.changed) > MOST_SHOWN:
            lines.append(f"  … {len(self.changed) - MOST_SHOWN} more (--json has all)")
        lines.append(f"{'':>24}{one:>14}{other:>14}")
        for name in ("trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne", "violations"):
            lines.append(f"{name:>24}" + "".join(f"{getattr(summary, name):>14}" for summary in summaries))
        return "\n".join(lines)


def _line(change: dict[str, Any]) -> str:
    before, after = change["a"], change["b"]
    return (
        f"  {change['id']}  {change['gross_kg']:>7} kg  {before['zone']} ({before['rule']}, {before['limit_high_kg']})"
        f" → {after['zone']} ({after['rule']}, {after['limit_high_kg']})"
    )
