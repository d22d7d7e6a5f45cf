"""Frames: bytes in, views of them out, or the reason why they cannot be believed; and files of frames.

The layout of a frame stands in `wim.frame_layout`. A file of frames (`.wimf`) is `u4 length, frame`, repeated.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from wim.frame_layout import (
    CHANNEL,
    CHANNEL_BYTES,
    FRAME_HEAD,
    HEAD_BYTES,
    MAGIC,
    MOST_BYTES,
    MOST_CHANNELS,
    RATES_HZ,
    VERSION,
    FrameFlag,
    Kind,
    Side,
)
from wim.gaps import Gaps
from wim.records import DAY_NS, Direction

__all__ = [
    "CHANNEL",
    "FRAME_HEAD",
    "NO_NOW_NS",
    "Frame",
    "FrameError",
    "FrameFlag",
    "Gaps",
    "Kind",
    "Side",
    "decode_frame",
    "encode_frame",
    "file_record",
    "read_frames",
    "read_messages",
    "write_frames",
]

#: A clock that is wrong by more than a day is not a clock (contracts §2, as for passages).
FUTURE_NS: Final = DAY_NS

#: A file has no *now*: without one, a time is never ahead of it.
NO_NOW_NS: Final = 1 << 63

_CRC_FROM = 12
_LENGTH_BYTES = 4

#: The fields that decide whether a frame is believed; numpy would take ten times as long to hand them out one by one.
_HEAD = struct.Struct("<4sHH8xqII16sBBBxf16s24x")
_CHANNEL = struct.Struct("<BBBxfff")
_COUNT = np.dtype("<i2")
#: A lane sends the same table for months: so many good ones are remembered, 2 MB at most.
_TABLES = 4_096


class FrameError(ValueError):
    """A frame that cannot be believed: `reason` is one word that metrics may carry, `detail` is for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame that was checked; its arrays are views of the message, which they keep alive.

    head: FRAME_HEAD, shape (); channels: CHANNEL, shape (c,); counts: int16, shape (c, samples), read-only.
    """

    head: np.void
    channels: npt.NDArray[np.void]
    counts: npt.NDArray[np.int16]

    @property
    def site(self) -> str:
        """The site's id."""
        return bytes(self.head["site"]).decode()

    @property
    def lane(self) -> int:
        """The lane's number at the site."""
        return int(self.head["lane"])


def decode_frame(message: bytes | None, now_ns: int) -> Frame:
    """The frame in `message`, every byte of it checked, no sample copied.

    Raises FrameError with one of the reasons

    - about the bytes: `null`, `empty`, `length` (also above 8 MiB), `magic`, `version`, `channels` (not 1 … 32, or no
      strip among them), `header_bytes`, `crc`;
    - about what they say: `rate_hz`, `samples`, `time` (not after 1970), `future` (more than 24 h after `now_ns`),
      `text` (site or plate is not NUL-padded UTF-8, or the site is empty), `direction`, `not_finite`,
      `channel` (a kind or side that this version does not know, a strip of line 0, a strip that comes twice).
    """
    if not message:
        raise FrameError("null" if message is None else "empty", "the message has no value")
    channels, samples = _check_bytes(message)
    _check_head(message, now_ns)
    end = HEAD_BYTES + CHANNEL_BYTES * channels
    _check_channels(message[HEAD_BYTES:end])
    return Frame(
        np.frombuffer(message, FRAME_HEAD, 1)[0],
        np.frombuffer(message, CHANNEL, channels, HEAD_BYTES),
        np.frombuffer(message, _COUNT, channels * samples, end).reshape(channels, samples),
    )


