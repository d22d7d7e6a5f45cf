"""The pictures of docs/method/weighing.md, from simulated frames: `python -m benchmarks.accuracy.method_figures`.

They show how the estimator works and prove nothing of how right it is; that is what the other pictures are for. The
same simulator and estimator give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensors.simulator.signals.layouts import LAYOUTS, reference_network
from sensors.simulator.signals.reference import reference_frames
from service.signal_plot import draw, headline
from wim.frames import NO_NOW_NS, Frame, Kind, decode_frame
from wim.kernels.pulses import (
    MAINS_S,
    QUIET_PART,
    QUIET_S,
    baseline,
    find_pulses,
    open_windows,
    quiet_before,
    quiet_behind,
)
from wim.kernels.signals import block_size, noise_of, read_channel, undroop
from wim.kernels.weigh_arrays import CHANNEL, MOST_PULSES, PULSE
from wim.measure import Meter

Floats = npt.NDArray[np.float64]

FOLDER: Final = Path(__file__).parents[2] / "docs" / "img"
#: Layout and frame of the annotated signal; one rate, so that the picture has no more points than a page has columns.
_LAYOUT, _SPEED_KMH, _SEED, _RATE_HZ = "4x1.5", 80, 4, 5_000
_TAU_S = 5.0
#: Letters stay letters, identifiers come from this and not from chance, and a resting line has few points.
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "wim",
    "path.simplify_threshold": 0.5,
    "font.size": 9,
    "font.family": "sans-serif",
}
_FORCE, _GIVEN, _WINDOW, _QUIET, _LINE = "#0072B2", "#D55E00", "#56B4E9", "#009E73", "#000000"


@dataclass(frozen=True)
class _Pulse:
    """One strip of one row and the pulse that is shown: forces in N by block, places in blocks."""

    given: Floats
    force: Floats
    block_s: float
    pulse: np.void
    before: tuple[int, int]
    behind: tuple[int, int]
    line: tuple[float, float]

    def ms(self, block: float) -> float:
        """From the middle of the pulse."""
        return (block - (int(self.pulse["first"]) + int(self.pulse["end"])) / 2) * self.block_s * 1e3


def frame_at(layout: str, speed_kmh: float) -> tuple[Frame, float]:
    """A reference truck on a lane of that layout, and its true gross weight in kg."""
    (captured,) = reference_frames(layout, speed_kmh, 1, _SEED, rates_hz=(_RATE_HZ,), tau_s=_TAU_S)
    return decode_frame(captured.message, NO_NOW_NS), captured.truth.vehicles[0].gross_kg


def annotated(path: Path) -> None:
    """The signal of a six-axle truck with what `wim signal` draws on it."""
    site = reference_network(_TAU_S).sites[LAYOUTS[_LAYOUT].site]
    frame, true_kg = frame_at(_LAYOUT, _SPEED_KMH)
    trace = Meter(site, site.lanes[1]).trace(frame)
    with rc_context(_SETTINGS):
        draw(frame, trace, path, f"{headline(frame)}\ntrue gross weight {true_kg / 1e3:.2f} t")


def one_pulse(path: Path) -> None:
    """A pulse with its window, quiet stretches and baseline, and what a slow one loses in the amplifier."""
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(8.6, 4.8), layout="constrained")
        (whole, slow), (rest, lost) = figure.subplots(2, 2, sharex="col", height_ratios=(3, 2))
        fast = _pulse(*_strips(frame_at(_LAYOUT, _SPEED_KMH)[0]), 0)
        _draw_pulse(whole, fast)
        _draw_rest(rest, fast)
        late = _pulse(*_strips(frame_at("2x4.0", 5)[0]), 0)
        _draw_slow(slow, late)
        _draw_lost(lost, late)
        figure.savefig(path, metadata={"Date": None})


def _strips(frame: Frame) -> tuple[Frame, list[int]]:
    """The channels of line 1."""
    rows = frame.channels
    return frame, np.flatnonzero((rows["kind"] == Kind.STRIP) & (rows["line"] == 1)).tolist()


def _pulse(frame: Frame, channels: list[int], index: int) -> _Pulse:
    """The pulse of that index on a row, by the estimator's own steps; the first of its strips is shown."""
    rate_hz = int(frame.head["rate_hz"])
    size = block_size(rate_hz)
    blocks, block_s = frame.counts.shape[1] // size, size / rate_hz
    given, strip, spare = np.empty((len(channels), blocks)), np.zeros(1, CHANNEL), np.empty(1024)
    for row, channel in enumerate(channels):
        newton = float(frame.channels[channel]["scale"])
        read_channel(frame.counts[channel], rate_hz, newton, size, blocks, given[row], strip)
    force = given.copy()
    for values in force:
        undroop(values, blocks, block_s, 1 / _TAU_S)
    noise_n = float(np.hypot.reduce([noise_of(values.copy(), blocks, block_s, spare) for values in force]))
    pulses = np.zeros(MOST_PULSES, PULSE)
    count = find_pulses(force, np.zeros(len(force), np.int64), 0, blocks, block_s, noise_n, pulses)
    open_windows(pulses, count, blocks, block_s)
    length, period = int(pulses[index]["window_end"] - pulses[index]["window"]), round(MAINS_S / block_s)
    wanted, least = max(period, (length + period // 2) // period * period), max(2, int(QUIET_S / block_s))
    least = max(least, int(QUIET_PART * length))
    before = quiet_before(pulses, index, wanted, least)
    behind = quiet_behind(pulses, count, index, wanted, least, blocks)
    return _Pulse(given[0], force[0], block_s, pulses[index], before, behind, baseline(force[0], *before, *behind))


def _seen(one: _Pulse, values: Floats) -> tuple[Floats, Floats]:
    """Times in ms and forces in N of what a panel shows: from one quiet stretch to the other and a little more."""
    margin = (one.behind[1] - one.before[0]) // 8
    blocks = np.arange(max(0, one.before[0] - margin), min(len(values), one.behind[1] + margin))
    return np.array([one.ms(block + 0.5) for block in blocks]), values[blocks]


def _mark(axes: Axes, one: _Pulse) -> None:
    axes.axvspan(
        one.ms(int(one.pulse["window"])), one.ms(int(one.pulse["window_end"])), color=_WINDOW, alpha=0.25, lw=0
    )
    for first, end in (one.before, one.behind):
        axes.axvspan(one.ms(first), one.ms(end), color=_QUIET, alpha=0.2, lw=0)
    axes.grid(alpha=0.25)


def _level(one: _Pulse, block: float) -> float:
    return one.line[0] + one.line[1] * block


def _draw_pulse(axes: Axes, one: _Pulse) -> None:
    _mark(axes, one)
    times_ms, force = _seen(one, one.force)
    axes.plot(times_ms, force / 1e3, color=_FORCE, lw=1.2)
    first, end = one.ms(int(one.pulse["first"])), one.ms(int(one.pulse["end"]))
    peak = float(force.max()) / 1e3
    axes.annotate("", (first, 0.12 * peak), (end, 0.12 * peak), arrowprops={"arrowstyle": "<->", "lw": 0.8})
    axes.text(end + 1, 0.12 * peak, "pulse", fontsize=8, va="center")
    for text, (left, right) in (
        ("quiet", one.before),
        ("window", (int(one.pulse["window"]), int(one.pulse["window_end"]))),
        ("quiet", one.behind),
    ):
        axes.text(one.ms((left + right) / 2), 1.06 * peak, text, fontsize=8, ha="center", va="bottom")
    axes.set_ylim(-0.08 * peak, 1.2 * peak)
    axes.set_ylabel("force, kN")
    axes.set_title(f"{_SPEED_KMH} km/h: one wheel on one strip", fontsize=9)


def _draw_rest(axes: Axes, one: _Pulse) -> None:
    _mark(axes, one)
    times_ms, force = _seen(one, one.force)
    axes.plot(times_ms, force, color=_FORCE, lw=0.9)
    ends = np.array([one.before[0], one.behind[1]])
    axes.plot([one.ms(block) for block in ends], [_level(one, block) for block in ends], "--", color=_LINE, lw=1)
    for first, end in (one.before, one.behind):
        middle = (first + end) / 2
        axes.plot(one.ms(middle), _level(one, middle), "o", ms=4, color=_LINE)
    quiet = np.concatenate([one.force[first:end] for first, end in (one.before, one.behind)])
    reach = 2.2 * float(np.abs(quiet).max())
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("the same, N")
    axes.set_xlabel("ms from the middle of the pulse")
    axes.text(0.02, 0.93, "dashed: baseline through the means", fontsize=8, va="top", transform=axes.transAxes)


def _draw_slow(axes: Axes, one: _Pulse) -> None:
    _mark(axes, one)
    axes.plot(*_kilo(_seen(one, one.force)), color=_FORCE, lw=1.2, label="force F, given back")
    axes.plot(*_kilo(_seen(one, one.given)), color=_GIVEN, lw=1.0, ls="--", label="y, as the amplifier gave it")
    axes.set_ylim(top=1.5 * float(_seen(one, one.force)[1].max()) / 1e3)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.set_title(f"5 km/h, τ = {_TAU_S:g} s: what droop takes", fontsize=9)


def _kilo(seen: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return seen[0], seen[1] / 1e3


def _draw_lost(axes: Axes, one: _Pulse) -> None:
    _mark(axes, one)
    axes.plot(*_seen(one, one.force), color=_FORCE, lw=0.9)
    axes.plot(*_seen(one, one.given), color=_GIVEN, lw=0.9, ls="--")
    behind = one.given[one.behind[0] : one.behind[1]]
    reach = 1.6 * float(np.abs(behind).max())
    axes.set_ylim(-reach, reach)
    axes.set_xlabel("ms from the middle of the pulse")
    axes.text(0.98, 0.93, "y undershoots; F rests again", fontsize=8, ha="right", va="top", transform=axes.transAxes)


if __name__ == "__main__":
    annotated(FOLDER / "weighing_signal.svg")
    one_pulse(FOLDER / "weighing_pulse.svg")
