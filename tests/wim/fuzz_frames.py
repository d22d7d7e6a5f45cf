"""Frames that no unit ought to send, through decoding, admission and a meter.

`python -m tests.wim.fuzz_frames`, which `test_fuzz_frames` runs with index checks.

Whatever comes, a frame ends as passages that can be published, as none, or refused by a word other than `measure`,
which is the word for our own defects.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from service.measuring import DEFECT, Meters
from tests.wim.crossings import CAR, FOUR, OFFSET, SIX, START_NS, frame, network
from wim import codec
from wim.admission import admit
from wim.frames import CHANNEL, NO_NOW_NS, FrameError, Kind, Side, decode_frame, encode_frame
from wim.measure import Meter
from wim.records import HOUR_NS, Flag, Passages
from wim.sites import Network, parse_network

#: What a registry may say that a lane has, as (line, side, position in m).
LAYOUTS: dict[str, list[tuple[int, str, float]]] = {
    "2x4": [(line, side, 4.0 * (line - 1)) for line in (1, 2) for side in ("left", "right")],
    "1": [(1, "left", 0.0), (1, "right", 0.0)],
    "1-full": [(1, "full", 0.0)],
    "staggered": [(1, "left", 0.0), (1, "right", 0.8), (2, "full", 3.0)],
    "6x1.2": [(line, side, 1.2 * (line - 1)) for line in range(1, 7) for side in ("left", "right")],
    "8-full": [(line, "full", 0.4 * (line - 1)) for line in range(1, 9)],
}
CALIBRATION = {"version": 3, "from": np.datetime64("2026-01-01").item()}


@cache
def registry(layout: str, tau_s: float | None, calibrated: bool) -> Network:
    """Site G104-K012 with one lane of that layout."""
    strips = [{"line": line, "side": side, "position_m": at, "width_m": 0.055} for line, side, at in LAYOUTS[layout]]
    lane: dict[str, Any] = {"number": 1, "direction": "up", "strips": strips}
    lane |= {"tau_s": tau_s} if tau_s else {}
    lane |= {"calibration": [CALIBRATION]} if calibrated else {}
    site = {"id": "G104-K012", "corridor": "G104", "chainage_km": 12.4, "lane": [lane]}
    return parse_network({"corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}], "site": [site]}, "test")


def ends_well(network: Network, meters: Meters, message: bytes) -> Passages | str:
    """The passages of a frame, sound every one, or the word by which it was refused, which is never our defect."""
    try:
        frame = decode_frame(message, START_NS + HOUR_NS)
        found = meters.measure(*admit(network, frame), frame)
    except FrameError as error:
        if error.reason == DEFECT:
            raise
        return error.reason
    if len(found):
        batch = codec.decode([codec.encode(found)], NO_NOW_NS // 2)
        assert (len(batch.passages), batch.refused) == (len(found), [])
    return found


#: One meter of each registry for all examples: what a frame leaves in its room must not harm the next.
METERS: dict[int, Meters] = {}


def meters_of(network: Network) -> Meters:
    """The meters that have seen every earlier example."""
    return METERS.setdefault(id(network), Meters(Meter))


@st.composite
def registries(draw: st.DrawFn) -> Network:
    """Any layout, with and without time constant and calibration."""
    return registry(
        draw(st.sampled_from(sorted(LAYOUTS))), draw(st.sampled_from([None, 0.05, 5.0])), draw(st.booleans())
    )


#: What a float of the channel table may be, most often what it ought to be.
_SCALES = st.sampled_from([5.0] * 6 + [0.0, -5.0, 1e-38, 1e-6, 500.0, 3e38, float("nan"), float("inf")])
_PLACES = st.sampled_from([0.0] * 6 + [0.0101, -0.5, 1e6, -3e38])
#: As much of a slow crossing as keeps the examples many.
_MOST_SAMPLES = 30_000
_RATES_HZ = st.sampled_from([1_000, 1_001, 5_000, 10_000, 10_007, 49_999, 50_000])


@st.composite
def signals(draw: st.DrawFn, channels: int, rate_hz: int) -> npt.NDArray[np.int16]:
    """Counts, shape (channels, samples): a crossing, cut, stretched, spoilt or drowned; or nothing but rubbish."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axles = draw(st.sampled_from([SIX, FOUR, CAR, (), SIX + SIX, FOUR + SIX + CAR]))
    plain = decode_frame(frame(axles, draw(st.sampled_from([4.0, 20.0, 72.0, 130.0]))), NO_NOW_NS).counts
    counts = plain[rng.integers(0, 4, channels), :_MOST_SAMPLES].astype(np.float64)
    first, last = sorted(rng.integers(0, counts.shape[1] + 1, 2).tolist())
    for spoil in draw(st.lists(st.sampled_from(range(10)), max_size=4)):
        row = int(rng.integers(0, channels))
        if spoil == 0:
            counts = counts[:, first:last] if last - first < counts.shape[1] else counts
            first, last = 0, counts.shape[1]
        elif spoil == 1:
            counts[row] = rng.choice([0, OFFSET, 32_767, -32_768])
        elif spoil == 2:
            counts[row] = np.clip(counts[row], -200, 200)
        elif spoil == 3:
            counts += rng.normal(0, 10.0 ** rng.integers(0, 5), counts.shape)
        elif spoil == 4:
            counts[row] = rng.integers(-32_768, 32_768, counts.shape[1])
        elif spoil == 5:
            counts[row, first:last] = 32_767
        elif spoil == 6:
            counts = counts[:, ::-1]
        elif spoil == 7:
            counts = np.concatenate([counts, counts], axis=1)
        elif spoil == 8:
            counts[row, rng.random(counts.shape[1]) < 0.01] = -32_768
        else:
            counts += 20_000 * np.sin(2 * np.pi * 50 * np.arange(counts.shape[1]) / rate_hz)
    return np.clip(counts, -32_768, 32_767).astype("<i2")


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame whose bytes are in order; its channels are those of some layout, or of none."""
    rows = draw(st.sampled_from(sorted(LAYOUTS)).map(lambda name: list(LAYOUTS[name])))
    draw(st.randoms(use_true_random=False)).shuffle(rows)
    rows = rows[: draw(st.integers(1, len(rows)))] + draw(st.sampled_from([[], [(9, "full", 0.0)], [(1, "left", 0.0)]]))
    loops = draw(st.integers(0, 3))
    table = np.zeros(len(rows) + loops, CHANNEL)
    for row, (line, side, at) in zip(table, rows, strict=False):
        row["kind"], row["line"], row["side"] = Kind.STRIP, line, Side[side.upper()]
        row["position_m"] = np.float32(at + draw(_PLACES))
    table["scale"] = [draw(_SCALES) for _ in table]
    table["offset"] = draw(st.sampled_from([OFFSET, 0.0, -1e9, 3e38]))
    table["kind"][len(rows) :] = Kind.LOOP
    table["position_m"][len(rows) :] = [-2.0 + 3.0 * place for place in range(loops)]
    head = decode_frame(frame(CAR), NO_NOW_NS).head.copy()
    head["rate_hz"] = rate_hz = draw(_RATES_HZ)
    head["flags"], head["run"] = draw(st.integers(0, 255)), draw(st.integers(0, 255))
    head["length_mm"], head["tyres"] = draw(st.sampled_from([0, 1, 4_500, 65_535])), draw(st.integers(0, 2**32 - 1))
    head["pavement_c"] = draw(st.sampled_from([20.0, float("nan"), -3e38, 3e38, 1e4, -273.0]))
    head["start_ns"] = draw(st.sampled_from([START_NS, HOUR_NS, START_NS + HOUR_NS]))
    head["sequence"] = draw(st.integers(0, 2**32 - 1))
    return encode_frame(head, table, draw(signals(len(table), rate_hz)))


@settings(max_examples=600, deadline=None, database=None, print_blob=True)
@given(registries(), frames())
def frames_in_order(network: Network, message: bytes) -> None:
    """Any channels, any signal; a lane that was never calibrated says so with its weight."""
    found = ends_well(network, meters_of(network), message)
    if not isinstance(found, str) and not network.sites["G104-K012"].lanes[1].calibrations:
        assert all(int(flags) & Flag.STRIP_FAULT for flags in found["flags"])


@settings(max_examples=600, deadline=None, database=None, print_blob=True)
@given(registries(), st.lists(st.tuples(st.integers(0, 179), st.integers(0, 255)), min_size=1, max_size=12))
def heads(network: Network, changes: list[tuple[int, int]]) -> None:
    """Bytes of the head and the channel table turned into others, under a CRC that fits."""
    message = bytearray(frame(FOUR))
    for at, value in changes:
        message[at] = value
    message[8:12] = zlib.crc32(memoryview(message)[12:]).to_bytes(4, "little")
    ends_well(network, meters_of(network), bytes(message))


@settings(max_examples=300, deadline=None, database=None, print_blob=True)
@given(st.binary(max_size=400), st.booleans())
def rubbish(content: bytes, begun: bool) -> None:
    """Also those that begin like a frame."""
    known = network()
    assert isinstance(ends_well(known, meters_of(known), (b"WIMF\x01\x00" if begun else b"") + content), str)


@settings(max_examples=300, deadline=None, database=None, print_blob=True)
@given(registries(), st.integers(1, 3_000), _RATES_HZ, st.integers(0, 2**32 - 1))
def lengths(network: Network, samples: int, rate_hz: int, seed: int) -> None:
    """One sample, a few, more than a block; of noise and of a front that never ends."""
    rng = np.random.default_rng(seed)
    plain = decode_frame(frame(SIX, rate_hz=rate_hz), NO_NOW_NS)
    first = int(rng.integers(0, plain.counts.shape[1]))
    counts = plain.counts[:, first : first + samples]
    ends_well(network, meters_of(network), encode_frame(plain.head, plain.channels, np.ascontiguousarray(counts)))


if __name__ == "__main__":
    for fuzz in (frames_in_order, heads, rubbish, lengths):
        fuzz()