def encode_frame(
    head: np.void | npt.NDArray[np.void], channels: npt.NDArray[np.void], counts: npt.NDArray[np.int16]
) -> bytes:
    """One message; fills `magic`, `version`, `header_bytes`, `channels`, `samples` and `crc32`, and keeps the rest.

    head: FRAME_HEAD, shape () or (1,); channels: CHANNEL, shape (c,); counts: int16, shape (c, samples). The values
    are not judged: whoever tests a reader must be able to write nonsense.

    Raises ValueError where the three do not fit each other or make more than 8 MiB.
    """
    rows, samples = _shape(head, channels, counts)
    filled = np.array(head, FRAME_HEAD).reshape(1)
    filled["magic"], filled["version"] = MAGIC, VERSION
    filled["header_bytes"], filled["channels"], filled["samples"] = HEAD_BYTES + CHANNEL_BYTES * rows, rows, samples
    filled["crc32"] = 0
    message = bytearray(b"".join((filled.tobytes(), channels.tobytes(), np.ascontiguousarray(counts).tobytes())))
    struct.pack_into("<I", message, 8, zlib.crc32(memoryview(message)[_CRC_FROM:]))
    return bytes(message)


def _shape(
    head: np.void | npt.NDArray[np.void], channels: npt.NDArray[np.void], counts: npt.NDArray[np.int16]
) -> tuple[int, int]:
    """Channels and samples of what is to become one message; raises ValueError."""
    if head.dtype != FRAME_HEAD or head.size != 1:
        raise ValueError(f"head is {head.dtype} of {head.size} elements: give one FRAME_HEAD")
    if channels.dtype != CHANNEL or channels.ndim != 1 or not 1 <= len(channels) <= MOST_CHANNELS:
        raise ValueError(f"channels are {channels.dtype}, shape {channels.shape}: give 1 to 32 rows of CHANNEL")
    if counts.dtype != np.dtype("<i2") or counts.ndim != 2 or len(counts) != len(channels):
        raise ValueError(f"counts are {counts.dtype}, shape {counts.shape}: give int16, ({len(channels)}, samples)")
    rows, samples = counts.shape
    size = _size(rows, samples)
    if size > MOST_BYTES:
        raise ValueError(f"the frame has {size} bytes: lower rate_hz or cut the window, 8 MiB is the most")
    return rows, samples


def _size(channels: int, samples: int) -> int:
    return HEAD_BYTES + (CHANNEL_BYTES + 2 * samples) * channels


def _check_bytes(message: bytes) -> tuple[int, int]:
    """Channels and samples of a message that is one whole frame as it was sent; raises FrameError."""
    size = len(message)
    if size < HEAD_BYTES:
        raise FrameError("length", f"the message has {size} bytes, a frame's head alone has {HEAD_BYTES}")
    magic, version, header_bytes, _, _, samples, _, _, _, channels, _, _ = _HEAD.unpack_from(message)
    if magic != MAGIC:
        raise FrameError("magic", "the message does not begin with WIMF")
    if version != VERSION:
        raise FrameError("version", f"the frame is of version {version}, this reader knows version {VERSION}")
    if not 1 <= channels <= MOST_CHANNELS:
        raise FrameError("channels", f"the head says {channels} channels, not 1 … {MOST_CHANNELS}")
    if header_bytes != HEAD_BYTES + CHANNEL_BYTES * channels:
        expected = HEAD_BYTES + CHANNEL_BYTES * channels
        raise FrameError("header_bytes", f"is {header_bytes}; {channels} channels make {expected}")
    if size != _size(channels, samples) or size > MOST_BYTES:
        raise FrameError(
            "length", f"the message has {size} bytes, {channels} × {samples} samples make {_size(channels, samples)}"
        )
    if zlib.crc32(memoryview(message)[_CRC_FROM:]) != int.from_bytes(message[8:12], "little"):
        raise FrameError("crc", "the CRC-32 of the frame is not the one in its head")
    return channels, samples


def _check_head(message: bytes, now_ns: int) -> None:
    _, _, _, start_ns, rate_hz, samples, site, _, direction, _, pavement_c, plate = _HEAD.unpack_from(message)
    lowest, highest = RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise FrameError("rate_hz", f"is {rate_hz}, not {lowest} … {highest}")
    if samples == 0:
        raise FrameError("samples", "there are none")
    if start_ns <= 0:
        raise FrameError("time", f"start_ns is {start_ns}, not a time after 1970")
    if start_ns > now_ns + FUTURE_NS:
        raise FrameError("future", f"start_ns is {start_ns}, more than 24 h ahead")
    if not (_is_text(site) and _is_text(plate)) or not site.rstrip(b"\0"):
        raise FrameError("text", "site or plate is not NUL-padded UTF-8, or the site is empty")
    if direction > max(Direction):
        raise FrameError("direction", f"is {direction}; 0 is rising chainage, 1 falling")
    if math.isinf(pavement_c):
        raise FrameError("not_finite", "pavement_c is infinite; NaN says unknown")


