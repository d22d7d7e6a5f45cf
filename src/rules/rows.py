"""Verdicts as a table: one row a passage, for `wim screen --out` and for analysts.

=======================  =====================================================================================
column                   meaning (null)
=======================  =====================================================================================
id                       identity of the crossing, 16 hex digits
pattern                  axle groups from the front, "1-2-3"
limit_low_kg, …_high_kg  limit interval; the upper end decides (no limit: single axle, or no rule set at that date)
excess_kg                gross - upper end (no limit)
rate_percent             excess in percent of the upper end, two decimals, half up (no limit)
beyond_tolerance         whether the excess is beyond the site's tolerance
p_over                   probability of an excess, six decimals (no limit)
severity                 0 … 6
zone                     silent, watch, intercept
grade                    reject, count, intercept, evidence
flags                    names of the validity flags
hundred_tonne            百噸王
groups                   [{axles, load_kg, limit_low_kg, limit_high_kg, excess_kg}] (limits: kind without one)
over_dimensions          length, width, height beyond the law
rule_set, rule           what judged, and its row (none)
permit_exceeded          a permit exists but does not cover
=======================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rules.patterns import pattern_text
from rules.ruleset import RuleBook
from rules.screen import Verdicts, Zone
from wim.records import Grade, Passages, flag_names, passage_ids

Mask = npt.NDArray[np.bool_]

DIMENSIONS = ("length", "width", "height")


def verdict_rows(passages: Passages, verdicts: Verdicts, book: RuleBook) -> pa.RecordBatch:
    """The table of PASSAGE (n,) and its VERDICT (n,)."""
    no_limit = verdicts["limit"] < 0
    columns = {
        "id": pa.array(passage_ids(passages), pa.string()),
        "pattern": _coded(verdicts["pattern"], _pattern, pa.string()),
        "limit_low_kg": pa.array(verdicts["low_kg"], mask=no_limit),
        "limit_high_kg": pa.array(verdicts["high_kg"], mask=no_limit),
        "excess_kg": pa.array(verdicts["excess_kg"], mask=no_limit),
        "rate_percent": pa.array(verdicts["rate_hundredths"] / 100, mask=no_limit),
        "beyond_tolerance": pa.array(verdicts["beyond_tolerance"] == 1),
        "p_over": pa.array(np.round(verdicts["p_over"], 6), mask=no_limit),
        "severity": pa.array(verdicts["severity"]),
        "zone": _coded(verdicts["zone"], lambda zone: Zone(zone).name.lower(), pa.string()),
        "grade": _coded(verdicts["grade"], lambda grade: Grade(grade).name.lower(), pa.string()),
        "flags": _coded(verdicts["flags"], flag_names, pa.list_(pa.string())),
        "hundred_tonne": pa.array(verdicts["hundred_tonne"] == 1),
        "groups": _groups(verdicts),
        "over_dimensions": _coded(verdicts["over_dimensions"], dimension_names, pa.list_(pa.string())),
        "rule_set": _coded(verdicts["rule_set"], lambda row: _rule_set(book, row), pa.string()),
        "rule": _coded(verdicts["limit"], lambda line: rule_id(book, line), pa.string()),
        "permit_exceeded": pa.array(verdicts["permit_exceeded"] == 1),
    }
    return pa.RecordBatch.from_pydict(columns)


def dimension_names(bits: int) -> list[str]:
    """Which dimensions are over."""
    return [name for place, name in enumerate(DIMENSIONS) if bits >> place & 1]


def rule_id(book: RuleBook, line: int) -> str | None:
    """The id of the table row behind `VERDICT.limit`."""
    return book.rows[int(book.law.limits[line]["row"])].id if line >= 0 else None


def _rule_set(book: RuleBook, row: int) -> str | None:
    return book.rule_sets[row].id if row >= 0 else None


def _pattern(word: int) -> str:
    """A word of four bits a group back into "1-2-3"."""
    return pattern_text([word >> shift & 15 for shift in range(0, 64, 4) if word >> shift & 15])


def _coded(values: npt.NDArray[Any], name: Callable[[int], Any], kind: pa.DataType) -> pa.Array:
    """`name` of every value, computed once for each that occurs."""
    found, places = np.unique(values, return_inverse=True)
    return pa.array([name(value) for value in found.tolist()], kind).take(pa.array(places))


def _groups(verdicts: Verdicts) -> pa.Array:
    counts = verdicts["group_count"].astype(np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)])
    used: Mask = np.arange(verdicts["group_axles"].shape[1]) < counts[:, None]
    load, high = (verdicts[name][used].astype(np.int32) for name in ("group_kg", "group_high_kg"))
    unknown = high == 0
    fields = {
        "axles": pa.array(verdicts["group_axles"][used]),
        "load_kg": pa.array(load),
        "limit_low_kg": pa.array(verdicts["group_low_kg"][used].astype(np.int32), mask=unknown),
        "limit_high_kg": pa.array(high, mask=unknown),
        "excess_kg": pa.array(load - high, mask=unknown),
    }
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(list(fields.values()), list(fields)))
