"""The measure lane: frames in, passages out.

One batch goes: bytes checked (`wim.frames`) → the lane looked up in the registry → measured (`wim.measure`) → passages
packed by site, each message with the places of its frames (`lanes.frame_places`) → what the sequence numbers tell of
lost frames (`lanes.losses`) written with the offsets.

A frame that is measured again, after a crash or on purpose, makes passages of the same ids: the screen lane counts them
once, so nothing here needs to remember what was measured.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog

from service.lanes.frame_places import Place, header_of_passages
from service.lanes.losses import Losses, Told
from service.lanes.work import DeadLetter, Message, Outcome, Partition, Slice, records_of, refused
from service.measuring import DEFECT, MakeMeter, Meters
from service.metrics import Metrics
from service.publishing import PACK
from service.store.engine import Store
from service.store.observed import LaneKey
from service.topics import FRAMES, PASSAGES
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
    dead: list[DeadLetter] = field(default_factory=list)


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
                self._measure(Place(record.partition, record.offset), frame, site, lane, measured)
            except FrameError as error:
                if error.reason == DEFECT:
                    log.exception("a frame cannot be measured", partition=record.partition, offset=record.offset)
                measured.dead.append(refused(record, error.reason, error.detail))
        told = self._losses.note(frames)
        return Outcome(
            messages=[message for site_, found in measured.passages.items() for message in packed(site_, found)],
            dead_letters=measured.dead,
            write=lambda conn: self._losses.write(conn, told),
            committed=lambda: self._committed(measured.frames, told),
        )

    def _measure(self, place: Place, frame: Frame, site: Site, lane: Lane, measured: _Measured) -> None:
        found = self._meters.measure(site, lane, frame)
        measured.frames[LaneKey(site.id, lane.number), len(found)] += 1
        if len(found):
            measured.passages.setdefault(site.id.encode(), []).append((found, place))

    def _committed(self, frames: Mapping[tuple[LaneKey, int], int], told: Told) -> None:
        self._losses.committed(told, self._metrics)
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