def _is_text(field: bytes) -> bool:
    value = field.rstrip(b"\0")
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in value


@lru_cache(_TABLES)
def _check_channels(table: bytes) -> None:
    strips: set[tuple[int, int]] = set()
    for index, (kind, line, side, *numbers) in enumerate(_CHANNEL.iter_unpack(table)):
        if not Kind.STRIP <= kind <= Kind.LOOP or side > Side.RIGHT:
            raise FrameError(
                "channel", f"channel {index} has kind {kind} and side {side}; know kind 1, 2, side 0, 1, 2"
            )
        if not all(map(math.isfinite, numbers)):
            raise FrameError("not_finite", f"channel {index} has a position, scale or offset that is not a number")
        # A loop has no line to weigh with; units count theirs as they like.
        if kind == Kind.STRIP:
            if line == 0:
                raise FrameError("channel", f"channel {index} is a strip of line 0; lines count from 1")
            if (line, side) in strips:
                raise FrameError("channel", f"channel {index} is line {line}, side {side}, as one before it")
            strips.add((line, side))
    if not strips:
        raise FrameError("channels", "there is no strip among them")


def read_frames(path: Path | str, now_ns: int = NO_NOW_NS) -> Iterator[tuple[int, Frame | FrameError]]:
    """Every frame of the file with its 0-based index; in its place the error where it cannot be believed.

    A length that leads nowhere (cut off, more than 8 MiB, zero twice) hides where the next frame begins, so there the
    file ends with the error `file`, which names the byte; what came before is good. Raises OSError.
    """
    for index, message in read_messages(path):
        if isinstance(message, FrameError):
            yield index, message
            continue
        try:
            frame: Frame | FrameError = decode_frame(message, now_ns)
        except FrameError as error:
            frame = error
        yield index, frame


def read_messages(path: Path | str) -> Iterator[tuple[int, bytes | FrameError]]:
    """The same as messages that nobody has looked into."""
    with Path(path).open("rb") as stream:
        offset, index, zero = 0, 0, False
        while prefix := stream.read(_LENGTH_BYTES):
            message = _in_file(stream, prefix, offset, zero)
            yield index, message
            if isinstance(message, FrameError):
                return
            zero = not message
            offset, index = offset + _LENGTH_BYTES + len(message), index + 1


def _in_file(stream: BinaryIO, prefix: bytes, offset: int, zero: bool) -> bytes | FrameError:
    """The bytes behind a length that stands at `offset`; `zero`: the length before it was 0."""
    length = int.from_bytes(prefix, "little")
    if len(prefix) < _LENGTH_BYTES:
        return _file_error(offset, f"the file ends after {len(prefix)} of the 4 bytes of a length")
    if length > MOST_BYTES:
        return _file_error(offset, f"a length of {length} bytes, above the 8 MiB of the largest frame")
    if zero and not length:
        return _file_error(offset, "a length of 0 after another")
    message = stream.read(length)
    if len(message) < length:
        return _file_error(offset, f"a length of {length} bytes, of which {len(message)} are there")
    return message


def _file_error(offset: int, what: str) -> FrameError:
    return FrameError("file", f"at byte {offset}: {what}; nothing can be read from here on")


def write_frames(path: Path | str, messages: Iterable[bytes]) -> int:
    """Write a file of encoded frames, returns how many; raises OSError, and then leaves the part that was written."""
    count = 0
    with Path(path).open("wb") as stream:
        for message in messages:
            stream.write(file_record(message))
            count += 1
    return count


def file_record(message: bytes) -> bytes:
    """What stands in a file for one frame."""
    return len(message).to_bytes(_LENGTH_BYTES, "little") + message
