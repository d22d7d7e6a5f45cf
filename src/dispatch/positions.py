"""Where on the roads a place on the map is: longitude and latitude to a corridor and its chainage.

A corridor's `path` is its whole line in the direction of rising chainage, so a part of the path's length is the same
part of the corridor's; where the registry gives no length the path's own stands. A place is taken to the nearest point
of the nearest path, on a plane laid to the Earth there: good to a metre within the kilometre that matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dispatch.roads import Place
from wim.sites import Corridor

#: One degree of latitude, of the sphere with the Earth's mean radius.
_DEGREE_KM: Final = 6_371.0 * math.pi / 180

#: Further off its roads a patrol is somewhere else: a yard or a side street is nearer, and a phone knows its place to
#: some ten metres.
OFF_ROAD_KM: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Foot:
    """The nearest point of a path: how far off it is, and how far along."""

    off_km: float
    corridor: str
    chainage_km: float


def nearest_place(
    roads: Iterable[Corridor], longitude: float, latitude: float, within_km: float = OFF_ROAD_KM
) -> Place | None:
    """The nearest place on a road that has a path, None where none is `within_km`; of equals the smaller id."""
    feet = (_foot(road, longitude, latitude) for road in roads if road.path)
    foot = min(feet, key=lambda found: (found.off_km, found.corridor), default=None)
    return Place(foot.corridor, foot.chainage_km) if foot and foot.off_km <= within_km else None


def _foot(corridor: Corridor, longitude: float, latitude: float) -> _Foot:
    path = np.asarray(corridor.path, np.float64)
    line = _plane_km(path, longitude, latitude)
    steps = np.diff(line, axis=0)
    squared = np.einsum("ij,ij->i", steps, steps)
    # How far along each piece the nearest point lies, 0 … 1; a piece without length is its beginning.
    towards = -np.einsum("ij,ij->i", line[:-1], steps)
    part = np.clip(towards / np.where(squared > 0, squared, 1.0), 0.0, 1.0)
    off_km = np.hypot(*(line[:-1] + part[:, None] * steps).T)
    piece = int(np.argmin(off_km))
    lengths_km = _lengths_km(path)
    whole_km = float(lengths_km.sum())
    along_km = float(lengths_km[:piece].sum() + part[piece] * lengths_km[piece])
    scale = corridor.length_km / whole_km if corridor.length_km is not None and whole_km > 0 else 1.0
    return _Foot(float(off_km[piece]), corridor.id, along_km * scale)


def _plane_km(path: npt.NDArray[np.float64], longitude: float, latitude: float) -> npt.NDArray[np.float64]:
    """A path in kilometres east and north of a place, over the date line where that is nearer."""
    east = (path[:, 0] - longitude + 180) % 360 - 180
    north = path[:, 1] - latitude
    return np.column_stack((east * math.cos(math.radians(latitude)), north)) * _DEGREE_KM


def _lengths_km(path: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The length of each piece of a path, each at its own latitude: a road of 500 km crosses five degrees of it."""
    east = (np.diff(path[:, 0]) + 180) % 360 - 180
    middle = np.radians((path[:-1, 1] + path[1:, 1]) / 2)
    return np.hypot(east * np.cos(middle), np.diff(path[:, 1])) * _DEGREE_KM
