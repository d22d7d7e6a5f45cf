"""The bytes of a file, plain or gzip, in blocks of bounded size, and whole lines of them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from wim.formats.chunk import Fault, FormatError

#: The content of a file, unpacked.
Stream = BufferedReader | gzip.GzipFile

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

#: Read at once. A line of any of our formats is a few hundred bytes, so a block holds ten thousand and more.
BLOCK_BYTES = 1 << 22
#: A line, JSON object or message that is longer is none of ours, and must not fill the memory.
LONGEST_BYTES = 1 << 20

#: Enough to tell the formats apart: some hundred lines, or several JSON objects.
HEAD_BYTES = 1 << 16

#: What a damaged gzip file raises, at any point of it.
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """The content of a file, unpacked where it is gzip. Raises FormatError where it cannot be opened or read."""
    try:
        with path.open("rb") as raw:
            yield gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP else raw
    except OSError as error:
        raise FormatError(path, error.strerror or str(error), "give a file that can be read") from error


def head_of(path: Path) -> bytes:
    """The first HEAD_BYTES of the content, or all there is. Raises FormatError where it cannot be read."""
    with opened(path) as stream:
        return next(iter(Blocks(stream, HEAD_BYTES)), b"")


def is_packed(path: Path) -> bool:
    """Whether the file is gzip. Raises OSError."""
    with path.open("rb") as raw:
        return raw.read(2) == _GZIP


class Blocks:
    """The content of a file in blocks of `size` bytes, the last one shorter, without a byte order mark.

    damage: why the content ended too early, where it has; known after the last block.
    """

    def __init__(self, stream: Stream, size: int | None = None) -> None:
        self._stream = stream
        self._size = size or BLOCK_BYTES
        self.damage: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        block = self._read().removeprefix(_BOM)
        while block:
            yield block
            block = self._read()

    def _read(self) -> bytes:
        parts: list[bytes] = []
        missing = self._size if self.damage is None else 0
        try:
            # Piece by piece: what was unpacked before the damage is good.
            while missing and (part := self._stream.read1(missing)):
                parts.append(part)
                missing -= len(part)
        except _DAMAGE as error:
            self.damage = f"the compressed file is damaged from here on ({error}); pack it again"
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines of a file, data, the first of which has the number first_line; and lines that are left out."""

    first_line: int
    data: bytes
    faults: tuple[Fault, ...] = ()


def line_blocks(stream: Stream) -> Iterator[LineBlock]:
    """The lines of a file in blocks. What cannot be a line of ours, and where the file is damaged, becomes a fault."""
    blocks = Blocks(stream)
    line, carry, dropping = 1, b"", False
    for block, last in with_last(iter(blocks)):
        if dropping:
            _, newline, block = block.partition(b"\n")
            dropping = not newline
            line += len(newline)
        data = carry + block
        # A file need not end its last line. A damaged one may have cut it: its last number may have lost digits.
        end = len(data) if last and not blocks.damage else data.rfind(b"\n") + 1
        carry = data[end:]
        yield LineBlock(line, data[:end])
        line += data.count(b"\n", 0, end)
        if len(carry) > LONGEST_BYTES:
            yield LineBlock(line, b"", (Fault(line, f"the line is longer than {LONGEST_BYTES} bytes"),))
            carry, dropping = b"", True
    if blocks.damage:
        yield LineBlock(line, b"", (Fault(line, blocks.damage),))


def with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    held = next(blocks, b"")
    for block in blocks:
        yield held, False
        held = block
    yield held, True
