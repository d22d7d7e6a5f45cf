"""What the hour of the day does to a road: how many drive, how fast, in what light, on how warm a pavement.

Tables of 24 values belong to the local hours 0 … 23. They are invented after the shape that counts on freight roads
have: cars with two commuting peaks, trucks flat by day and still there at night, so that the share of trucks is highest
before dawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

SECOND_NS = 10**9

Hourly = npt.NDArray[np.float64]


def _relative(*values: float) -> Hourly:
    """`values` scaled to a mean of one."""
    table = np.array(values)
    return np.asarray(table / table.mean())


#: Cars and vans, relative to their daily mean.
LIGHT = _relative(15, 10, 8, 7, 9, 20, 55, 105, 125, 105, 92, 88, 80, 84, 88, 94, 108, 128, 110, 78, 58, 45, 32, 22)
#: Trucks and coaches, relative to their daily mean.
HEAVY = _relative(58, 52, 48, 47, 52, 64, 80, 92, 99, 109, 114, 110, 98, 106, 112, 114, 110, 99, 90, 84, 80, 76, 70, 64)
#: How much likelier a truck is overloaded: the predictable hours without patrols draw those who avoid them.
OVERLOAD = np.array([1.7, 1.8, 1.9, 1.9, 1.7, 1.4] + [0.8] * 13 + [0.9, 1.0, 1.2, 1.4, 1.6])
#: Speed relative to a free road: slower in the two peaks.
SPEED = np.array([1.03] * 6 + [0.98, 0.9, 0.88, 0.93] + [0.97] * 6 + [0.92, 0.87, 0.91, 0.97] + [1.0] * 4)

# Twilight without the seasons: the camera's light matters, the almanac does not.
_LIGHT_AT = ((0.0, 0.0), (5.0, 0.0), (7.0, 1.0), (17.5, 1.0), (19.5, 0.0), (24.0, 0.0))


@dataclass(frozen=True)
class LocalTime:
    """Where the clock on the wall stands: `hour` 0 ≤ h < 24 with its fraction, `day_of_year` 1 … 366."""

    hour: float
    day_of_year: int

    @property
    def whole_hour(self) -> int:
        return int(self.hour)


def local_time(time_ns: int, zone: ZoneInfo) -> LocalTime:
    """The local time of an instant; its seconds are whole."""
    at = datetime.fromtimestamp(time_ns // SECOND_NS, zone)
    return LocalTime(at.hour + at.minute / 60 + at.second / 3600, at.timetuple().tm_yday)


def daylight(at: LocalTime) -> float:
    """0 in the dark … 1 by day."""
    hours, light = zip(*_LIGHT_AT, strict=True)
    return float(np.interp(at.hour, hours, light))


def pavement_c(at: LocalTime) -> float:
    """Pavement temperature: coldest in January and before dawn, warmest in July and at three in the afternoon."""
    season = -math.cos(2 * math.pi * (at.day_of_year - 20) / 365)
    time_of_day = math.cos(2 * math.pi * (at.hour - 15) / 24)
    return 19.0 + 13.0 * season + (6.0 + 3.0 * season) * time_of_day


def overload_factor(whole_hour: int) -> float:
    """How much likelier than on the average of a day's trucks a truck of this hour is overloaded."""
    return float(OVERLOAD[whole_hour] / np.average(OVERLOAD, weights=HEAVY))
