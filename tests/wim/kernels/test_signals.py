"""Counts to force: the kernels agree with a naive reading of any signal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import signals as naive
from tests.wim.strip_signals import Scene
from wim.kernels import signals
from wim.kernels.weigh_arrays import CHANNEL, CLIPPED

Counts = npt.NDArray[np.int16]

WORST = st.sampled_from([-32_768, -1, 0, 1, 32_767])


def rows(least: int = 2) -> st.SearchStrategy[Counts]:
    """Channels of any counts, and of the worst ones."""
    values = st.integers(-32_768, 32_767) | WORST
    return st.lists(values, min_size=least, max_size=60).map(lambda row: np.array(row, np.int16))


def sparking(seed: int) -> Counts:
    """A wandering channel with steps, single sparks, and some that last."""
    random = np.random.default_rng(seed)
    row = np.cumsum(random.normal(0.0, 20.0, 400)) + 3_000.0 * (np.arange(400) > 250)
    for _ in range(random.integers(0, 12)):
        first = random.integers(0, 400)
        row[first : first + random.integers(1, 9)] += random.choice([-6_000.0, 5_000.0])
    return row.astype(np.int16)


@given(rows(), st.integers(1, 7))
def test_a_row_is_summed_and_looked_through_like_by_hand(row: Counts, size: int) -> None:
    """Sums of blocks, lowest and highest, the largest jump, the noise: also at both ends of the range."""
    blocks = len(row) // size
    sums = np.empty(blocks)
    signals.sum_blocks(row, size, blocks, sums)
    np.testing.assert_array_equal(sums, naive.sum_blocks(row, size))
    assert signals.range_of(row) == naive.range_of(row)
    assert signals.largest_jump(row) == naive.largest_jump(row)
    assert signals.trembling(row, len(row)) == pytest.approx(naive.trembling(row, len(row)), rel=1e-4)


@pytest.mark.parametrize("rate_hz", [1_000, 2_500, 5_000, 10_000, 44_100, 50_000])
def test_a_block_lasts_half_a_millisecond(rate_hz: int) -> None:
    """Or a sample, where that is longer."""
    size = signals.block_size(rate_hz)
    assert size == naive.block_size(rate_hz)
    assert size == 1 or abs(size / rate_hz - 0.0005) <= 0.5 / rate_hz


@pytest.mark.parametrize("seed", range(40))
def test_sparks_are_mended_by_a_line(seed: int) -> None:
    """Those that come back in time; a step stays, and so does what lasts."""
    row = sparking(seed)
    size, blocks = 7, len(row) // 7
    sums = np.empty(blocks)
    signals.sum_blocks(row, size, blocks, sums)
    count = signals.mend_spikes(row, 1_500.0, 5, size, blocks, sums)
    mended, expected = naive.mend_spikes(row, 1_500.0, 5)
    assert count == expected
    np.testing.assert_allclose(sums, mended[: blocks * size].reshape(-1, size).sum(axis=1), atol=1e-6)


@given(rows(), st.sampled_from([0.0, 3.0]), st.booleans())
def test_what_was_cut_off_is_counted(row: Counts, noise_counts: float, flat: bool) -> None:
    """By the converter at either end of its range, or by the amplifier below it."""
    if flat:
        row = np.minimum(row, np.int16(np.median(row)))
    low, high = naive.range_of(row)
    assert signals.at_end(row, low, high, noise_counts) == naive.at_end(row, noise_counts)


@pytest.mark.parametrize("rate_hz", [1_000, 5_000, 20_000])
@pytest.mark.parametrize("spoilt", ["", "clipped", "sparks"])
def test_a_channel_is_read_as_by_hand(rate_hz: int, spoilt: str) -> None:
    """Force above rest in N, and what is wrong with the strip."""
    scene = Scene(rate_hz=rate_hz, noise_n=20.0, speed_ms=12.0)
    row = scene.counts()[0]
    if spoilt == "clipped":
        row = np.minimum(row, row.max() // 2)
    elif spoilt == "sparks":
        row[::777] += 8_000
    size = signals.block_size(rate_hz)
    blocks = len(row) // size
    force, strip = np.empty(blocks), np.zeros(1, CHANNEL)
    signals.read_channel(row, rate_hz, 2.0, size, blocks, force, strip)
    expected, clipped, spikes = naive.read_channel(row, rate_hz, 2.0)
    np.testing.assert_allclose(force, expected, atol=1e-6)
    assert (strip["clipped"][0], strip["spikes"][0]) == (clipped, spikes)
    assert (strip["bad"][0] == CLIPPED) == bool(clipped) == (spoilt == "clipped")
    assert bool(spikes) == (spoilt == "sparks")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tau_s", [0.3, 2.0, 20.0])
def test_droop_is_the_amplifiers_matrix_undone(seed: int, tau_s: float) -> None:
    """And back again, for any force at all."""
    given_n = np.random.default_rng(seed).normal(0.0, 1_000.0, 300)
    force = given_n.copy()
    signals.undroop(force, 300, 0.0005, 1.0 / tau_s)
    np.testing.assert_allclose(force, naive.undroop(given_n, 0.0005, 1.0 / tau_s), atol=1e-7)
    back = force.copy()
    signals.droop(back, 300, 0.0005, 1.0 / tau_s)
    np.testing.assert_allclose(back, naive.droop(force, 0.0005, 1.0 / tau_s), atol=1e-7)
    np.testing.assert_allclose(back, given_n, atol=1e-7)


@pytest.mark.parametrize("tau_s", [1.0, 5.0, 20.0])
@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.5])
def test_a_pulse_comes_back_from_its_amplifier(tau_s: float, seconds: float) -> None:
    """What a convolution with the amplifier's answer to a knock has taken is given back to a ten-thousandth."""
    times_s = np.arange(0.0, 2.0, 0.0005)
    force = 9_000.0 * np.clip(1.0 - np.abs(times_s - 1.0) / seconds * 2.0, 0.0, None)
    drooped = naive.high_pass(force, 0.0005, 1.0 / tau_s)
    assert np.abs(drooped - force).max() > 4.0
    signals.undroop(drooped, len(drooped), 0.0005, 1.0 / tau_s)
    np.testing.assert_allclose(drooped, force, atol=1e-4 * force.max())
    assert drooped.sum() == pytest.approx(force.sum(), rel=1e-5)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0]) | st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_the_median_is_the_middle_of_the_sorted(values: list[float]) -> None:
    """With many equal values too, and with values behind the count that do not count."""
    given_ = np.array([*values, 1e9, -1e9])
    assert signals.median(given_, len(values)) == naive.median(np.array(values))


@pytest.mark.parametrize("blocks", [3, 20, 24, 25, 100, 3_000])
def test_noise_is_that_of_the_quiet(blocks: int) -> None:
    """As by hand for any length; and right to a sixth while pulses fill a third of the frame."""
    force = np.random.default_rng(blocks).normal(0.0, 30.0, blocks)
    force[blocks // 3 : 2 * blocks // 3] += np.linspace(0.0, 9_000.0, 2 * blocks // 3 - blocks // 3)
    found = signals.noise_of(force, blocks, 0.0005, np.empty(1_024))
    assert found == pytest.approx(naive.noise_of(force, 0.0005), rel=1e-12)
    # A third of steep force among the looks moves the median to the 75th part of the quiet ones.
    assert blocks < 3_000 or 25.0 < found < 60.0
