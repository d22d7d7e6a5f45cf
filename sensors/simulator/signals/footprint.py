"""What a strip feels of a wheel: the pressure under the tyre, spread by the pavement, over the width of the strip.

A strip of width w whose centre lies s metres behind the centre of a wheel of load F feels

    F · ∫ q(u) du,   u from −s − w/2 to −s + w/2,   with q = pressure ⊗ pavement, ∫ q du = 1,

so that over the whole crossing ∫ (force ÷ F) ds = w whatever the shapes: that is the only thing about a pulse that
physics promises. The cumulative of q is tabulated for each wheel and read off at both edges of the strip.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.tyres import Tyres, pressure

Floats = npt.NDArray[np.float64]

#: Cells of the table: 2 mm, half a metre to each side of the wheel's centre. The longest contact with the widest
#: pavement reaches 0.36 m.
_CELL_M = 0.002
_CELLS = 512
_ALONG_M: Floats = (np.arange(_CELLS, dtype=np.float64) - _CELLS // 2) * _CELL_M
#: Beyond these many of its standard deviations the pavement's kernel is cut.
_REACH = 4.0


class Spreading(IntEnum):
    """The shape of the kernel by which the pavement spreads a load on its way down to the strip."""

    GAUSSIAN = 0
    TRIANGULAR = 1
    EXPONENTIAL = 2  # long-tailed, as of a soft layer


@dataclass(frozen=True)
class Pavement:
    """How the pavement spreads a load: the full width of the kernel at half its height."""

    shape: Spreading
    width_m: float

    def kernel(self) -> Floats:
        """Its weights over the cells of the table, centred on cell 0 as a circular convolution wants it."""
        along = np.abs(_ALONG_M)
        if self.shape is Spreading.GAUSSIAN:
            sigma = self.width_m / 2.3548
            weights = np.where(along <= _REACH * sigma, np.exp(-0.5 * (along / sigma) ** 2), 0.0)
        elif self.shape is Spreading.TRIANGULAR:
            weights = np.maximum(0.0, 1 - along / self.width_m)
        else:
            scale = self.width_m / (2 * np.log(2))
            weights = np.where(along <= _REACH * scale, np.exp(-along / scale), 0.0)
        return np.asarray(np.fft.ifftshift(weights / weights.sum()))

    @property
    def reach_m(self) -> float:
        """How far from a load its effect ends."""
        widest = {Spreading.GAUSSIAN: _REACH / 2.3548, Spreading.TRIANGULAR: 1.0, Spreading.EXPONENTIAL: _REACH / 1.386}
        return widest[self.shape] * self.width_m + _CELL_M


@dataclass(frozen=True)
class Footprints:
    """The wheels of a vehicle on a pavement, numbered axle by axle, left before right.

    cumulative: share of the load that lies behind each cell's edge, shape (wheels, cells + 1); half_m: how far from
    the wheel's centre anything is felt, shape (wheels,).
    """

    cumulative: Floats
    half_m: Floats

    def felt(self, wheel: npt.NDArray[np.intp], ahead_m: Floats, width_m: Floats) -> Floats:
        """The share of each wheel's load that a strip feels, its centre `ahead_m` of the strip's; all shape (n,)."""
        return self._behind(wheel, width_m / 2 - ahead_m) - self._behind(wheel, -width_m / 2 - ahead_m)

    def _behind(self, wheel: npt.NDArray[np.intp], along_m: Floats) -> Floats:
        cell = np.clip(along_m / _CELL_M + (_CELLS // 2 + 0.5), 0.0, _CELLS - 1e-6)
        whole = cell.astype(np.intp)
        table = self.cumulative.ravel()
        place = wheel * (_CELLS + 1) + whole
        below = table[place]
        return np.asarray(below + (cell - whole) * (table[place + 1] - below))


def footprints(tyres: Tyres, pavement: Pavement) -> Footprints:
    """The footprints of a vehicle's wheels."""
    pressed = pressure(tyres, _ALONG_M).reshape(-1, _CELLS)
    spread = np.fft.irfft(np.fft.rfft(pressed) * np.fft.rfft(pavement.kernel()), _CELLS)
    cumulative = np.zeros((len(spread), _CELLS + 1))
    np.cumsum(spread, axis=1, out=cumulative[:, 1:])
    cumulative /= cumulative[:, -1:]
    return Footprints(cumulative, tyres.contact_m.ravel() / 2 + pavement.reach_m)
