"""What every watch over a lane promises, whoever adds one: found by looking, not by a list."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import wim
from benchmarks.drift.crossings import Road, Seen, crossings
from wim.authenticity import Authenticity
from wim.charts import StateError
from wim.drift import TrafficDrift
from wim.line_drift import LineDrift
from wim.observations import of_passages
from wim.records import blank

#: Classes with the verbs of a detector that are none, each with its reason.
EXCLUDED: dict[str, str] = {}

VERBS = ("update", "reset", "save", "restore", "trucks")
SEEN = crossings(Road(six_axle_share=0.6), 4_000, (4,))


class Detector(NamedTuple):
    """How one is made, shown trucks and restored."""

    make: Callable[[], Any]
    show: Callable[[Any, Seen], None]
    restore: Callable[[bytes], Any]


def _show_trucks(one: Any, seen: Seen) -> None:
    limits = np.full((len(seen.passages), 2), 49_000, np.int32)
    one.update(of_passages(seen.passages, limits)[0])


def _show_lines(one: Any, seen: Seen) -> None:
    one.update(seen.passages, seen.line_kg)


DETECTORS = {
    "Authenticity": Detector(Authenticity, _show_trucks, Authenticity.restore),
    "LineDrift": Detector(lambda: LineDrift(2), _show_lines, lambda state: LineDrift.restore(state, 2)),
    "TrafficDrift": Detector(TrafficDrift, _show_trucks, TrafficDrift.restore),
}
EVERY = pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)


def part(begin: int, end: int) -> Seen:
    """Some of the trucks."""
    return Seen(SEEN.passages[begin:end], SEEN.line_kg[begin:end])


def shown(detector: Detector, *parts: Seen) -> Any:
    """A new one that has seen these, batch by batch."""
    one = detector.make()
    for seen in parts:
        detector.show(one, seen)
    return one


def test_every_detector_of_the_package_is_held_to_this() -> None:
    """A class of `wim` that updates, saves and restores is in the table, or excluded with a reason."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(wim.__path__, "wim.")
        if not module.ispkg
    ]
    found = {
        name
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and all(hasattr(kind, verb) for verb in VERBS)
    }
    assert found == set(DETECTORS) | set(EXCLUDED)
    assert all(EXCLUDED.values())


@EVERY
@pytest.mark.parametrize("cut", [1, 7, 499, 500, 501, 1_333])
def test_batches_make_no_difference(detector: Detector, cut: int) -> None:
    """However the trucks are cut, the state is the same to the last bit."""
    end = 4_000 if cut > 1 else 700
    parts = [part(begin, min(begin + cut, end)) for begin in range(0, end, cut)]
    assert shown(detector, *parts).save() == shown(detector, part(0, end)).save()


@EVERY
def test_saving_and_restoring_makes_no_difference(detector: Detector) -> None:
    """One that was put away and taken out again goes on as if it had never been."""
    through = shown(detector, part(0, 2_345))
    again = detector.restore(through.save())
    assert again.save() == through.save()
    detector.show(through, part(2_345, 4_000))
    detector.show(again, part(2_345, 4_000))
    assert again.save() == through.save()
    assert again.trucks == through.trucks > 3_900


@EVERY
def test_reset_is_a_beginning(detector: Detector) -> None:
    """Nothing of what was seen before is left."""
    used = shown(detector, part(0, 3_000))
    assert used.save() != detector.make().save()
    used.reset()
    assert used.save() == detector.make().save()


@EVERY
def test_a_state_never_grows(detector: Detector) -> None:
    """Its length is the same after no truck and after thousands."""
    assert len(shown(detector, part(0, 4_000)).save()) == len(detector.make().save())


@EVERY
def test_no_truck_changes_nothing_and_trucks_are_not_written_to(detector: Detector) -> None:
    """An empty batch is no news; what was shown belongs to the caller."""
    before = SEEN.passages.tobytes(), SEEN.line_kg.tobytes()
    one = shown(detector, part(0, 1_000))
    state = one.save()
    detector.show(one, part(0, 0))
    assert one.save() == state
    assert (SEEN.passages.tobytes(), SEEN.line_kg.tobytes()) == before


@EVERY
def test_the_order_of_arrival_counts_and_late_trucks_do_no_harm(detector: Detector) -> None:
    """A truck that comes late is counted as it comes; time going back is no error."""
    backwards = Seen(SEEN.passages[::-1].copy(), SEEN.line_kg[::-1].copy())
    assert shown(detector, backwards).trucks == shown(detector, part(0, 4_000)).trucks


@EVERY
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda state: state[:10], id="too short for a head"),
        pytest.param(lambda state: state[:-1], id="cut"),
        pytest.param(lambda state: state + b"\0", id="longer"),
        pytest.param(lambda state: b"XXXX" + state[4:], id="of something else"),
        pytest.param(lambda state: state[:4] + bytes([state[4] + 1]) + state[5:], id="of another detector"),
        pytest.param(lambda state: state[:6] + bytes([state[6] - 1]) + state[7:], id="of an older version"),
        pytest.param(lambda state: state[:100] + bytes([state[100] ^ 1]) + state[101:], id="one bit turned"),
    ],
)
def test_a_state_that_is_not_its_own_is_refused(detector: Detector, broken: Callable[[bytes], bytes]) -> None:
    """With a StateError that says what is wrong, never a detector that believes nonsense."""
    with pytest.raises(StateError, match="not a state that this release can go on from"):
        detector.restore(broken(shown(detector, part(0, 800)).save()))


@EVERY
def test_absurd_records_do_no_harm(detector: Detector) -> None:
    """NaN, infinity, zeros and the ends of every field, among good trucks: no exception, all figures finite."""
    passages, line_kg = part(0, 1_500).passages.copy(), part(0, 1_500).line_kg.copy()
    rng = np.random.default_rng(1)
    odd = rng.random(1_500) < 0.2
    line_kg[odd] = rng.choice([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e30, 5e3], line_kg[odd].shape)
    passages["speed_kmh"][odd] = rng.choice([np.nan, np.inf, -np.inf, 0.0, -3.0, 1e-30, 300.0], odd.sum())
    for name in ("left_kg", "right_kg", "spacing_mm"):
        passages[name][odd] = rng.choice([0, 1, 65_535], passages[name][odd].shape)
    passages["axle_count"][odd] = rng.choice([1, 2, 3, 9, 16], odd.sum())
    passages["gross_kg"][odd] = rng.choice([0, 4_500, 2**32 - 1], odd.sum())
    one = shown(
        detector, Seen(passages, line_kg), Seen(blank(9), np.zeros((9, 6, 2, 2), np.float32)), part(1_500, 4_000)
    )
    told = one.verdict.reasons if isinstance(one, Authenticity) else one.figures
    figures = [reason.figure if isinstance(one, Authenticity) else reason.score for reason in told]
    assert np.isfinite([figure for figure in figures if figure is not None]).all()
