"""Runs of benchmarks/measure, small: what they compare is checked before it counts. No figure is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure import frames, lane
from benchmarks.measure.__main__ import plan
from benchmarks.measure.cases import Drain, Kernel
from benchmarks.measure.yardstick import low_pass
from benchmarks.screen.broker import Broker
from benchmarks.screen.cases import Site
from tests.servers.kafka import Cluster
from wim.frames import NO_NOW_NS, decode_frame


@pytest.fixture(scope="module")
def made() -> list[bytes]:
    """The models of one seed."""
    return frames.models(5)


@pytest.fixture
def site(start_kafka: Callable[[int], Cluster], tmp_path: Path) -> Site:
    """A place for one round on a broker of its own."""
    return Site(Broker(start_kafka(1).bootstrap_servers), lane.registry_file(tmp_path), tmp_path, rounds=1)


def test_the_frames_are_those_of_the_targets(made: list[bytes]) -> None:
    """40 kB, half a second, four channels at 10 kHz, five axles in each; the same seed gives the same bytes."""
    assert {len(message) for message in made} == {40_160}
    for message in made:
        frame = decode_frame(message, NO_NOW_NS)
        assert frame.counts.shape == (4, 5_000)
        assert frame.head["rate_hz"] == 10_000
    assert len(lane.expected(made)) == frames.MODELS
    assert frames.models(5) == made


def test_every_message_is_a_good_frame_with_a_name_of_its_own(made: list[bytes]) -> None:
    """Site, lane and number tell which one it was, and the signal is its model's."""
    sent = list(frames.messages(made, 200))
    for number, (key, value) in enumerate(sent):
        frame = decode_frame(value, NO_NOW_NS)
        assert frame.site.encode() == key
        assert frames.number_of(frame.site, frame.lane, int(frame.head["sequence"])) == number
        assert value[160:] == made[number % len(made)][160:]
    assert len({key for key, _ in sent}) == frames.SITES


def test_a_lane_is_measured_only_if_it_weighs_right(site: Site, made: list[bytes]) -> None:
    """The real worker drains the topic; the same run with one model a kilogram heavier is no result."""
    lane.fill(site.broker, made, 1_200)
    right = lane.expected(made)
    assert lane.run(site.broker, 1_200, right, site.registry, site.new_folder()).per_s > 0
    axles, gross_kg, speed_kmh = right[3]
    with pytest.raises(lane.WrongResultError, match="a wrong one"):
        lane.run(
            site.broker,
            1_200,
            [*right[:3], (axles, gross_kg + 1, speed_kmh), *right[4:]],
            site.registry,
            site.new_folder(),
        )


def test_a_case_gives_a_line_with_its_yardstick(site: Site) -> None:
    """Both name what was measured, the bounds and whether they are met."""
    drain, kernel = Drain(1_200).run(site), Kernel().run(site)
    assert (drain["case"], drain["frames"], drain["axles"]) == ("5", 1_200, 5)
    assert set(drain["must"]) == {"ratio", "frames_per_s"}
    assert (kernel["case"], kernel["samples"], kernel["met"] in (True, False)) == ("4", 5_000, True)
    assert kernel["times_filter"] > 0


def test_the_yardstick_filters_every_channel_by_itself() -> None:
    """A first-order filter as the formula says it."""
    counts = np.random.default_rng(1).integers(-9_000, 9_000, (2, 50)).astype(np.int16)
    out = np.empty(counts.shape)
    low_pass(counts, 0.25, out)
    for row, values in zip(out, counts.tolist(), strict=True):
        level = float(values[0])
        for at, value in enumerate(values):
            level += 0.25 * (value - level)
            assert row[at] == pytest.approx(level, rel=1e-12)


def test_a_plan_covers_both_cases() -> None:
    """A quick run has fewer frames."""
    assert list(plan(("4", "5"), quick=False)) == [Kernel(), Drain(12_000)]
    assert list(plan(("5",), quick=True)) == [Drain(4_000)]
