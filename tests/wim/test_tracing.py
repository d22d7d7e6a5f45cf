"""The trace: what each strip integrated, and what it counted in the weight."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wim.strip_signals import NEWTON, SIX, TWO, Scene, wheels_kg
from wim.records import UNKNOWN_GAP_MS
from wim.trace import Trace

FOUR_LINES = Scene(lines_m=(0.0, 1.5, 3.0, 4.5), noise_n=20.0)
SCENES = [Scene(), FOUR_LINES, Scene(halves=False), Scene(axles=TWO, tau_s=2.0, speed_ms=2.0, rest_n=500.0)]


def traced(scene: Scene) -> Trace:
    """The trace of a scene's frame."""
    return scene.meter().trace(scene.frame())


@pytest.mark.parametrize("scene", SCENES)
def test_the_shares_of_an_axles_lines_add_up(scene: Scene) -> None:
    """To 1 for each axle and side, and the loads with their shares to the axle."""
    trace = traced(scene)
    sides = (1, 2) if scene.halves else (0,)
    side = trace.windows["channel"] % 2 + 1 if scene.halves else np.zeros(len(trace.windows))
    for axle in range(len(scene.axles)):
        for one in sides:
            own = trace.windows[(trace.windows["axle"] == axle) & (side == one)]
            assert len(own) == len(scene.lines_m)
            assert own["weight"].sum() == pytest.approx(1.0, abs=1e-5)
        own = trace.windows[trace.windows["axle"] == axle]
        passage = trace.passages[0]
        weighed_kg = int(passage["left_kg"][axle]) + int(passage["right_kg"][axle])
        assert (own["weight"] * own["load_kg"]).sum() == pytest.approx(weighed_kg, rel=2e-3)


@pytest.mark.parametrize("scene", SCENES)
def test_a_window_holds_its_whole_pulse(scene: Scene) -> None:
    """From before the first newton to behind the last; those of a channel do not overlap."""
    trace = traced(scene)
    times_s = scene.times_s()
    for channel, strip in enumerate(scene.strips):
        own = trace.windows[trace.windows["channel"] == channel]
        for window, behind_m in zip(own, scene.places_m, strict=True):
            on = np.flatnonzero(scene.shape(scene.way_m(times_s) - strip.position_m - behind_m) > 0.0)
            assert window["first"] <= on[0]
            assert window["end"] > on[-1]
        assert (own["end"][:-1] <= own["first"][1:]).all()


def test_the_force_is_that_which_was_on_the_strips() -> None:
    """Without droop and rest: shape (channels, samples), in N, to a few counts; a loop's row is 0."""
    scene = Scene(axles=TWO, tau_s=2.0, speed_ms=3.0, rest_n=500.0, loops_m=(-3.0,))
    trace = traced(scene)
    assert trace.force_n.shape == (5, len(scene.times_s()))
    plain = scene.but(tau_s=None, rest_n=0.0)
    for channel, strip in enumerate(scene.strips):
        expected = plain.force_n(strip)
        np.testing.assert_allclose(trace.force_n[channel], expected, atol=5 * NEWTON + 2e-3 * expected.max())
    assert not trace.force_n[4].any()


def test_a_window_tells_the_strips_own_load() -> None:
    """Before any combination: a strip that feels too much says so."""
    trace = traced(Scene(feels={"2L": 1.03}))
    for channel, factor in enumerate((1.0, 1.0, 1.03, 1.0)):
        own = trace.windows[trace.windows["channel"] == channel]
        assert own["axle"].tolist() == list(range(len(SIX)))
        np.testing.assert_allclose(own["load_kg"], factor * wheels_kg(SIX)[:, channel % 2], rtol=5e-4)


def test_a_bad_strip_counts_nothing() -> None:
    """Its windows are shown, with a share of 0; its partners take it."""
    counts = FOUR_LINES.counts()
    counts[2] = np.minimum(counts[2], counts[2].max() // 2)
    trace = FOUR_LINES.meter().trace(FOUR_LINES.frame(counts))
    bad = trace.windows["channel"] == 2
    assert bad.sum() == len(SIX)
    assert (trace.windows["weight"][bad] == 0.0).all()
    assert (trace.windows["weight"][~bad] > 0.0).all()


def test_the_traced_weight_is_the_measured_one() -> None:
    """Looking changes nothing, not even for the frame after."""
    scene = FOUR_LINES
    meter = scene.meter()
    before = meter.measure(scene.frame())
    trace = meter.trace(scene.frame())
    after = meter.measure(scene.frame())
    trace.passages["gap_ms"] = after["gap_ms"] = UNKNOWN_GAP_MS
    assert before.tobytes() == trace.passages.tobytes() == after.tobytes()


def test_nothing_is_traced_of_an_empty_frame() -> None:
    """No windows, no passages, and still a force for the picture."""
    scene = Scene(axles=(), seconds=0.5, noise_n=10.0)
    trace = traced(scene)
    assert (len(trace.passages), len(trace.windows)) == (0, 0)
    assert trace.force_n.shape == (4, len(scene.times_s()))
