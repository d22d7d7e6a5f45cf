"""Frames: what is believed, what is refused, and why; and files of them."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wim.frame_layout import CHANNEL, FRAME_HEAD, FrameFlag, Kind, Side
from wim.frames import Frame, FrameError, decode_frame, encode_frame, read_frames, write_frames

VECTORS = Path(__file__).parents[1] / "vectors"
NOW_NS = 1_790_000_000 * 10**9
DAY_NS = 86_400 * 10**9


def head(**fields: object) -> np.void:
    """A head that is fine but for `fields`."""
    one = np.zeros(1, FRAME_HEAD)
    good = {"start_ns": NOW_NS, "rate_hz": 10_000, "site": b"G104-K012", "lane": 1, "pavement_c": np.nan}
    for name, value in (good | fields).items():
        one[name] = value
    return one[0]


def channels(*rows: tuple[float, ...]) -> npt.NDArray[np.void]:
    """Rows of kind, line, side, reserved, position_m, scale, offset; a left and a right strip where none are given."""
    return np.array(list(rows) or [(1, 1, 1, 0, 0.0, 5.0, 0.0), (1, 1, 2, 0, 0.0, 5.0, 0.0)], CHANNEL)


def counts(rows: int, samples: int) -> npt.NDArray[np.int16]:
    """Counts that tell where they stand."""
    return np.arange(rows * samples, dtype=np.int16).reshape(rows, samples)


def message(samples: int = 6, rows: npt.NDArray[np.void] | None = None, **fields: object) -> bytes:
    """A frame that is fine but for what is given."""
    table = channels() if rows is None else rows
    return encode_frame(head(**fields), table, counts(len(table), samples))


def patched(whole: bytes, at: int, value: bytes) -> bytes:
    """The frame with bytes overwritten and its CRC made good again."""
    changed = bytearray(whole)
    changed[at : at + len(value)] = value
    changed[8:12] = struct.pack("<I", zlib.crc32(changed[12:]))
    return bytes(changed)


def refusal(whole: bytes | None, now_ns: int = NOW_NS) -> FrameError:
    """The error that the frame is refused with."""
    with pytest.raises(FrameError) as caught:
        decode_frame(whole, now_ns)
    return caught.value


def decoded(whole: bytes) -> Frame | FrameError:
    """What becomes of a message; any other exception is the test's failure."""
    try:
        return decode_frame(whole, NOW_NS)
    except FrameError as error:
        return error


def test_the_published_vector_is_read_and_written_byte_for_byte() -> None:
    """The contract's frame means what its text says, and encoding what was read gives the file again."""
    text = (VECTORS / "frame_v1.wimf").read_bytes()
    [(index, frame)] = read_frames(VECTORS / "frame_v1.wimf")
    assert isinstance(frame, Frame)
    assert (index, frame.site, frame.lane, frame.counts.shape) == (0, "G104-K012", 1, (4, 8000))
    assert frame.channels["position_m"].tolist() == [0.0, 0.0, 4.0, 4.0]
    assert encode_frame(frame.head, frame.channels, frame.counts) == text[4:]


def test_the_published_vector_holds_the_loads_that_it_says() -> None:
    """Scale, offset, sides and sample order are right when the areas come out as the wheels of its JSON."""
    expected = json.loads((VECTORS / "frame_v1.json").read_text("utf-8"))
    [(_, frame)] = read_frames(VECTORS / "frame_v1.wimf")
    assert isinstance(frame, Frame)
    force_n = (frame.counts - frame.channels["offset"][:, None]) * frame.channels["scale"][:, None]
    speed_ms, width_m, gravity_ms2 = expected["speed_kmh"] / 3.6, 0.055, 9.8
    loads = force_n.sum(axis=1) / float(frame.head["rate_hz"]) * speed_ms / width_m / gravity_ms2
    left_kg, right_kg = sum(expected["left_kg"]), sum(expected["right_kg"])
    assert loads == pytest.approx([left_kg, right_kg, left_kg, right_kg], rel=0.002)


def test_the_layout_is_the_contracts() -> None:
    """A head has 96 bytes, a channel 16, and the fields that other systems patch stand where they say."""
    assert (FRAME_HEAD.itemsize, CHANNEL.itemsize) == (96, 16)
    offsets = {name: FRAME_HEAD.fields[name][1] for name in FRAME_HEAD.names or ()} if FRAME_HEAD.fields else {}
    assert offsets["start_ns"] == 16
    assert (offsets["site"], offsets["flags"], offsets["plate"], offsets["tyres"], offsets["run"]) == (
        32,
        51,
        56,
        80,
        84,
    )
    assert (Kind.LOOP, Side.RIGHT, FrameFlag.NEIGHBOUR) == (2, 2, 16)


