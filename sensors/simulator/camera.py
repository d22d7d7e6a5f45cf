"""What the camera made of a plate: read, doubtful, misread, or nothing.

The shares are invented to the size that good sites reach (98 % read by day, about 93 % by night) and fall with the
light.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sensors.simulator.plates import Plates, misread
from wim.records import UNKNOWN_COLOUR

#: From here on a reading counts as certain; invented readings meant as doubtful stay below.
CERTAIN_CONFIDENCE = 80


class Reading(IntEnum):
    """How a plate was read, for the truth file."""

    READ = 0
    DOUBTFUL = 1
    MISREAD = 2
    UNREAD = 3
    COVERED = 4
    CAMERA_DARK = 5


@dataclass(frozen=True)
class CameraShares:
    """Shares of the plates by day and by night: not read at all, misread, read with low confidence."""

    unread: tuple[float, float] = (0.015, 0.05)
    misread: tuple[float, float] = (0.003, 0.01)
    doubtful: tuple[float, float] = (0.02, 0.07)


@dataclass(frozen=True)
class Sightings:
    """What came out of the camera, each of shape (n,)."""

    plate: Plates
    colour: npt.NDArray[np.uint8]
    confidence: npt.NDArray[np.uint8]
    reading: npt.NDArray[np.uint8]


def look(
    plate: Plates,
    colour: npt.NDArray[np.uint8],
    covered: npt.NDArray[np.bool_],
    dark: npt.NDArray[np.bool_],
    daylight: npt.NDArray[np.float64],
    shares: CameraShares,
    rng: np.random.Generator,
) -> Sightings:
    """Reads plates; all arrays have shape (n,). `dark` is the camera's failure, `daylight` 0 … 1 the sky's doing."""
    reading = _readings(daylight, shares, rng.random(len(plate)))
    reading[covered] = Reading.COVERED
    reading[dark] = Reading.CAMERA_DARK
    seen = _misread_some(plate, reading, rng)
    nothing = reading >= Reading.UNREAD
    seen[nothing] = b""
    confidence = _confidence(reading, rng)
    return Sightings(seen, np.where(nothing, np.uint8(UNKNOWN_COLOUR), colour), confidence, reading)


def _readings(
    daylight: npt.NDArray[np.float64], shares: CameraShares, draw: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    reading = np.full(len(draw), Reading.READ, np.uint8)
    below = np.zeros(len(draw))
    for share, outcome in (
        (shares.unread, Reading.UNREAD),
        (shares.misread, Reading.MISREAD),
        (shares.doubtful, Reading.DOUBTFUL),
    ):
        above = below + share[0] * daylight + share[1] * (1 - daylight)
        reading[(draw >= below) & (draw < above)] = outcome
        below = above
    return reading


def _misread_some(plate: Plates, reading: npt.NDArray[np.uint8], rng: np.random.Generator) -> Plates:
    seen = plate.copy()
    wrong = np.flatnonzero(reading == Reading.MISREAD)
    seen[wrong] = misread(plate[wrong], rng.random(len(wrong)))
    return seen


def _confidence(reading: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Good readings 80 … 100; doubtful ones below; a misreading is doubtful four times in five and else looks good."""
    draw = rng.random((2, len(reading)))
    good = CERTAIN_CONFIDENCE + 20 * np.sqrt(draw[0])
    poor = 30 + (CERTAIN_CONFIDENCE - 30) * draw[0]
    doubtful = (reading == Reading.DOUBTFUL) | ((reading == Reading.MISREAD) & (draw[1] < 0.8))
    confidence: npt.NDArray[np.uint8] = np.where(doubtful, poor, good).astype(np.uint8)
    confidence[reading >= Reading.UNREAD] = 0
    return confidence
