"""What a command changes in the process that calls it, and a registry that its frames are of."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

SITES = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"

[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
gravity_ms2 = 9.8

[[site.lane]]
number = 1
direction = "up"
strips = [
    {line = 1, side = "left", position_m = 0.0, width_m = 0.055},
    {line = 1, side = "right", position_m = 0.0, width_m = 0.055},
    {line = 2, side = "left", position_m = 4.0, width_m = 0.055},
    {line = 2, side = "right", position_m = 4.0, width_m = 0.055},
]
calibration = [{version = 3, from = 2026-01-01}]

[[site.lane]]
number = 2
direction = "down"
"""


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    """A command logs to the stderr of its time, which capsys closes."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """The registry of `tests.wim.crossings`, whose second lane has no strips."""
    path = tmp_path / "sites.toml"
    path.write_text(SITES, "utf-8")
    return path
