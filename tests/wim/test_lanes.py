"""Lanes, strips and calibrations of a registry."""

from __future__ import annotations

import tomllib

import pytest

from wim.document import RegistryErrors, parse_item
from wim.lanes import Lane, read_lane
from wim.periods import moment

ZONE = "Asia/Shanghai"
LANE = """
number = 1
direction = "up"
tau_s = 5.0
strips = [
  {line = 1, side = "left", position_m = 0.0, width_m = 0.055},
  {line = 1, side = "right", position_m = 0.1, width_m = 0.055},
  {line = 2, side = "full", position_m = 4.0, width_m = 0.055},
]
[[calibration]]
version = 3
from = 2026-03-01T00:00:00+08:00
gain = {"1L" = 1.021, "2" = 0.99}
temperature = {reference_c = 20.0, per_k = 0.0004}
speed = [[20, 1.000], [60, 1.004]]
[[calibration]]
version = 2
from = 2025-03-01
"""


def lane(document: str = LANE) -> Lane:
    """The lane that the document declares."""
    return parse_item(tomllib.loads(document), "lane.toml", lambda table: read_lane(table, ZONE))


def complaint(old: str, new: str) -> str:
    """What is said about the lane with one thing changed."""
    assert old in LANE
    with pytest.raises(RegistryErrors) as raised:
        lane(LANE.replace(old, new, 1))
    error = raised.value.errors[0]
    return f"{error.key}: {error.problem}; {error.remedy}"


def test_the_newest_calibration_that_has_begun_is_in_force() -> None:
    """Exactly from its first instant on, in whatever order the file has them."""
    found = lane()
    begin = moment(ZONE)("2026-03-01")
    versions = [found.calibration_at(time_ns) for time_ns in (moment(ZONE)("2025-02-28"), begin - 1, begin)]
    assert [calibration and calibration.version for calibration in versions] == [None, 2, 3]


def test_a_strip_without_a_gain_has_one() -> None:
    """Missing gains are 1; the keys are line and side."""
    newest = lane().calibrations[-1]
    assert newest.gain == {"1L": 1.021, "1R": 1.0, "2": 0.99}
    assert (newest.reference_c, newest.per_k, newest.speed) == (20.0, 0.0004, ((20.0, 1.0), (60.0, 1.004)))
    assert [strip.key for strip in lane().strips] == ["1L", "1R", "2"]


def test_a_lane_whose_unit_weighs_by_itself_needs_no_strips() -> None:
    """Number and direction are enough."""
    assert lane('number = 255\ndirection = "down"') == Lane(255, lane('number = 255\ndirection = "down"').direction)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"left"', '"lefty"', 'strips[0].side: is "lefty"; write "left", "right" or "full"'),
        ('"left"', '"full"', "strips: have on line 1: full, right; write left and right once each, or"),
        ('"left"', '"right"', "strips: have on line 1: right, right; write left and right once each, or"),
        ("line = 2", "line = 3", "strips: have the lines [1, 3]; number the lines 1, 2, … in the order in"),
        ("4.0", "0.05", "strips: have line 2 not behind line 1; let position_m rise along the travel direction"),
        ("width_m = 0.055", "width_m = 55", "strips[0].width_m: is 55; write a number from 0.01 to 1 m"),
        ("version = 2", "version = 3", "calibration[1].version: is the same as in calibration[0]; give each its own"),
        ("from = 2025", "from = 2026", "calibration[1].from: is the same as in calibration[0]; give each its own"),
        ('"1L" =', '"1l" =', 'calibration[0].gain.1l: is not a key of this table; did you mean "1'),
        ('"1L" = 1.021', '"1L" = 0', "calibration[0].gain.1L: is 0; write a number from 0.1 to 10"),
        ("[60, 1.004]", "[20, 1.004]", "calibration[0].speed: has speeds that do not rise; write the points in the"),
        ("per_k", "K", "calibration[0].temperature.per_k: is missing; add it (write a number from -0.05 to 0.05 1/K)"),
    ],
)
def test_a_wrong_lane_is_named_with_its_remedy(old: str, new: str, expected: str) -> None:
    """What the measuring cannot use is refused where it is written."""
    assert complaint(old, new).startswith(expected)
