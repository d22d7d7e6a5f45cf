"""Ways of laying strips, and a registry with a site of each.

A site's gains, temperature and speed tables are drawn from its name and are far from one, so that whoever forgets to
correct by them is seen to be wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import numpy as np

from sensors.simulator.signals.installation import Loop
from wim.sites import Network, parse_network

_WIDTH_M = 0.055
_CORRIDOR = "SIM"
_CALIBRATED = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))


@dataclass(frozen=True)
class Layout:
    """`lines` lines of strips every `spacing_m`; `full`: one strip over the lane instead of a left and a right one."""

    lines: int
    spacing_m: float = 0.0
    full: bool = False

    @property
    def site(self) -> str:
        """The id of its site in `reference_network`."""
        return f"SIM-{self.lines}x{round(self.spacing_m * 1000)}{'F' if self.full else ''}"

    @property
    def loops(self) -> tuple[Loop, ...]:
        """One loop ahead of the lines, one behind them."""
        return Loop(-1.6), Loop((self.lines - 1) * self.spacing_m + 1.6)


#: The layouts of the accuracy table and those that it must hold for too.
LAYOUTS: Final[Mapping[str, Layout]] = {
    "1": Layout(1),
    "2x4.0": Layout(2, 4.0),
    "4x1.5": Layout(4, 1.5),
    "6x1.2": Layout(6, 1.2),
    "1-full": Layout(1, full=True),
    "2x4.0-full": Layout(2, 4.0, full=True),
    "4x1.5-full": Layout(4, 1.5, full=True),
    "6x1.2-full": Layout(6, 1.2, full=True),
    "3x1.5": Layout(3, 1.5),
    "2x1.0": Layout(2, 1.0),
}


def reference_document(tau_s: float | None = 5.0) -> dict[str, Any]:
    """A registry, as a parsed TOML document, with one site of each layout and one lane at each."""
    return {
        "corridor": [{"id": _CORRIDOR, "timezone": "Asia/Shanghai"}],
        "site": [_site(layout, float(km), tau_s) for km, layout in enumerate(LAYOUTS.values())],
    }


def reference_network(tau_s: float | None = 5.0) -> Network:
    """The same as a network."""
    return parse_network(reference_document(tau_s), "reference layouts")


def _site(layout: Layout, chainage_km: float, tau_s: float | None) -> dict[str, Any]:
    sides = ["full"] if layout.full else ["left", "right"]
    strips = [
        {"line": line + 1, "side": side, "position_m": round(line * layout.spacing_m, 3), "width_m": _WIDTH_M}
        for line in range(layout.lines)
        for side in sides
    ]
    lane = {"number": 1, "direction": "up", "strips": strips, "calibration": [_calibration(layout)]}
    return {
        "id": layout.site,
        "corridor": _CORRIDOR,
        "chainage_km": chainage_km,
        "gravity_ms2": 9.794,
        "certificate": [
            {"number": "SIM", "class": 5, "from": date(2026, 1, 1), "until": date(2036, 1, 1), "speed_kmh": [0.5, 130]}
        ],
        "lane": [lane if tau_s is None else lane | {"tau_s": tau_s}],
    }


def _calibration(layout: Layout) -> dict[str, Any]:
    rng = np.random.default_rng(zlib.crc32(layout.site.encode()))
    keys = [f"{line + 1}{side}" for line in range(layout.lines) for side in ([""] if layout.full else ["L", "R"])]
    return {
        "version": 3,
        "from": _CALIBRATED,
        "gain": {key: round(float(rng.uniform(0.92, 1.08)), 4) for key in keys},
        "temperature": {"reference_c": 20.0, "per_k": round(float(rng.uniform(0.0002, 0.001)), 5)},
        "speed": [
            [20, round(float(rng.uniform(0.985, 1.0)), 4)],
            [60, 1.0],
            [100, round(float(rng.uniform(1.0, 1.02)), 4)],
        ],
    }


def write_registry(path: Path, document: Mapping[str, Any]) -> None:
    """Write a registry document as TOML. Raises OSError."""
    path.write_text(registry_toml(document), "utf-8")


def registry_toml(document: Mapping[str, Any]) -> str:
    """A registry document as TOML: each of its tables on one line of its own."""
    lines = [f"[[{name}]]\n" + _keys(row) for name, rows in document.items() for row in rows]
    return "\n".join(lines)


def _keys(row: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in row.items())


def _key(key: str) -> str:
    return key if key.replace("_", "").isalpha() else f'"{key}"'


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else repr(value)
