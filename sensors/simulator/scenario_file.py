"""Read a scenario from TOML; the keys are explained in `scenario`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sensors.simulator.camera import CameraShares
from sensors.simulator.scenario import OUTAGE_SECONDS, VEHICLE_KINDS, CorridorTraffic, FaultPlan, Planted, Scenario
from sensors.simulator.signals.faults import FAULTS, OF_A_STRIP, SIZED
from wim.document import Table, WrongValueError, array, flag, number, one_of, parse_item, shown, text, whole
from wim.frame_layout import RATES_HZ
from wim.periods import to_ns
from wim.records import Direction

_DEMO = Path(__file__).with_name("demo_scenario.toml")

_SHARE = number(0, 1)
_SHARES = (
    "repeat_share",
    "repeat_overload_share",
    "hundred_tonne_share",
    "permit_share",
    "exempt_share",
    "watch_share",
    "permit_exceeded_share",
    "covered_share",
    "straddling_share",
    "duplicate_share",
)
_DEFAULT = Scenario()
_YEAR_S = 366 * 86_400
_DIRECTIONS = {"up": Direction.UP, "down": Direction.DOWN}


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file.

    Raises:
        RegistryErrors: everything in it that is wrong, by key.
        tomllib.TOMLDecodeError, OSError: it is no TOML, or cannot be read.
    """
    return parse_scenario(tomllib.loads(path.read_text("utf-8")), str(path))


def demo_scenario() -> Scenario:
    """The scenario of the demo, which fits the demo's registry."""
    return read_scenario(_DEMO)


def parse_scenario(document: Mapping[str, Any], origin: str) -> Scenario:
    """A scenario from a parsed document; `origin` names it in errors.

    Raises:
        RegistryErrors: everything in it that is wrong, by key.
    """
    return parse_item(document, origin, _scenario)


def _scenario(table: Table) -> Scenario:
    usual = _DEFAULT
    shares = {name: table.take_or(name, _SHARE, getattr(usual, name)) for name in _SHARES}
    return Scenario(
        seed=table.take_or("seed", whole(0, 2**63 - 1), usual.seed),
        start_ns=table.take_or("start", _instant, usual.start_ns),
        rate_per_s=table.maybe("rate_per_s", number(0.001, 1_000_000, "passages a second")),
        step_s=table.take_or("step_s", one_of(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60), usual.step_s),
        trucks=table.take_or("trucks", whole(100, 1_000_000), usual.trucks),
        cars=table.take_or("cars", whole(100, 1_000_000), usual.cars),
        repeat_offenders=table.take_or("repeat_offenders", whole(0, 10_000), usual.repeat_offenders),
        gross_sigma=table.take_or("gross_sigma", number(0.001, 0.2), usual.gross_sigma),
        tyre_sensor=table.take_or("tyre_sensor", flag, usual.tyre_sensor),
        rate_hz=table.take_or("rate_hz", whole(*RATES_HZ, "Hz"), usual.rate_hz),
        camera=next(iter(table.entries("camera", _camera)), usual.camera),
        corridors=dict(table.entries("corridor", _corridor)),
        planted=tuple(table.entries("planted", _planted)),
        faults=tuple(table.entries("fault", _fault)),
        **shares,
    )


def _instant(value: object) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise WrongValueError(f"is {shown(value)}", "write an instant with its offset, as 2026-06-01T08:00:00+08:00")
    return to_ns(value)


def _pair(value: object) -> tuple[float, float]:
    by_day, by_night = array(_SHARE, 2, 2)(value)
    return by_day, by_night


def _camera(table: Table) -> CameraShares:
    usual = _DEFAULT.camera
    return CameraShares(
        unread=table.take_or("unread", _pair, usual.unread),
        misread=table.take_or("misread", _pair, usual.misread),
        doubtful=table.take_or("doubtful", _pair, usual.doubtful),
    )


def _corridor(table: Table) -> tuple[str, CorridorTraffic]:
    usual = CorridorTraffic()
    return table.take("id", text()), CorridorTraffic(
        vehicles_per_day=table.take_or("vehicles_per_day", number(0, 10_000_000), usual.vehicles_per_day),
        heavy_share=table.take_or("heavy_share", _SHARE, usual.heavy_share),
        overload_share=table.take_or("overload_share", _SHARE, usual.overload_share),
    )


def _planted(table: Table) -> Planted:
    kind = table.take("kind", one_of(*VEHICLE_KINDS, *OUTAGE_SECONDS))
    after_s = table.take("after_s", number(0, _YEAR_S, "seconds"))
    if kind in OUTAGE_SECONDS:
        return _outage(table, kind, after_s)
    direction = table.take_or("direction", one_of(*_DIRECTIONS), "up")
    return Planted(
        kind,
        after_s,
        corridor=table.take("corridor", text()),
        direction=_DIRECTIONS[direction],
        plate=table.take_or("plate", text(16), ""),
        gross_kg=table.take_or("gross_kg", whole(500, 300_000, "kg"), 0),
    )


def _outage(table: Table, kind: str, after_s: float) -> Planted:
    return Planted(
        kind,
        after_s,
        site=table.take("site", text(16)),
        lane=table.take_or("lane", whole(1, 255), 0) if kind == "camera_dark" else 0,
        for_s=table.take_or("for_s", number(1, _YEAR_S, "seconds"), 0.0),
    )


def _fault(table: Table) -> FaultPlan:
    kind = table.take("kind", one_of(*FAULTS))
    return FaultPlan(
        kind,
        site=table.take("site", text(16)),
        lane=table.take_or("lane", whole(1, 255), 0),
        after_s=table.take_or("after_s", number(0, _YEAR_S, "seconds"), 0.0),
        for_s=table.take_or("for_s", number(1, _YEAR_S, "seconds"), 0.0),
        # Where a fault has none of the two, the key is unknown and refused as such.
        strip=table.take_or("strip", text(), "") if kind in OF_A_STRIP else "",
        size=table.take_or("size", number(-1e6, 1e6), math.nan) if kind in SIZED else math.nan,
        share=table.take_or("share", number(0.001, 1), 1.0),
    )
