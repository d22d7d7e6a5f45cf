"""Reference frames are what they claim to be: reproducible, whole, and as hard to weigh as the literature says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from sensors.simulator.signals.capture import force, sample_times
from sensors.simulator.signals.frame_truth import from_line
from sensors.simulator.signals.layouts import LAYOUTS, reference_document, reference_network, write_registry
from sensors.simulator.signals.reference import Recipe, reference_frames, scenes
from service.registry import read_registry
from wim.frames import NO_NOW_NS, FrameFlag, Kind, decode_frame


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_seed_gives_the_same_bytes(layout: str) -> None:
    """Frames and truth are reproducible, and another seed gives other ones."""
    first, again = (list(reference_frames(layout, 80, 3, 1)) for _ in range(2))
    assert first == again
    assert [frame.message for frame in reference_frames(layout, 80, 3, 2)] != [frame.message for frame in first]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_frame_is_one_that_a_reader_accepts(layout: str) -> None:
    """The channels are the registry's strips and then the loops, and the head tells what the truth tells."""
    site = reference_network().sites[LAYOUTS[layout].site]
    for message, truth in reference_frames(layout, (5, 100), 5, 1, traffic="mixed"):
        frame = decode_frame(message, NO_NOW_NS)
        strips = frame.channels[frame.channels["kind"] == Kind.STRIP]
        assert [strip.position_m for strip in site.lanes[1].strips] == pytest.approx(strips["position_m"].tolist())
        assert (frame.site, frame.lane) == (truth.site, truth.lane) == (site.id, 1)
        assert int(frame.head["start_ns"]) == truth.start_ns
        assert int(frame.head["sequence"]) == truth.sequence
        assert FrameFlag(int(frame.head["flags"])) & FrameFlag.SIMULATED


def test_the_registry_file_says_what_the_network_is(tmp_path: Path) -> None:
    """What is written is read back by the registry of the processes as the very same sites."""
    write_registry(tmp_path / "sites.toml", reference_document())
    assert read_registry(tmp_path / "sites.toml").network == reference_network()
    assert tomllib.loads((tmp_path / "sites.toml").read_text("utf-8")) == reference_document()


def test_the_truth_is_whole_and_comes_back_from_its_line() -> None:
    """Loads sum to the gross weight, spacings lie between axles, and nothing is lost on the way to a file."""
    for index, (_, truth) in enumerate(reference_frames("2x4.0", 80, 20, 1, traffic="mixed", pairs=0.3, empty=0.2)):
        assert truth.frame == index
        assert from_line(truth.line()) == truth
        for vehicle in truth.vehicles:
            assert vehicle.gross_kg == pytest.approx(sum(vehicle.left_kg) + sum(vehicle.right_kg))
            assert len(vehicle.left_kg) == len(vehicle.right_kg) == len(vehicle.spacing_mm) + 1
            assert vehicle.length_mm > sum(vehicle.spacing_mm)


@pytest.mark.parametrize(
    ("layout", "speed_kmh", "sigma_percent"),
    [("1", 80, 3.54), ("2x4.0", 60, 2.17), ("2x4.0", 80, 1.80), ("4x1.5", 60, 1.39), ("6x1.2", 80, 1.25)],
)
def test_the_mean_of_lines_errs_as_the_model_says(layout: str, speed_kmh: float, sigma_percent: float) -> None:
    """Without noise, the plain mean of all lines has the gross σ that was computed for this traffic (n = 40 000)."""
    recipe = Recipe(layout, (speed_kmh, speed_kmh), rates_hz=(5_000,))
    errors = []
    for scene in scenes(recipe, 600, 5):
        installation = scene.installation
        felt = installation.sensitivity(scene.time_ns, scene.true_c)[:, None]
        felt = felt * installation.speed_factor(scene.time_ns)(np.array([speed_kmh]))
        area = (force(scene, sample_times(scene)) / felt).sum(axis=1) / scene.rate_hz
        # Whoever takes the registry's distances for the true ones has a speed that is off by their ratio.
        scale = scene.bars.position_m[-1] / installation.position_m[-1] if installation.position_m[-1] else 1
        load = area * speed_kmh / 3.6 / scale / installation.width_m / installation.site.gravity_ms2
        errors.append(load.sum() / installation.line.max() / 49_000 - 1)
    standard_error = sigma_percent / np.sqrt(2 * len(errors))
    assert 100 * np.std(errors) == pytest.approx(sigma_percent, abs=4 * standard_error)
    assert 100 * np.mean(errors) == pytest.approx(0, abs=4 * sigma_percent / np.sqrt(len(errors)))
