"""Messages for tests: violations and sightings of invented trucks."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.messages import Sighting, Violation, decode, encode, encode_violations
from service.messages.vocabulary import SightingReason
from wim.forms import to_json
from wim.records import Passages, blank

TIME_NS = 1_780_000_000_123_456_789
MINUTE_NS = 60 * 10**9
PLATE = "苏A12345"


def crossings(count: int, **fields: Any) -> Passages:
    """Passages of one truck with three axles, numbered by sequence; `fields` of the record overwrite."""
    passages = blank(count)
    passages["site"], passages["plate"] = b"G104-K012", PLATE.encode()
    passages["time_ns"] = TIME_NS
    passages["sequence"] = np.arange(count)
    passages["lane"], passages["axle_count"], passages["gross_kg"] = 1, 3, 61_000
    passages["left_kg"][:, :3] = passages["right_kg"][:, :3] = 5_000
    passages["spacing_mm"][:, :2] = 1_300
    passages["speed_kmh"] = 72.5
    for name, value in fields.items():
        passages[name] = value.encode() if isinstance(value, str) else value
    passages["origin_ns"] = passages["time_ns"]
    return passages


def columns(passages: Passages, **changed: Any) -> dict[str, list[Any]]:
    """The columns of violations that their judge gives: severity 4, evidence; `changed` overwrites for all."""
    group = {"axles": 1, "load_kg": 7_000, "limit_low_kg": 7_000, "limit_high_kg": None, "excess_kg": None}
    one: dict[str, Any] = {
        "version": 1,
        "corridor": "G104",
        "chainage_km": 12.4,
        "pattern": "1-2",
        "limit_low_kg": 25_000,
        "limit_high_kg": 26_000,
        "rule_set": "cn-2016",
        "rule": "3-rigid",
        "tolerance_percent": 5.0,
        "certificate": "JJG-1",
        "excess_kg": 9_000,
        "excess_low_kg": 7_500,
        "rate_percent": 34.62,
        "beyond_tolerance": True,
        "p_over": 0.999,
        "severity": 4,
        "hundred_tonne": False,
        "groups": [group],
        "over_dimensions": [],
        "grade": "evidence",
        "flags": [],
        "zone": "intercept",
        "evidence": False,
        "permit": None,
        "permit_exceeded": False,
        "watched": False,
        "proposal": False,
    }
    return {name: [value] * len(passages) for name, value in (one | changed).items()} | {"passage": to_json(passages)}


def violation_values(passages: Passages, **changed: Any) -> list[bytes]:
    """Violations as they stand on the topic."""
    return encode_violations(columns(passages, **changed))


def violation(**changed: Any) -> Violation:
    """One violation."""
    return decode(Violation, violation_values(crossings(1), **changed)[0])


def sighting_values(passages: Passages) -> list[bytes]:
    """Sightings as they stand on the topic: the same crossings, but nothing wrong with them."""
    found = [decode(Violation, value) for value in violation_values(passages)]
    return [
        encode(
            Sighting(
                id=one.id,
                version=1,
                time=one.time,
                passage=one.passage,
                corridor=one.corridor,
                chainage_km=one.chainage_km,
                reason=SightingReason.OPEN_CASE,
            )
        )
        for one in found
    ]
