"""Rates for spreadsheets and maps: the rows of the JSON answer, flattened or put where they belong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rules.screen import BANDS
from service.api import geojson
from wim.kernels.validity import AXLE_IMPLAUSIBLE, TO_COUNT, TO_REJECT
from wim.records import Flag
from wim.sites import Network

Answer = Mapping[str, Any]

#: The columns of `by`.
_VALUES = {"axles": ["axles"], "band": ["band"], "lane": ["site", "lane"], "site": ["site"], "area": ["area"]}

#: The columns are the same for every answer with the same `by` and `compare`, whatever was counted: those of bands and
#: reasons that may be absent in JSON are 0 here.
_COUNTS = [
    "passages",
    "trucks",
    "over_nominal",
    "over_beyond_tolerance",
    "rate_percent",
    "rate_low_percent",
    "rate_high_percent",
    "hundred_tonne",
    *(f"bands.{band}" for band in BANDS if band),
    *(f"excluded.{flag.name}" for flag in Flag if flag & (TO_REJECT | TO_COUNT | AXLE_IMPLAUSIBLE)),
    "excluded.BY_PERSON",
    "net.trucks",
    "net.over_beyond_tolerance",
    "net.rate_percent",
    "lane_hours_observed",
    "lane_hours",
    "plate_read_percent",
    "trips",
]
_COMPARED = [
    f"compared.{name}"
    for name in (
        "from",
        "to",
        "trucks",
        "over_beyond_tolerance",
        "rate_percent",
        "difference_points",
        "difference_low_points",
        "difference_high_points",
        "differs",
    )
]


def csv_of(answers: Sequence[Answer]) -> bytes:
    """The rows of all answers with a head; null is an empty cell, never 0."""
    first: Answer = answers[0] if answers else {}
    values = _VALUES.get(first.get("by") or "", [])
    columns = ["corridor", "rule_set", "revision", "from", "to", "direction", *values, *_COUNTS]
    if "compare" in first:
        columns += _COMPARED
    rows = [_flat(answer, row) for answer in answers for row in answer["rows"]]
    written = io.StringIO()
    # A reason that this table does not know yet comes last rather than not at all.
    writer = csv.DictWriter(written, columns + sorted({name for row in rows for name in row} - set(columns)))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def geojson_of(answers: Sequence[Answer], told: Answer, network: Network) -> bytes:
    """A feature for each row: at its site where it has one, else along its corridor."""
    features = (
        geojson.feature(_geometry(answer, row, network), {"corridor": answer["corridor"], **row})
        for answer in answers
        for row in answer["rows"]
    )
    return geojson.collection(features, **{name: value for name, value in told.items() if name != "rows"})


def _geometry(answer: Answer, row: Mapping[str, Any], network: Network) -> geojson.Geometry:
    if "site" in row:
        return geojson.of_site(network, row["site"])
    return geojson.of_corridor(network.corridors.get(answer["corridor"]))


def _flat(answer: Answer, row: Mapping[str, Any]) -> dict[str, Any]:
    zeros = {name: 0 for name in _COUNTS if name.startswith("excluded.")}
    told = {name: answer[name] for name in ("corridor", "rule_set", "revision")}
    return {**told, **zeros, **dict(_cells(row))}


def _cells(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _cells(value, f"{prefix}{name}.")
        elif (prefix, name) != ("", "compared"):  # null: the other period has no such row
            yield prefix + name, value
