"""`GET /v1/violations/{violation}/signal`: the strips' signal that a weight was made of, for a chart.

The archived frame is measured again as it was the first time, so whoever doubts a weight sees what was integrated, line
by line. No plate is in the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from fastapi import APIRouter, Request, Response

from service.access import Role
from service.api import etags
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import IdPath
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.signal_answers import AxleMark, ChannelOf, SignalOf, WindowOf
from service.api.tags import Tag
from service.api.violations import unknown
from service.messages.envelope import rfc3339
from service.messages.vocabulary import MediaKind
from service.signal_series import Series, series
from service.store import media, violations
from service.store.media import MediaRow
from wim.admission import admit
from wim.frames import Frame, FrameError, Kind, Side, read_frames
from wim.measure import Meter
from wim.sites import Network
from wim.trace import Trace

router = APIRouter(prefix="/v1/violations", tags=[Tag.VIOLATIONS])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.ADMIN)]

_SIDES = {Side.LEFT: "L", Side.RIGHT: "R", Side.FULL: ""}


@router.get("/{violation}/signal", responses=documented(answer("SignalOf"), "violation_unknown", "signal_missing"))
def read_signal(violation: IdPath, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """The signal of each strip in newton with axles and integration windows, at most 2 000 points a line.

    In a thread of its own: the first one after a start also loads the kernels that measure.
    """
    row = _archived(parts, asker, violation)
    frame = _frame(parts, row)
    try:
        trace, unweighed = _trace(parts.registry.network, frame), None
    except FrameError as error:
        trace, unweighed = None, str(error)
    told = _told(row, frame, trace, unweighed)
    return etags.of_content(request, msgspec.json.encode(told), JSON)


def _archived(parts: Parts, asker: Asker, violation: str) -> MediaRow:
    """The frame as it is listed. Raises the problem of a violation that is unknown, or has none."""
    with parts.store.reading() as conn:
        row = violations.get(conn, violation, asker.scope.corridors, asker.scope.sites)
        kept = media.of_passages(conn, [violation])
    if row is None:
        raise unknown()
    frame = next((one for one in kept.get(violation, ()) if one.kind == MediaKind.FRAME), None)
    if frame is None:
        raise _missing("no frame was kept of it: its weight came from the unit, or the worker has no lane `frames`")
    return frame


def _frame(parts: Parts, row: MediaRow) -> Frame:
    """The frame in the archive. Raises the problem of one that is not there, or is damaged."""
    if parts.archive is None:
        raise _missing("set WIM_ARCHIVE of the API to the folder that the worker archives to")
    try:
        found = [frame for _, frame in read_frames(Path(parts.archive) / row.href)]
    except OSError:
        raise _missing("it is listed, but its file is gone from the archive: restore it from a backup") from None
    if len(found) != 1 or isinstance(found[0], FrameError):
        raise _missing("its file in the archive is damaged: restore it from a backup")
    return found[0]


def _missing(remedy: str) -> Problem:
    return Problem("signal_missing", remedy)


def _trace(network: Network, frame: Frame) -> Trace:
    return Meter(*admit(network, frame)).trace(frame)


def _told(row: MediaRow, frame: Frame, trace: Trace | None, unweighed: str | None) -> SignalOf:
    lines = series(frame, trace)
    return SignalOf(
        violation=row.passage_id,
        site=frame.site,
        lane=frame.lane,
        start=rfc3339(int(frame.head["start_ns"])),
        rate_hz=int(frame.head["rate_hz"]),
        samples=int(frame.counts.shape[1]),
        points=len(lines.times_ms),
        thinned=lines.samples_a_point > 1,
        samples_a_point=lines.samples_a_point,
        sha256=row.sha256,
        unweighed=unweighed,
        times_ms=np.round(lines.times_ms, 4).tolist(),
        channels=[_channel(frame, trace, lines, channel) for channel in range(len(frame.channels))],
        axles=list(_axles(trace)) if trace else [],
    )


def _channel(frame: Frame, trace: Trace | None, lines: Series, channel: int) -> ChannelOf:
    row, loop = frame.channels[channel], frame.channels[channel]["kind"] == Kind.LOOP
    # A hundredth of a newton is a gram; a loop's share of its inductance is a small number.
    values = np.round(lines.values[channel], 9 if loop else 2)
    return ChannelOf(
        name="loop" if loop else f"{row['line']}{_SIDES[Side(row['side'])]}",
        kind="loop" if loop else "strip",
        line=int(row["line"]),
        side=Side(row["side"]).name.lower(),
        position_m=round(float(row["position_m"]), 4),
        unit="relative" if loop else "N",
        values=values.tolist(),
        windows=list(_windows(frame, trace, channel)) if trace else [],
    )


def _windows(frame: Frame, trace: Trace, channel: int) -> Iterator[WindowOf]:
    to_ms = 1e3 / float(frame.head["rate_hz"])
    for window in trace.windows[trace.windows["channel"] == channel]:
        load_kg = float(window["load_kg"])
        yield WindowOf(
            vehicle=int(window["vehicle"]),
            axle=int(window["axle"]) + 1,
            first_ms=round(float(window["first"]) * to_ms, 4),
            end_ms=round(float(window["end"]) * to_ms, 4),
            load_kg=round(load_kg, 1) if np.isfinite(load_kg) else None,
            share=round(float(window["weight"]), 4),
        )


def _axles(trace: Trace) -> Iterator[AxleMark]:
    for vehicle, passage in enumerate(trace.passages):
        for axle in range(int(passage["axle_count"])):
            left, right = int(passage["left_kg"][axle]), int(passage["right_kg"][axle])
            yield AxleMark(vehicle=vehicle, axle=axle + 1, left_kg=left, right_kg=right)
