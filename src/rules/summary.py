"""The summary that `wim screen --json` prints: what a file holds, counted over any number of batches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from rules.screen import Verdicts, Zone
from wim.records import Flag, Grade, Passages

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Summary:
    """Counts of passages and verdicts. `add` takes batches in any order; not thread-safe."""

    passages: int = 0
    trucks: int = 0
    over_nominal: int = 0
    over_beyond_tolerance: int = 0
    hundred_tonne: int = 0
    violations: int = 0
    no_rule_set: int = 0
    zones: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    severity: Counter[str] = field(default_factory=Counter)
    by_lane: dict[str, Counter[str]] = field(default_factory=dict)
    by_axles: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, passages: Passages, verdicts: Verdicts) -> None:
        """Count one batch: PASSAGE (n,) and its VERDICT (n,)."""
        truck, over = verdicts["truck"] == 1, verdicts["over"] == 1
        self.passages += len(passages)
        self.trucks += _count(truck)
        self.over_nominal += _count(over)
        self.over_beyond_tolerance += _count(verdicts["beyond_tolerance"] == 1)
        self.hundred_tonne += _count(verdicts["hundred_tonne"] == 1)
        self.violations += _count(verdicts["zone"] > Zone.SILENT)
        self.no_rule_set += _count(verdicts["rule_set"] < 0)
        self.zones.update({zone.name.lower(): _count(verdicts["zone"] == zone) for zone in Zone})
        self.grades.update({grade.name.lower(): _count(verdicts["grade"] == grade) for grade in Grade})
        self.flags.update({str(flag.name): _count(verdicts["flags"] & np.uint32(flag) != 0) for flag in Flag})
        self.severity.update(_counted(verdicts["severity"][truck]))
        _add_by(self.by_lane, passages["lane"], truck, over)
        _add_by(self.by_axles, passages["axle_count"], truck, over)

    def document(self) -> dict[str, Any]:
        """The summary as JSON; counts of zero are left out of the lists."""
        totals = {
            name: getattr(self, name)
            for name in ("passages", "trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne", "violations")
        }
        if self.no_rule_set:
            totals["no_rule_set"] = self.no_rule_set
        lists = {name: _present(getattr(self, name)) for name in ("zones", "grades", "flags", "severity")}
        return totals | lists | {"by_lane": _table(self.by_lane), "by_axles": _table(self.by_axles)}


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _counted(values: npt.NDArray[np.uint8]) -> dict[str, int]:
    found, counts = np.unique(values, return_counts=True)
    return {str(value): count for value, count in zip(found.tolist(), counts.tolist(), strict=True)}


def _add_by(table: dict[str, Counter[str]], values: npt.NDArray[np.uint8], truck: Mask, over: Mask) -> None:
    for name, mask in (("trucks", truck), ("over_nominal", over)):
        for value, count in _counted(values[mask]).items():
            table.setdefault(value, Counter())[name] += count


def _present(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def _table(table: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    rows = sorted(table.items(), key=lambda item: int(item[0]))
    return {key: {"trucks": counts["trucks"], "over_nominal": counts["over_nominal"]} for key, counts in rows}
