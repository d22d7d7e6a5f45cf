"""Sites, papers and passages to judge in the tests of the rules."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import strategies as st

from rules.doubts import EVERY_LANE, Doubt
from rules.permits import PlateRegister, parse_register
from rules.plates import compile_plates
from rules.ruleset import RuleBook, RuleSetFile, compile_book, load_book, parse_rule_set
from rules.screen import Screen
from rules.terms import compile_terms, neutral_terms
from tests.reference.judge import World
from wim.records import DAY_NS, MAX_AXLES, PASSAGE, Grade, Passages, blank
from wim.sites import Network, parse_network

#: 2026-03-01T00:00:00+08:00: where certificate, approval, tolerance, permit and rule set of these worlds begin.
START_NS = 1_772_294_400 * 10**9
SECOND_NS = 10**9
PLATES = ("苏A12345", "苏A0T001", "苏A0T002", "苏A0T003", "苏A", "")
SITES = (b"K012", b"K099", b"NOWHERE")

#: Downgrades around times of `random_passages`: of a lane, of a site, of one second.
DOUBTS = (
    Doubt("K012", 1, START_NS + 59 * DAY_NS, START_NS + 61 * DAY_NS, Grade.INTERCEPT),
    Doubt("K012", EVERY_LANE, START_NS + 200 * DAY_NS, START_NS + 300 * DAY_NS, Grade.COUNT),
    Doubt("K012", 1, START_NS + 200 * DAY_NS, START_NS + 300 * DAY_NS, Grade.INTERCEPT),
    Doubt("K099", 1, START_NS + 60 * DAY_NS, START_NS + 60 * DAY_NS + 1),
)

NETWORK_DOCUMENT = {
    "corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}, {"id": "S340", "timezone": "Asia/Shanghai"}],
    "site": [
        {
            "id": "K012",
            "corridor": "G104",
            "chainage_km": 12.0,
            "certificate": [
                {"number": "old", "class": 10, "from": dt.date(2025, 1, 1), "until": dt.date(2027, 1, 1)},
                {
                    "number": "new",
                    "class": 2,
                    "from": dt.date(2026, 3, 1),
                    "until": dt.date(2026, 9, 1),
                    "speed_kmh": [10, 80],
                },
            ],
            "evidence_approved": [{"number": "e", "from": dt.date(2026, 3, 1), "until": dt.date(2028, 1, 1)}],
            "tolerance": [
                {"from": dt.date(2025, 1, 1), "percent": 5.0},
                {"from": dt.date(2026, 3, 1), "percent": 3.125},
            ],
            "lane": [
                {"number": 1, "direction": "up", "strips": []},
                {"number": 2, "direction": "down", "strips": []},
            ],
        },
        {
            "id": "K099",
            "corridor": "S340",
            "chainage_km": 9.0,
            "lane": [{"number": 1, "direction": "up", "strips": []}],
        },
    ],
}
REGISTER_DOCUMENT = {
    "permit": [
        {
            "number": "P1",
            "plate": "苏A12345",
            "from": dt.date(2026, 3, 1),
            "until": dt.date(2026, 6, 1),
            "corridors": ["G104"],
            "gross_kg": 98_000,
        },
        {
            "number": "P2",
            "plate": "苏A12345",
            "from": dt.date(2026, 1, 1),
            "until": dt.date(2027, 1, 1),
            "corridors": ["S340"],
            "gross_kg": 120_000,
        },
    ],
    "vehicle": [
        {"plate": "苏A0T001", "colour": 1, "axles": "1-2-3", "drive_axles": 1, "air_suspension": True},
        {"plate": "苏A0T001", "colour": 0, "axles": "1-1", "rated_kg": 12_000},
        {"plate": "苏A0T002", "axles": "2-2", "drive_axles": 2, "air_suspension": False, "rated_kg": 16_000},
    ],
    "exempt": [
        {"plate": "苏A0T003", "kind": "crane", "from": dt.date(2026, 3, 1), "until": dt.date(2026, 5, 1)},
    ],
    "watch": [{"plate": "苏A0T002", "reason": "drove off", "until": dt.date(2026, 5, 1)}],
}


def network() -> Network:
    """Two sites: one with everything dated, one with nothing but a lane."""
    return parse_network(NETWORK_DOCUMENT, "test")


def register() -> PlateRegister:
    """Papers of every kind."""
    return parse_register(REGISTER_DOCUMENT, "test", ("G104", "S340"))


def book() -> RuleBook:
    """The built-in rule sets, and a harsher one from START_NS on."""
    built_in = load_book().rule_sets
    text = next(rule_set for rule_set in built_in if rule_set.id == "cn-2016").model_dump_json(
        by_alias=True, exclude_unset=True
    )
    for old, new in _HARSHER:
        assert old in text
        text = text.replace(old, new)
    dated = RuleSetFile.model_validate_json(text).model_copy(update={"from_": dt.date(2026, 3, 1)})
    return compile_book([*built_in, dated])


#: What the harsher rule set says otherwise: a figure of every table that decides.
_HARSHER = (
    ("49000", "47000"),
    ('"cn-2016"', '"harsher"'),
    ("[10,30,50,100]", "[8,25,45,90]"),
    ('"light_kg":1000', '"light_kg":900'),
    ("1.6448536269514722", "1.5"),
    ("2.3263478740408408", "2.5"),
)


def screen(with_sites: bool = True, **options: int) -> Screen:
    """What the kernel judges by."""
    net = network()
    corridors = {name: row for row, name in enumerate(net.corridors)}
    terms = compile_terms(net, doubts=DOUBTS) if with_sites else neutral_terms()
    law = book().law if with_sites else book().fixed("cn-2016").law
    return Screen(law, terms, compile_plates(register(), corridors, **options))


def world(with_sites: bool = True) -> World:
    """The same for the naive twin."""
    if not with_sites:
        return World(book().rule_sets, None, register(), "cn-2016")
    return World(book().rule_sets, network(), register(), doubts=DOUBTS)


def passage(*wheels_kg: tuple[int, int], spacing_mm: tuple[int, ...] = (), **fields: object) -> Passages:
    """One passage of these wheel loads; `fields` replace what is otherwise plausible."""
    record = blank(1)
    left, right = zip(*wheels_kg, strict=True)
    record["axle_count"] = len(wheels_kg)
    record["left_kg"][0, : len(left)] = left
    record["right_kg"][0, : len(right)] = right
    record["spacing_mm"][0, : len(spacing_mm)] = spacing_mm
    record["gross_kg"] = sum(left) + sum(right)
    record["time_ns"] = record["origin_ns"] = START_NS
    record["site"], record["lane"], record["speed_kmh"], record["source"] = b"K012", 1, 60.0, 2
    for name, value in fields.items():
        record[name] = value
    return record


def truck(gross_kg: int, spacing_mm: tuple[int, ...] = (3700, 1300, 6860, 1280, 1280), **fields: object) -> Passages:
    """A truck with that gross weight and 1 + len(spacing_mm) axles, its left side 2 % heavier."""
    axles = len(spacing_mm) + 1
    left = [gross_kg * 51 // 100 // axles] * axles
    right = [(gross_kg - sum(left)) // axles] * axles
    right[-1] += gross_kg - sum(left) - sum(right)
    return passage(*zip(left, right, strict=True), spacing_mm=spacing_mm, **fields)


def _random_record(draw: st.DrawFn) -> Passages:
    axles = draw(st.integers(1, MAX_AXLES))
    record = blank(1)
    record["axle_count"] = axles
    heaviest = draw(st.sampled_from((3_000, 9_000, 21_000)))
    loads = st.lists(st.integers(0, heaviest), min_size=axles, max_size=axles)
    left = draw(loads)
    record["left_kg"][0, :axles] = left
    record["right_kg"][0, :axles] = left if draw(st.booleans()) else draw(loads)
    if draw(st.integers(0, 9)) == 0:
        record["right_kg"] = 0
    gaps = st.sampled_from((550, 600, 1000, 1299, 1300, 1301, 1799, 1800, 2099, 2100, 2399, 2400, 4500, 15_001))
    record["spacing_mm"][0, : axles - 1] = draw(st.lists(gaps, min_size=axles - 1, max_size=axles - 1))
    total = int(record["left_kg"].sum()) + int(record["right_kg"].sum())
    record["gross_kg"] = draw(st.sampled_from((total, total, total, total + 300, 18_000, 49_001, 51_450, 100_000)))
    record["plate"] = draw(st.sampled_from(PLATES)).encode()
    record["plate_colour"] = draw(st.sampled_from((0, 1, 255)))
    record["plate_confidence"] = draw(st.sampled_from((0, 79, 80, 99)))
    record["time_ns"] = START_NS + draw(st.sampled_from((-400, -1, 0, 1, 60, 200, 400))) * 86_400 * SECOND_NS
    record["time_ns"] += draw(st.sampled_from((-1, 0, 1)))
    record["origin_ns"] = record["time_ns"]
    record["site"], record["lane"] = draw(st.sampled_from(SITES)), draw(st.integers(1, 3))
    record["speed_kmh"] = draw(st.sampled_from((0.4, 0.5, 10.0, 60.0, 80.0, 80.5, 100.0, 101.0, float("nan"))))
    record["acceleration_ms2"] = draw(st.sampled_from((float("nan"), 0.0, 1.0, -1.25)))
    record["gross_sigma"] = draw(st.sampled_from((float("nan"), 0.0, 0.018, 0.3, 0.31)))
    record["source"] = draw(st.integers(1, 4))
    record["tyres"] = draw(st.sampled_from((0, 0x555, 0xAAA, 0xFFFFFFFF)))
    record["length_mm"] = draw(st.sampled_from((0, 9_000, 18_101, 26_001)))
    record["width_mm"], record["height_mm"] = draw(st.sampled_from((0, 2_551))), draw(st.sampled_from((0, 4_001)))
    record["flags"] = draw(st.sampled_from((0, 0, 0, 1, 1 << 8, 1 << 11, 1 << 13, 1 << 15)))
    return record


@st.composite
def random_passages(draw: st.DrawFn, most: int = 8) -> Passages:
    """Passages at and around everything that decides."""
    count = draw(st.integers(1, most))
    return np.concatenate([_random_record(draw) for _ in range(count)]).astype(PASSAGE)


def rule_set_text() -> str:
    """The built-in file, to be spoilt."""
    from importlib import resources

    return resources.files("rules").joinpath("tables", "cn-2016.toml").read_text("utf-8")


__all__ = [
    "PLATES",
    "START_NS",
    "book",
    "network",
    "parse_rule_set",
    "passage",
    "random_passages",
    "register",
    "rule_set_text",
    "screen",
    "truck",
    "world",
]
