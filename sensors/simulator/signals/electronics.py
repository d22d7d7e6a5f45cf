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
Singles = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int16]

#: Range of the converter.
LOWEST, HIGHEST = -32_768, 32_767
#: exp of this many time constants still has all its digits beside 1; longer frames are filtered block by block.
_MOST_TAUS = 200.0
#: Coloured noise has its shortest waves this many halvings above the sample, and this many longer ones.
_FINEST, _OCTAVES = 2, 12
#: White noise is made of integers of 64 bits: of so many coins, and of a number between two numbers of heads.
_COINS, _BETWEEN_BITS, _BETWEEN = 48, np.uint64(16), np.uint64(0xFFFF)


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


def amplified(force: Floats, rate_hz: float, tau_s: float, left_over: Floats) -> Singles:
    """What the amplifiers give for forces, shape (channels, samples); `left_over` is at the first sample."""
    out = np.empty(force.shape, np.float32)
    state = -left_over
    step = min(force.shape[1], int(_MOST_TAUS * tau_s * rate_hz))
    for begin in range(0, force.shape[1], step):
        state = _high_pass(force[:, begin : begin + step], 1 / (rate_hz * tau_s), state, out[:, begin : begin + step])
    return out


def _high_pass(force: Floats, per_sample: float, state: Floats, out: Singles) -> Floats:
    """One block. `state` is ∫ F(s) exp(−(t − s)/τ) ds ÷ τ at its first sample; that of the one after comes back."""
    samples = force.shape[1]
    growth = np.exp(per_sample * np.arange(samples))
    decay = per_sample / growth
    last = np.empty(len(force))
    # Row by row: one channel fits the processor's cache, all of them do not.
    for row, felt in enumerate(force):
        leak = np.cumsum(felt * growth)
        # Trapezoids: the first and the present sample count half; half of the present one stands before the bracket.
        leak += state[row] / per_sample - 0.5 * felt[0]
        leak *= decay
        last[row] = (leak[-1] - 0.5 * per_sample * felt[-1]) * np.exp(-per_sample)
        last[row] += per_sample * felt[-1] * np.exp(-per_sample / 2)
        whole = felt * (1 + 0.5 * per_sample)
        np.subtract(whole, leak, out=out[row], casting="same_kind")
    return last


def disturb(signal: Singles, noise: Noise, rate_hz: float, rng: np.random.Generator) -> None:
    """Add to `signal`, shape (channels, samples), what is not force, in place."""
    channels, samples = signal.shape
    waves = _waves(noise, samples, rate_hz)
    colours = coloured((channels, samples), noise.slope, rng)
    for row in range(channels):
        sum_of_all = white(samples, rng)
        sum_of_all *= np.float32(noise.white[row])
        colours[row] *= np.float32(noise.coloured[row])
        sum_of_all += colours[row]
        for wave, high in zip(waves, (noise.hum[row], noise.drift[row], noise.wave[row]), strict=True):
            sum_of_all += np.float32(high) * wave
        signal[row] += sum_of_all


def _waves(noise: Noise, samples: int, rate_hz: float) -> tuple[Singles, Singles, Singles]:
    """Hum, drift and slow wave of amplitude 1, shape (samples,) each."""
    time_s = np.arange(samples) / rate_hz
    turn = (2 * np.pi * noise.hum_hz * time_s + noise.hum_phase).astype(np.float32)
    hum = np.sin(turn)
    hum += np.float32(noise.third) * np.sin(3 * turn)
    slow = np.sin((2 * np.pi * time_s / noise.wave_s + noise.hum_phase).astype(np.float32))
    return hum, np.linspace(0, 1, samples, dtype=np.float32), slow


def white(samples: int, rng: np.random.Generator) -> Singles:
    """White noise of unit RMS, shape (samples,).

    How many of 48 coins fall heads, and anywhere between that number and the next: for a converter as good as normally
    distributed (excess kurtosis −0.04), and four times as fast.
    """
    bits = rng.integers(0, np.iinfo(np.uint64).max, samples, np.uint64, endpoint=True)
    noise = (bits & _BETWEEN).astype(np.float32)
    bits >>= _BETWEEN_BITS
    noise *= np.float32(2.0**-16)
    noise += np.bitwise_count(bits)
    noise -= np.float32(_COINS / 2 + 0.5)
    noise *= np.float32(1 / np.sqrt(_COINS / 4 + 1 / 12))
    return noise


def coloured(shape: tuple[int, int], slope: float, rng: np.random.Generator) -> Singles:
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
        wave += _uniform(wave.shape, weights[octave], rng)
    for _ in range(_FINEST):
        wave = _doubled(wave)
    return wave[:, :samples]


def _uniform(shape: tuple[int, ...], rms: float, rng: np.random.Generator) -> Singles:
    """Evenly distributed values; the sum of the octaves is distributed nearly normally whatever each of them is."""
    values = rng.random(shape, np.float32)
    values -= np.float32(0.5)
    values *= np.float32(rms * np.sqrt(12))
    return values


def _doubled(wave: Singles) -> Singles:
    """Twice the samples, those between are the mean of their neighbours."""
    finer = np.empty((wave.shape[0], 2 * wave.shape[1] - 1), np.float32)
    finer[:, ::2] = wave
    between = wave[:, 1:] + wave[:, :-1]
    between *= np.float32(0.5)
    finer[:, 1::2] = between
    return finer


def converted(signal: Singles, unit_per_count: Floats, rest_counts: Floats) -> Counts:
    """Counts of a 16-bit converter, which ends at its range; units and counts at rest by channel, shape (channels,)."""
    counts = np.empty(signal.shape, np.int16)
    for row, felt in enumerate(signal):
        level = felt * np.float32(1 / unit_per_count[row])
        level += np.float32(rest_counts[row])
        np.rint(level, out=level)
        counts[row] = np.clip(level, LOWEST, HIGHEST, out=level)
    return counts
