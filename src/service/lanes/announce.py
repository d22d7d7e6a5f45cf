"""What the screen lane publishes: violations, and sightings of plates that somebody is looking for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from rules.patterns import pattern_texts
from rules.permits import PlateRegister
from rules.plates import papers_in_order
from rules.rows import dimension_names, rule_id
from rules.ruleset import RuleBook
from rules.screen import Verdicts, Zone
from rules.terms import certificate_numbers
from service.lanes.frame_places import Place, header_of_violation
from service.lanes.work import Message
from service.messages import (
    Passage,
    Sighting,
    encode,
    encode_violations,
    headers_of,
    plate_key,
    site_source,
    traceparent,
)
from service.messages.vocabulary import SightingReason
from service.topics import SIGHTINGS, VIOLATIONS
from wim.forms import to_json
from wim.records import Grade, Passages, flag_names
from wim.sites import Network

_STEP = "screen"


@dataclass(frozen=True)
class Names:
    """What stands behind the row numbers of a verdict."""

    book: RuleBook
    network: Network
    certificates: Sequence[str]
    permits: Sequence[str]

    @classmethod
    def of(cls, book: RuleBook, network: Network, register: PlateRegister) -> Names:
        """The names of everything that `rules.screen.Screen` was compiled from."""
        permits = [permit.number for permit in papers_in_order(register.permits)]
        return cls(book, network, certificate_numbers(network), permits)


def _nowhere(row: int) -> Place | None:
    """Passages that were not measured from frames."""


def violations(
    passages: Passages, verdicts: Verdicts, names: Names, frame_of: Callable[[int], Place | None] = _nowhere
) -> list[Message]:
    """The messages of all passages in zone watch or intercept, of PASSAGE (n,) and its VERDICT (n,).

    `frame_of` gives the place of a passage's frame by its row.
    """
    chosen = np.flatnonzero(verdicts["zone"] > Zone.SILENT)
    if not len(chosen):
        return []
    passages, verdicts = passages[chosen], verdicts[chosen]
    forms = _forms(passages, verdicts)
    values = encode_violations(_columns(forms, verdicts, names))
    places = map(frame_of, chosen.tolist())
    return [
        _message(VIOLATIONS, "wim.violation.v1", form, value, [header_of_violation(place)] if place else [])
        for form, value, place in zip(forms, values, places, strict=True)
    ]


def sightings(passages: Passages, verdicts: Verdicts, names: Names) -> list[Message]:
    """The messages of passages without violation whose plate is on the watch list or in an open case."""
    looked_for = (verdicts["open_case"] == 1) | (verdicts["watch"] >= 0)
    chosen = np.flatnonzero((verdicts["zone"] == Zone.SILENT) & (verdicts["plate_certain"] == 1) & looked_for)
    passages, verdicts = passages[chosen], verdicts[chosen]
    return [
        _message(SIGHTINGS, "wim.sighting.v1", form, encode(_sighting(form, verdict, names)))
        for form, verdict in zip(_forms(passages, verdicts), verdicts, strict=True)
    ]


def _forms(passages: Passages, verdicts: Verdicts) -> list[dict[str, Any]]:
    """JSON forms that carry the recomputed flags."""
    judged = passages.copy()
    judged["flags"] = verdicts["flags"]
    return to_json(judged)


def _message(
    topic: str, schema: str, form: dict[str, Any], value: bytes, more: Sequence[tuple[str, bytes]] = ()
) -> Message:
    trace = traceparent(form["id"], _STEP)
    headers = [*headers_of(form["id"], 1, form["time"], schema, site_source(form["site"]), trace), *more]
    return Message(topic, plate_key(form["plate"], form["site"], form["lane"]), value, headers)


def _sighting(form: dict[str, Any], verdict: np.void, names: Names) -> Sighting:
    corridor, chainage_km = _place(form["site"], names)
    return Sighting(
        id=form["id"],
        version=1,
        time=form["time"],
        passage=msgspec.convert(form, Passage),
        corridor=corridor,
        chainage_km=chainage_km,
        reason=SightingReason.WATCH_LIST if verdict["watch"] >= 0 else SightingReason.OPEN_CASE,
    )


def _place(site: str, names: Names) -> tuple[str | None, float | None]:
    found = names.network.sites.get(site)
    return (found.corridor, found.chainage_km) if found else (None, None)


def _columns(forms: list[dict[str, Any]], verdicts: Verdicts, names: Names) -> dict[str, Sequence[Any]]:
    """A violation's fields, column by column, as Python's own numbers."""
    corridors, chainages = zip(*(_place(form["site"], names) for form in forms), strict=True)
    rule_sets = [rule_set.id for rule_set in names.book.rule_sets]
    plain = {name: verdicts[field].tolist() for name, field in _PLAIN.items()}
    truths = {name: (verdicts[name] == 1).tolist() for name in _TRUTHS}
    return {
        "version": [1] * len(forms),
        "passage": forms,
        "corridor": corridors,
        "chainage_km": chainages,
        "pattern": pattern_texts(verdicts),
        "rule_set": [rule_sets[row] for row in verdicts["rule_set"].tolist()],
        "rule": [rule_id(names.book, line) for line in verdicts["limit"].tolist()],
        "tolerance_percent": (verdicts["thousandths"] / 1000).tolist(),
        "certificate": [_named(names.certificates, row) for row in verdicts["certificate"].tolist()],
        "rate_percent": (verdicts["rate_hundredths"] / 100).tolist(),
        "p_over": np.round(verdicts["p_over"], 6).tolist(),
        "groups": [_groups(verdict) for verdict in verdicts],
        "over_dimensions": [dimension_names(bits) for bits in verdicts["over_dimensions"].tolist()],
        "grade": [Grade(grade).name.lower() for grade in verdicts["grade"].tolist()],
        "flags": [flag_names(bits) for bits in verdicts["flags"].tolist()],
        "zone": [Zone(zone).name.lower() for zone in verdicts["zone"].tolist()],
        "permit": [_named(names.permits, row) for row in verdicts["permit"].tolist()],
        "watched": (verdicts["watch"] >= 0).tolist(),
        **plain,
        **truths,
    }


#: Columns that stand in the verdict as they go out, under the message's names.
_PLAIN = {
    "limit_low_kg": "low_kg",
    "limit_high_kg": "high_kg",
    "excess_kg": "excess_kg",
    "excess_low_kg": "excess_low_kg",
    "severity": "severity",
}
_TRUTHS = ("beyond_tolerance", "hundred_tonne", "evidence", "proposal", "permit_exceeded")


def _named(names: Sequence[str], row: int) -> str | None:
    return names[row] if row >= 0 else None


def _groups(verdict: np.void) -> list[dict[str, int | None]]:
    count = int(verdict["group_count"])
    fields = ("group_axles", "group_kg", "group_low_kg", "group_high_kg")
    return [
        {
            "axles": axles,
            "load_kg": load,
            "limit_low_kg": low or None,
            "limit_high_kg": high or None,
            "excess_kg": load - high if high else None,
        }
        for axles, load, low, high in zip(*(verdict[field][:count].tolist() for field in fields), strict=True)
    ]