def test_no_sample_is_copied() -> None:
    """The counts lie in the message itself, so a frame costs the same to decode at any length."""
    whole = message(samples=5_000)
    frame = decode_frame(whole, NOW_NS)
    inside = np.frombuffer(whole, np.uint8)
    assert np.shares_memory(frame.counts, inside)
    assert np.shares_memory(frame.channels, inside)
    assert not frame.counts.flags.writeable


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (None, "null"),
        (b"", "empty"),
        (b"WIMF", "length"),
        (message()[:95], "length"),
        (message()[:-1], "length"),
        (message() + b"\0", "length"),
        (b"WIMP" + message()[4:], "magic"),
        (message()[:4] + b"\2\0" + message()[6:], "version"),
        (message()[:6] + b"\0\0" + message()[8:], "header_bytes"),
        (message()[:-1] + b"\x7f", "crc"),
        (message()[:40] + b"!" + message()[41:], "crc"),
        (patched(message(), 50, b"\0"), "channels"),
        (patched(message(), 50, b"\x21"), "channels"),
        (patched(message(), 50, b"\1"), "header_bytes"),
        (patched(message(), 28, struct.pack("<I", 0xFFFFFFFF)), "length"),
        (message(samples=0), "samples"),
        (message(rate_hz=0), "rate_hz"),
        (message(rate_hz=999), "rate_hz"),
        (message(rate_hz=50_001), "rate_hz"),
        (message(start_ns=0), "time"),
        (message(start_ns=np.iinfo(np.int64).min), "time"),
        (message(start_ns=NOW_NS + DAY_NS + 1), "future"),
        (message(start_ns=np.iinfo(np.int64).max), "future"),
        (message(site=b""), "text"),
        (message(site=b"A\0B"), "text"),
        (message(site=b"\xff"), "text"),
        (message(plate="苏A12345".encode()[:-6] + b"\xe8"), "text"),
        (message(plate=b"\0A"), "text"),
        (message(direction=2), "direction"),
        (message(pavement_c=np.inf), "not_finite"),
        (message(rows=channels((0, 1, 0, 0, 0, 1, 0))), "channel"),
        (message(rows=channels((3, 1, 0, 0, 0, 1, 0))), "channel"),
        (message(rows=channels((1, 1, 3, 0, 0, 1, 0))), "channel"),
        (message(rows=channels((1, 0, 0, 0, 0, 1, 0))), "channel"),
        (message(rows=channels((1, 2, 1, 0, 0, 1, 0), (1, 2, 1, 0, 4, 1, 0))), "channel"),
        (message(rows=channels((1, 1, 0, 0, np.nan, 1, 0))), "not_finite"),
        (message(rows=channels((1, 1, 0, 0, 0, np.inf, 0))), "not_finite"),
        (message(rows=channels((1, 1, 0, 0, 0, 1, -np.inf))), "not_finite"),
        (message(rows=channels((2, 1, 0, 0, 0, 1, 0))), "channels"),
    ],
)
def test_what_cannot_be_believed_is_refused_for_its_reason(whole: bytes | None, reason: str) -> None:
    """A word for the metrics, a sentence for the person who looks at the dead letter."""
    error = refusal(whole)
    assert error.reason == reason
    assert len(error.detail) > 10


@pytest.mark.parametrize(
    "whole",
    [
        message(rate_hz=1_000),
        message(rate_hz=50_000, start_ns=1),
        message(start_ns=NOW_NS + DAY_NS),
        message(site=b"0123456789abcdef", plate="苏A12345".encode(), direction=1, lane=255, pavement_c=-40.5),
        message(samples=1, rows=channels(*[(1, line, 0, 0, line * 1.5, 2.0, -7.0) for line in range(1, 33)])),
        # A unit numbers its loops as it likes.
        message(rows=channels((2, 0, 0, 0, -3, 1, 0), (2, 0, 0, 0, 9, 1, 0), (1, 1, 0, 0, 0, 1, 0))),
    ],
)
def test_the_ends_of_every_range_are_inside(whole: bytes) -> None:
    """What the contract allows is believed and comes out as it went in."""
    frame = decode_frame(whole, NOW_NS)
    assert encode_frame(frame.head, frame.channels, frame.counts) == whole


