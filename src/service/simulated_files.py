"""Files of simulated frames (.wimf) and their truth, without Kafka: of a scenario, or of a reference lane."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sensors.simulator.signals.capture import Captured, capture
from sensors.simulator.signals.faults import with_fault
from sensors.simulator.signals.reference import Recipe, scenes
from sensors.simulator.traffic import Traffic
from service.simulated_truth import TruthFiles, truth_files
from wim.formats.target import target
from wim.frames import file_record


@dataclass(frozen=True)
class Reference:
    """Frames of a reference lane: `count` of a recipe, each with the faults of these names."""

    recipe: Recipe
    count: int
    seed: int
    faults: Sequence[str] = ()

    def frames(self) -> Iterator[Captured]:
        """The frames in their order. Raises ValueError where a fault does not fit the lane."""
        for index, scene in enumerate(scenes(self.recipe, self.count, self.seed)):
            for fault in self.faults:
                scene = with_fault(scene, fault)
            yield capture(scene, index)


def write_reference(reference: Reference, out: Path, truth: Path | None) -> int:
    """Write a file of frames and, as JSON lines, their truth; returns how many. Raises FormatError, OSError."""
    with ExitStack() as files:
        lines = files.enter_context(truth.open("w", encoding="utf-8")) if truth else None
        return _write(reference.frames(), out, TruthFiles(frames=lines))


def write_traffic(traffic: Traffic, seconds: float, out: Path, truth: Path | None) -> int:
    """Write the frames of a scenario's first `seconds` in the order in which they arrive; returns how many.

    Raises FormatError, OSError.
    """
    with truth_files(truth, frames=True) as files:
        return _write(_played(traffic, seconds, files), out, files)


def _played(traffic: Traffic, seconds: float, truth: TruthFiles) -> Iterator[Captured]:
    begin_ns = traffic.scenario.start_ns
    frames = itertools.count()
    for step in traffic.play(begin_ns, begin_ns + round(seconds * 1e9), begin_ns):
        truth.crossings(step.truth)
        for sent in step.frames:
            yield sent.presence.capture(next(frames))


def _write(frames: Iterable[Captured], out: Path, truth: TruthFiles) -> int:
    count = 0
    with target(out) as stream:
        for captured in frames:
            stream.write(file_record(captured.message))
            truth.frame(captured.truth)
            count += 1
    return count
