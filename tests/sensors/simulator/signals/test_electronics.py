"""Amplifier, noise and converter do what their formulas say."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.signals.electronics import HIGHEST, LOWEST, amplified, coloured, converted, white

RATE_HZ = 10_000


def pulse(samples: int, begin: int, length: int, newton: float) -> np.ndarray:
    """One channel with one rectangular pulse."""
    force = np.zeros((1, samples))
    force[0, begin : begin + length] = newton
    return force


@pytest.mark.parametrize("tau_s", [0.05, 1.0, 5.0])
def test_a_pulse_leaves_an_undershoot_of_its_area_by_the_time_constant(tau_s: float) -> None:
    """Right after a short pulse the signal is −area ÷ τ, and it decays with τ."""
    out = amplified(pulse(20_000, 1_000, 50, 20_000.0), RATE_HZ, tau_s, np.zeros(1))[0]
    area = 20_000.0 * 50 / RATE_HZ
    # What the pulse loses while it lasts: half its length by τ.
    assert -out[1_051] == pytest.approx(area / tau_s * np.exp(-0.0026 / tau_s), rel=0.02)
    later = min(15_000, 1_051 + round(2 * tau_s * RATE_HZ))
    assert out[later] / out[1_051] == pytest.approx(np.exp(-(later - 1_051) / RATE_HZ / tau_s), rel=0.01)
    assert np.abs(out[:1_000]).max() == 0


@pytest.mark.parametrize("tau_s", [0.01, 0.05])
def test_a_long_frame_is_filtered_as_one(tau_s: float) -> None:
    """Where a frame lasts many time constants, blocks meet without a step: it is the recursion of a high-pass."""
    rng = np.random.default_rng(1)
    force = np.cumsum(rng.standard_normal((2, 60_000)), axis=1)
    state, naive, step = np.array([3.0, -2.0]), np.empty_like(force), 1 / (RATE_HZ * tau_s)
    for sample in range(force.shape[1]):
        naive[:, sample] = force[:, sample] - state
        after = force[:, min(sample + 1, force.shape[1] - 1)]
        state = state * np.exp(-step) + step * (force[:, sample] * np.exp(-step) + after) / 2
    out = amplified(force, RATE_HZ, tau_s, np.array([-3.0, 2.0]))
    assert np.abs(out - naive).max() < 1e-3 * np.abs(naive).max()


def test_what_the_vehicle_before_left_is_there_when_a_frame_begins() -> None:
    """An undershoot at the first sample that decays with the time constant."""
    out = amplified(np.zeros((1, 10_001)), RATE_HZ, 1.0, np.array([-40.0]))[0]
    assert out[0] == pytest.approx(-40)
    assert out[-1] == pytest.approx(-40 / np.e, rel=1e-4)


def test_white_noise_is_white_and_nearly_normal() -> None:
    """Unit RMS, no correlation from one sample to the next, tails of a normal distribution."""
    noise = white(400_000, np.random.default_rng(1)).astype(np.float64)
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.01
    assert (noise**4).mean() == pytest.approx(3, abs=0.08)
    assert (np.abs(noise) > 3).mean() == pytest.approx(0.0027, abs=0.0006)


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.7])
def test_coloured_noise_falls_with_frequency_as_it_is_told(slope: float) -> None:
    """Unit RMS; between 5 and 200 Hz at 10 kHz its power falls as f^−slope within a fifth."""
    waves = coloured((200, 8_192), slope, np.random.default_rng(1)).astype(np.float64)
    assert np.sqrt((waves**2).mean()) == pytest.approx(1, rel=0.1)
    power = (np.abs(np.fft.rfft(waves * np.hanning(8_192), axis=1)) ** 2).mean(axis=0)
    hertz = np.fft.rfftfreq(8_192, 1 / RATE_HZ)
    inside = (hertz > 5) & (hertz < 200)
    fitted = np.polyfit(np.log(hertz[inside]), np.log(power[inside]), 1)[0]
    assert -fitted == pytest.approx(slope, abs=0.2)


def test_a_converter_rounds_and_ends_at_its_range() -> None:
    """The nearest count, and never beyond 16 bits."""
    signal = np.array([[-1e6, -2.4, 0.0, 2.6, 1e6]], np.float32)
    counts = converted(signal, np.array([2.0]), np.array([10.0]))
    assert counts.tolist() == [[LOWEST, 9, 10, 11, HIGHEST]]
