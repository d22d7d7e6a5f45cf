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
from typing import Protocol

import numpy as np
import structlog
from aiokafka.structs import ConsumerRecord
from sqlalchemy import Connection

from service.lanes.frame_places import Place, header_of_passages
from service.lanes.losses import Losses, Told
from service.lanes.work import DeadLetter, Message, Outcome, Partition, Slice, records_of, refused
from service.metrics import Metrics
from service.publishing import PACK
from service.store.engine import Store
from service.store.observed import LaneKey
from service.topics import FRAMES, PASSAGES
from wim import codec
from wim.frames import Frame, FrameError, decode_frame
from wim.records import Passages
from wim.sites import Lane, Network, Site

log = structlog.get_logger(__name__)


class Meter(Protocol):
    """Measures the frames of one lane."""

    def measure(self, frame: Frame) -> Passages:
        """The vehicles of a frame in their order, shape (0,), (1,) or (2,)."""


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
        make_meter: Callable[[Site, Lane], Meter],
        metrics: Metrics,
        warm_up: Callable[[], object] = lambda: None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._network, self._make_meter, self._metrics = network, make_meter, metrics
        self._compile, self._clock_ns = warm_up, clock_ns
        self._losses = Losses(store)
        self._meters: dict[LaneKey, Meter] = {}

    def warm_up(self) -> None:
        """Compile or load the kernels."""
        self._compile()

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Forget what was remembered of lanes: their last frames may have been somebody else's."""
        self._losses.forget()
        self._meters.clear()

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """One batch, without effects."""
        now_ns, measured, frames = self._clock_ns(), _Measured(), []
        for record in records_of(slices):
            try:
                frame = decode_frame(record.value, now_ns)
                site, lane = registered(self._network, frame)
            except FrameError as error:
                measured.dead.append(refused(record, error.reason, error.detail))
                continue
            frames.append(frame)
            self._measure(record, frame, site, lane, measured)
        told = self._losses.note(frames)
        return Outcome(
            messages=[message for site, found in measured.passages.items() for message in packed(site, found)],
            dead_letters=measured.dead,
            write=lambda conn: self._write(conn, told),
            committed=lambda: self._committed(measured.frames, told),
        )

    def _measure(self, record: ConsumerRecord, frame: Frame, site: Site, lane: Lane, measured: _Measured) -> None:
        key = LaneKey(site.id, lane.number)
        if key not in self._meters:
            self._meters[key] = self._make_meter(site, lane)
        try:
            found = self._meters[key].measure(frame)
        except Exception as error:
            # A defect of ours. One frame of it must not stop a site; its bytes are kept for whoever mends it.
            log.exception("a frame cannot be measured", site=site.id, lane=lane.number, offset=record.offset)
            measured.dead.append(refused(record, "measure", f"measuring failed: {error!r}"))
            return
        measured.frames[key, len(found)] += 1
        if len(found):
            place = Place(record.partition, record.offset)
            measured.passages.setdefault(site.id.encode(), []).append((found, place))

    def _write(self, conn: Connection, told: Told) -> None:
        self._losses.write(conn, told)

    def _committed(self, frames: Mapping[tuple[LaneKey, int], int], told: Told) -> None:
        self._losses.committed(told, self._metrics)
        for (lane, vehicles), count in frames.items():
            self._metrics.frames.labels(*lane, vehicles).inc(count)


def registered(network: Network, frame: Frame) -> tuple[Site, Lane]:
    """The site and lane of a frame; raises FrameError where the registry does not let it be weighed."""
    site = network.sites.get(frame.site)
    if site is None:
        raise FrameError("site", f"the registry has no site {frame.site!r}")
    lane = site.lanes.get(frame.lane)
    if lane is None:
        raise FrameError("lane", f"the registry has no lane {frame.lane} of site {frame.site}")
    direction = int(frame.head["direction"])
    if direction != lane.direction:
        name = lane.direction.name.lower()
        raise FrameError("direction", f"is {direction}; the registry says {name} of lane {lane.number} of {site.id}")
    if not lane.strips:
        raise FrameError("strips", f"the registry has no strips of lane {lane.number} of {site.id}")
    return site, lane


def packed(site: bytes, found: Sequence[tuple[Passages, Place]]) -> list[Message]:
    """Messages of one site's passages in their order, each of one partition and of up to `PACK` records."""
    messages = []
    # A frame holds two vehicles at most.
    for start in range(0, len(found), PACK // 2):
        part = found[start : start + PACK // 2]
        for partition in sorted({place.partition for _, place in part}):
            own = [(passages, place) for passages, place in part if place.partition == partition]
            offsets = [place.offset for passages, place in own for _ in passages]
            value = codec.encode(np.concatenate([passages for passages, _ in own]))
            messages.append(Message(PASSAGES, site, value, [header_of_passages(partition, offsets)]))
    return messages
