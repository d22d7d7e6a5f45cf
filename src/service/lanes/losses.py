"""What the measure lane knows of lost frames, between the database and the batch in hand. One thread at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.metrics import Metrics
from service.store import frame_runs
from service.store.engine import Store
from service.store.frame_runs import LaneRuns, Loss
from service.store.observed import LaneKey
from service.store.spans import HOUR_S
from wim.frames import Frame
from wim.gaps import Gaps, Step
from wim.records import HOUR_NS


@dataclass
class Told:
    """What one batch tells: the lanes as they are to be kept, and what was lost by lane and hour."""

    lanes: Mapping[LaneKey, LaneRuns]
    #: Numbers skipped and frames that came late, by lane and hour.
    steps: Mapping[tuple[LaneKey, int], tuple[int, int]] = field(default_factory=dict)
    repeats: Mapping[LaneKey, int] = field(default_factory=dict)
    #: Which of the batch's frames those are, by their place in it.
    repeated: frozenset[int] = frozenset()


class Losses:
    """The sequence numbers of every lane that sent a frame; the registry bounds them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.forget()

    def forget(self) -> None:
        """Trust the database again."""
        self._gaps = Gaps()
        self._versions: dict[LaneKey, int] = {}

    def note(self, frames: Iterable[Frame]) -> Told:
        """Take in the frames of a batch in their order. `forget` where the batch is not kept."""
        numbered = [(LaneKey(frame.site, frame.lane), frame) for frame in frames]
        touched = dict.fromkeys(lane for lane, _ in numbered)
        self._recall([lane for lane in touched if lane not in self._versions])
        steps: dict[tuple[LaneKey, int], tuple[int, int]] = {}
        repeats: dict[LaneKey, int] = {}
        repeated = set()
        for place, (lane, frame) in enumerate(numbered):
            step = self._step(lane, frame)
            if step.missing or step.late:
                key = lane, int(frame.head["start_ns"]) // HOUR_NS * HOUR_S
                missing, late = steps.get(key, (0, 0))
                steps[key] = missing + step.missing, late + step.late
            if step.repeat:
                repeats[lane] = repeats.get(lane, 0) + 1
                repeated.add(place)
        runs = {lane: LaneRuns(self._versions[lane] + 1, self._gaps.runs(*lane)) for lane in touched}
        return Told(runs, steps, repeats, frozenset(repeated))

    def write(self, conn: Connection, told: Told) -> None:
        """Keep what the batch told, in the transaction of its offsets."""
        frame_runs.save(conn, told.lanes)
        losses = [Loss(*lane, hour_s, missing, late) for (lane, hour_s), (missing, late) in told.steps.items()]
        frame_runs.add_losses(conn, losses)

    def committed(self, told: Told, metrics: Metrics) -> None:
        """It is kept: the next batch writes the next versions."""
        self._versions.update((lane, kept.version) for lane, kept in told.lanes.items())
        for (lane, _), (missing, late) in told.steps.items():
            metrics.frames_missing.labels(*lane).inc(missing)
            metrics.frames_late.labels(*lane).inc(late)
        for lane, count in told.repeats.items():
            metrics.frames_repeated.labels(*lane).inc(count)

    def _recall(self, lanes: list[LaneKey]) -> None:
        if not lanes:
            return
        with self._store.reading() as conn:
            for lane, kept in frame_runs.load(conn, lanes).items():
                self._versions[lane] = kept.version
                self._gaps.add(kept.runs)

    def _step(self, lane: LaneKey, frame: Frame) -> Step:
        head = frame.head
        return self._gaps.note(*lane, int(head["run"]), int(head["sequence"]), int(head["start_ns"]))
