"""Files of frames measured without Kafka: what `wim measure` and the measure lane share, and what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from wim.admission import admit
from wim.frames import NO_NOW_NS, Frame, FrameError, read_frames
from wim.gaps import Gaps
from wim.records import DAY_NS, Passages
from wim.sites import Lane, Network, Site
from wim.soundness import why_unsound

#: The reason of a frame that the estimator fails at.
DEFECT: Final = "measure"
#: Passages that go on together.
_TOGETHER = 4_096


class Meter(Protocol):
    """Measures the frames of one lane."""

    @property
    def line_kg(self) -> npt.NDArray[np.float32]:
        """What each line weighed of the frame measured last, shape (vehicles, 16, lines, 2); NaN where nothing."""

    def measure(self, frame: Frame) -> Passages:
        """The vehicles of a frame in their order, shape (0,), (1,) or (2,)."""


MakeMeter = Callable[[Site, Lane], Meter]


class Meters:
    """A meter of each lane, made when its first frame comes."""

    def __init__(self, make_meter: MakeMeter) -> None:
        self._make_meter = make_meter
        self._made: dict[tuple[str, int], Meter] = {}

    def measure(self, site: Site, lane: Lane, frame: Frame) -> Passages:
        """The vehicles of a frame of that lane.

        Raises FrameError: the meter's own, where nothing can be weighed; `measure`, with its cause, where the meter
        fails or weighs nonsense. That is a defect of ours: one frame of it must not stop a site, and the frame is kept
        for whoever mends it.
        """
        key = site.id, lane.number
        try:
            if key not in self._made:
                self._made[key] = self._make_meter(site, lane)
            found = self._made[key].measure(frame)
        except FrameError:
            raise
        except Exception as error:
            raise FrameError(DEFECT, f"measuring failed: {error!r}") from error
        wrong = why_unsound(found, int(frame.head["start_ns"]) + DAY_NS) if len(found) else None
        if wrong:
            raise FrameError(DEFECT, f"measuring gave no weight: {wrong}")
        return found

    def line_kg(self, site: Site, lane: Lane) -> npt.NDArray[np.float32]:
        """What each line of that lane weighed of its frame measured last (`Meter.line_kg`)."""
        return self._made[site.id, lane.number].line_kg

    def forget(self) -> None:
        """Begin anew: what a meter remembers of the frames before may be void."""
        self._made.clear()


class Framed(NamedTuple):
    """Passages, shape (n,), and the 0-based index of each one's frame in the file, shape (n,)."""

    passages: Passages
    frame: npt.NDArray[np.uint32]


@dataclass
class Measuring:
    """Measures files one after another, each lane by a meter of its own, and keeps count.

    `complain` hears of each frame that gave no weight: its file, its index there, and why.
    """

    network: Network
    meters: Meters
    complain: Callable[[Path, int, FrameError], None]
    frames: int = 0
    #: Frames by the number of vehicles in them.
    vehicles: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    gaps: Gaps = field(default_factory=Gaps)
    missing: int = 0

    def file(self, path: Path, now_ns: int = NO_NOW_NS) -> Iterator[Framed]:
        """The passages of a file of frames in their order, some thousand at a time. Raises OSError."""
        held: list[tuple[int, Passages]] = []
        for index, frame in read_frames(path, now_ns):
            self.frames += 1
            try:
                found = self._measured(frame)
            except FrameError as error:
                self.refused[error.reason] += 1
                self.complain(path, index, error)
                continue
            self.vehicles[len(found)] += 1
            held += [(index, found)] if len(found) else []
            if len(held) >= _TOGETHER:
                yield _joined(held)
                held = []
        if held:
            yield _joined(held)

    def document(self) -> dict[str, Any]:
        """What came of it, as a JSON object."""
        return {
            "frames": self.frames,
            "passages": sum(vehicles * frames for vehicles, frames in self.vehicles.items()),
            "empty": self.vehicles[0],
            "missing": self.missing,
            "refused": dict(sorted(self.refused.items())),
        }

    def _measured(self, frame: Frame | FrameError) -> Passages:
        if isinstance(frame, FrameError):
            raise frame
        site, lane = admit(self.network, frame)
        head = frame.head
        step = self.gaps.note(site.id, lane.number, int(head["run"]), int(head["sequence"]), int(head["start_ns"]))
        self.missing += step.missing - step.late
        return self.meters.measure(site, lane, frame)


def _joined(held: list[tuple[int, Passages]]) -> Framed:
    frames = [index for index, found in held for _ in found]
    return Framed(np.concatenate([found for _, found in held]), np.array(frames, np.uint32))
