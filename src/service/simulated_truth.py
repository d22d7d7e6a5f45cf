"""What truly happened in a simulation, in files that no record ever points to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from sensors.simulator.signals.frame_truth import FrameTruth
from sensors.simulator.truth import Truth, TruthFile


@dataclass(frozen=True, slots=True)
class TruthFiles:
    """Vehicles, one row a crossing, and frames, one line each; either may be wanted by nobody."""

    vehicles: TruthFile | None = None
    frames: TextIO | None = None

    def crossings(self, truth: Truth) -> None:
        """Append rows of vehicles."""
        if self.vehicles is not None:
            self.vehicles.write(truth)

    def frame(self, truth: FrameTruth) -> None:
        """Append the line of a frame."""
        if self.frames is not None:
            self.frames.write(truth.line())


NO_TRUTH: Final = TruthFiles()


@contextmanager
def truth_files(path: Path | None, *, frames: bool) -> Iterator[TruthFiles]:
    """The file of the vehicles at `path`, and beside it that of the frames where there are any. Raises OSError."""
    if path is None:
        yield NO_TRUTH
        return
    with ExitStack() as files:
        vehicles = files.enter_context(TruthFile(path))
        beside = files.enter_context(frames_beside(path).open("w", encoding="utf-8")) if frames else None
        yield TruthFiles(vehicles, beside)


def frames_beside(path: Path) -> Path:
    """Where the truth of the frames lies that belongs to the vehicles' at `path`: truth.parquet, truth.frames.jsonl."""
    return path.with_name(f"{path.stem}.frames.jsonl")
