"""The measure lane: frames in, passages out.

One batch goes: bytes checked (`wim.frames`) → the lane looked up in the registry → measured (`wim.measure`) → passages
packed by site, each message with the places of its frames (`lanes.frame_places`) → what the sequence numbers tell of
lost frames (`lanes.losses`), and what each line of a lane weighed (`watch.rows`), written with the offsets.

A frame that is measured again, after a crash or on purpose, makes passages of the same ids: the screen lane counts them
once, so nothing here needs to remember what was measured.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from sqlalchemy import Connection

from service.lanes.frame_places import Place, header_of_passages
from service.lanes.losses import Losses, Told
from service.lanes.work import DeadLetter, Message, Outcome, Partition, Slice, records_of, refused
from service.measuring import DEFECT, MakeMeter, Meters
from service.metrics import Metrics
from service.publishing import PACK
from service.store import watches
from service.store.engine import Store
from service.store.observed import LaneKey
from service.store.watches import LineBatch
from service.topics import FRAMES, PASSAGES
from service.watch.rows import line_batches, loads
from service.worker import Parts
from wim import codec
from wim.admission import admit
from wim.frames import Frame, FrameError, decode_frame
from wim.measure import Meter, warm_up
from wim.records import PASSAGE, Passages
from wim.sites import Lane, Network, Site

log = structlog.get_logger(__name__)


def work(parts: Parts) -> MeasureWork:
    """The lane of a worker, by its settings."""
    return MeasureWork(parts.store, parts.registry.network, Meter, parts.metrics, warm_up)


@dataclass
class _Measured:
    """What a batch came to, before any of it is kept."""

    #: Passages of each site with the place of each's frame, in the order of the frames.
    passages: dict[bytes, list[tuple[Passages, Place]]] = field(default_factory=dict)
    #: Frames by lane and by the number of vehicles in them.
    frames: Counter[tuple[LaneKey, int]] = field(default_factory=Counter)
    #: What each line weighed, with the lane, its number of lines, and the frame's place among the good ones.
    loads: list[tuple[int, tuple[LaneKey, int], bytes]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)

    def lines(self, repeated: Collection[int], now_s: int) -> list[LineBatch]:
        """What the watch is to see of the lines; a frame that came before was seen before."""
        found: dict[tuple[LaneKey, int], list[bytes]] = {}
        for place, of_lane, weighed in self.loads:
            if place not in repeated:
                found.setdefault(of_lane, []).append(weighed)
        return list(line_batches(found, now_s))


class MeasureWork:
    """See `service.lanes.work.Work`."""

    name = "measure"
    topics = (FRAMES,)
    #: A lost transaction is measured again, under the same ids.
    durable = False
    patience_s = 0.0

    def __init__(
        self,
        store: Store,
        network: Network,
        make_meter: MakeMeter,
        metrics: Metrics,
        warm_up: Callable[[], object] = lambda: None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._network, self._meters, self._metrics = network, Meters(make_meter), metrics
        self._compile, self._clock_ns = warm_up, clock_ns
        self._losses = Losses(store)

    def warm_up(self) -> None:
        """Compile or load the kernels."""
        self._compile()

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Forget what was remembered of lanes: their last frames may have been somebody else's."""
        self._losses.forget()
        self._meters.forget()

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """One batch, without effects."""
        now_ns, measured, frames = self._clock_ns(), _Measured(), []
        for record in records_of(slices):
            try:
                frame = decode_frame(record.value, now_ns)
                site, lane = admit(self._network, frame)
                frames.append(frame)
                place = Place(record.partition, record.offset)
                self._measure(place, len(frames) - 1, frame, site, lane, measured)
            except FrameError as error:
                if error.reason == DEFECT:
                    log.exception("a frame cannot be measured", partition=record.partition, offset=record.offset)
                measured.dead.append(refused(record, error.reason, error.detail))
        told = self._losses.note(frames)
        lines = measured.lines(told.repeated, now_ns // 10**9)
        return Outcome(
            messages=[message for site_, found in measured.passages.items() for message in packed(site_, found)],
            dead_letters=measured.dead,
            write=lambda conn: self._write(conn, told, lines),
            committed=lambda: self._committed(measured.frames, told),
        )

    def _measure(self, place: Place, number: int, frame: Frame, site: Site, lane: Lane, measured: _Measured) -> None:
        found, key = self._meters.measure(site, lane, frame), LaneKey(site.id, lane.number)
        measured.frames[key, len(found)] += 1
        if len(found):
            measured.passages.setdefault(site.id.encode(), []).append((found, place))
            line_kg = self._meters.line_kg(site, lane)
            # Of a single line there is nothing to compare.
            if (lines := line_kg.shape[2]) >= 2 and len(weighed := loads(found, line_kg)):
                measured.loads.append((number, (key, lines), weighed.tobytes()))

    def _write(self, conn: Connection, told: Told, lines: Sequence[LineBatch]) -> None:
        self._losses.write(conn, told)
        watches.add_lines(conn, lines)

    def _committed(self, frames: Mapping[tuple[LaneKey, int], int], told: Told) -> None:
        self._losses.committed(told, self._metrics)
        for lane in told.lanes:
            # From the first frame on, or the first loss would be no increase of anything.
            self._metrics.frames_missing.labels(*lane)
            self._metrics.frames_late.labels(*lane)
        for (lane, vehicles), count in frames.items():
            self._metrics.frames.labels(*lane, vehicles).inc(count)


def packed(site: bytes, found: Sequence[tuple[Passages, Place]]) -> list[Message]:
    """Messages of one site's passages in their order, each of one partition and of up to `PACK` records."""
    messages = []
    # A frame holds two vehicles at most.
    for start in range(0, len(found), PACK // 2):
        part = found[start : start + PACK // 2]
        for partition in sorted({place.partition for _, place in part}):
            own = [(passages, place) for passages, place in part if place.partition == partition]
            offsets = [place.offset for passages, place in own for _ in passages]
            # numpy would compare the layouts of all arrays first: 33 µs each, half of what a frame costs here.
            joined = np.frombuffer(b"".join(passages.tobytes() for passages, _ in own), PASSAGE)
            header = header_of_passages(partition, offsets)
            messages.append(Message(PASSAGES, site, codec.encode(joined), [header]))
    return messages