@given(st.data())
def test_any_bytes_give_a_frame_or_a_frame_error(data: st.DataObject) -> None:
    """Overwritten heads with a good CRC, cut messages and noise: never another exception."""
    whole = message(samples=data.draw(st.integers(0, 4)))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 127), st.binary(min_size=1, max_size=8)), max_size=4)):
        whole = patched(whole, at, value)
    whole = whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole
    frame = decoded(whole)
    if isinstance(frame, FrameError):
        assert re.fullmatch("[a-z_]+", frame.reason)
    else:
        assert frame.counts.shape == (frame.head["channels"], frame.head["samples"])
        assert 0 < frame.head["start_ns"] <= NOW_NS + DAY_NS


@given(st.binary(max_size=200))
def test_noise_gives_a_frame_error(noise: bytes) -> None:
    """Nothing that is not a frame is taken for one."""
    refusal(noise)


def test_what_does_not_fit_together_is_not_encoded() -> None:
    """Counts of another type, shape or size would make a frame that says something else."""
    for table, samples in (
        (channels(), counts(3, 5)),
        (channels(), counts(2, 5).astype(np.int32)),
        (np.zeros(33, CHANNEL), counts(33, 5)),
        (channels(), np.zeros((2, 2_100_000), np.int16)),
    ):
        with pytest.raises(ValueError, match=r"give|8 MiB"):
            encode_frame(head(), table, samples)


def test_a_file_gives_its_frames_in_order_with_the_bad_ones_in_their_places(tmp_path: Path) -> None:
    """One bad frame costs itself, and every index is the place in the file."""
    good, bad = message(sequence=3), message(rate_hz=0)
    assert write_frames(tmp_path / "a.wimf", [good, bad, b"", b"short", good]) == 5
    found = list(read_frames(tmp_path / "a.wimf"))
    assert [index for index, _ in found] == [0, 1, 2, 3, 4]
    reasons = [item.reason if isinstance(item, FrameError) else None for _, item in found]
    assert reasons == [None, "rate_hz", "empty", "length", None]


@pytest.mark.parametrize(
    ("tail", "detail"),
    [
        (b"\1\0", "2 of the 4 bytes of a length"),
        (b"\5\0\0\0abc", "a length of 5 bytes, of which 3 are there"),
        (b"\xff\xff\xff\xff" + bytes(50), "a length of 4294967295 bytes"),
    ],
)
def test_a_length_that_leads_nowhere_ends_the_file_and_names_its_place(
    tmp_path: Path, tail: bytes, detail: str
) -> None:
    """The frames before it are kept; where the next one would begin nobody can know."""
    good = message()
    write_frames(tmp_path / "a.wimf", [good, good])
    with (tmp_path / "a.wimf").open("ab") as stream:
        stream.write(tail)
    *whole, (index, error) = read_frames(tmp_path / "a.wimf")
    assert [type(item) for _, item in whole] == [Frame, Frame]
    assert isinstance(error, FrameError)
    assert (index, error.reason) == (2, "file")
    assert f"at byte {2 * (len(good) + 4)}: " in error.detail
    assert detail in error.detail


def test_a_file_that_ends_in_zeros_is_not_a_million_of_empty_frames(tmp_path: Path) -> None:
    """Recorders allocate ahead; the zeros behind the last frame are one error."""
    write_frames(tmp_path / "a.wimf", [message()])
    with (tmp_path / "a.wimf").open("ab") as stream:
        stream.write(bytes(100_000))
    assert [getattr(item, "reason", None) for _, item in read_frames(tmp_path / "a.wimf")] == [None, "empty", "file"]


def test_a_file_is_read_without_a_clock_unless_it_is_given_one(tmp_path: Path) -> None:
    """A record of any year is read; with a now, what lies ahead of it is refused."""
    write_frames(tmp_path / "a.wimf", [message(start_ns=NOW_NS)])
    [(_, frame)] = read_frames(tmp_path / "a.wimf")
    [(_, error)] = read_frames(tmp_path / "a.wimf", NOW_NS - 2 * DAY_NS)
    assert isinstance(frame, Frame)
    assert isinstance(error, FrameError)
    assert error.reason == "future"
