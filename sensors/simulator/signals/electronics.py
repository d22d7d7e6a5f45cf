"""From force to counts: charge amplifier, noise of all colours, hum, drift, 16-bit converter.

A charge amplifier is a high-pass of first order. What it gives for a force F is

    y(t) = F(t) − (1/τ) ∫ F(s) exp(−(t − s)/τ) ds,

so that a pulse leaves an undershoot of its area ÷ τ that decays with τ. What the vehicle before has left is there when
a frame begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]

#: Range of the converter.
LOWEST, HIGHEST = -32_768, 32_767
#: exp of this many time constants still has all its digits beside 1; longer frames are filtered block by block.
_MOST_TAUS = 200.0
#: Coloured noise has its shortest waves this many halvings above the sample, and this many longer ones.
_FINEST, _OCTAVES = 2, 12


@dataclass(frozen=True)
class Noise:
    """What a channel shows beside the force, in newtons; arrays by channel, shape (channels,).

    coloured: RMS of noise whose power falls with frequency as f^−`slope`; hum: amplitude at `hum_hz`, with `third` of
    it at three times that; drift: from the beginning to the end of the frame, as a line and as a slow wave;
    left_over: what the vehicle before left in the amplifiers.
    """

    white: Floats
    coloured: Floats
    slope: float
    hum: Floats
    hum_hz: float
    hum_phase: float
    third: float
    drift: Floats
    wave: Floats
    wave_s: float
    left_over: Floats

    def louder(self, channel: int, factor: float) -> Noise:
        """The same with one channel's noises multiplied."""
        gain = np.ones(len(self.white))
        gain[channel] = factor
        return replace(self, white=self.white * gain, coloured=self.coloured * gain)


def amplified(force: Floats, rate_hz: float, tau_s: float, left_over: Floats) -> Floats:
    """What the amplifiers give for forces, shape (channels, samples); `left_over` is at the first sample."""
    out = np.empty_like(force)
    state = -left_over
    step = min(force.shape[1], int(_MOST_TAUS * tau_s * rate_hz))
    for begin in range(0, force.shape[1], step):
        state = _high_pass(force[:, begin : begin + step], 1 / (rate_hz * tau_s), state, out[:, begin : begin + step])
    return out


def _high_pass(force: Floats, per_sample: float, state: Floats, out: Floats) -> Floats:
    """One block. `state` is ∫ F(s) exp(−(t − s)/τ) ds ÷ τ at its first sample; that of the one after comes back."""
    samples = force.shape[1]
    growth = np.exp(per_sample * np.arange(samples))
    held = force * growth
    np.cumsum(held, axis=1, out=out)
    # Trapezoids: the first and the present sample count half.
    out -= 0.5 * (held + held[:, :1])
    out *= per_sample
    out += state[:, None]
    out /= growth
    last = out[:, -1] * np.exp(-per_sample) + per_sample * force[:, -1] * np.exp(-per_sample / 2)
    np.subtract(force, out, out=out)
    return np.asarray(last)


def disturb(signal: Floats, noise: Noise, rate_hz: float, rng: np.random.Generator) -> None:
    """Add to `signal`, shape (channels, samples), what is not force, in place."""
    channels, samples = signal.shape
    white = rng.standard_normal((channels, samples), np.float32)
    white *= noise.white[:, None].astype(np.float32)
    white += coloured((channels, samples), noise.slope, rng) * noise.coloured[:, None].astype(np.float32)
    signal += white
    time_s = np.arange(samples) / rate_hz
    turn = 2 * np.pi * noise.hum_hz * time_s + noise.hum_phase
    signal += noise.hum[:, None] * (np.sin(turn) + noise.third * np.sin(3 * turn))
    slow = np.sin(2 * np.pi * time_s / noise.wave_s + noise.hum_phase)
    signal += noise.drift[:, None] * np.linspace(0, 1, samples) + noise.wave[:, None] * slow


def coloured(shape: tuple[int, int], slope: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Noise of unit RMS whose power falls as f^−slope: waves of every octave, each drawn by itself and interpolated."""
    channels, samples = shape
    octaves = max(1, min(_OCTAVES, int(np.log2(max(samples, 8))) - _FINEST))
    weights = 2.0 ** (np.arange(octaves)[::-1] * (slope - 1) / 2)
    # Linear interpolation between independent values leaves two thirds of their power.
    weights /= np.sqrt(2 / 3 * np.sum(weights**2))
    knots = samples // 2 ** (octaves - 1 + _FINEST) + 2
    wave = np.zeros((channels, knots), np.float32)
    for octave in range(octaves):
        wave = wave if octave == 0 else _doubled(wave)
        wave += np.float32(weights[octave]) * rng.standard_normal(wave.shape, np.float32)
    for _ in range(_FINEST):
        wave = _doubled(wave)
    return wave[:, :samples]


def _doubled(wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Twice the samples, those between are the mean of their neighbours."""
    finer = np.empty((wave.shape[0], 2 * wave.shape[1] - 1), np.float32)
    finer[:, ::2] = wave
    finer[:, 1::2] = (wave[:, 1:] + wave[:, :-1]) / 2
    return finer


def converted(signal: Floats, unit_per_count: Floats, rest_counts: Floats) -> Counts:
    """Counts of a 16-bit converter, which ends at its range; units and counts at rest by channel, shape (channels,)."""
    counts = signal / unit_per_count[:, None]
    counts += rest_counts[:, None]
    np.rint(counts, out=counts)
    np.clip(counts, LOWEST, HIGHEST, out=counts)
    return counts.astype(np.int16)
