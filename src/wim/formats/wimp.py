"""Our binary: messages of passages (`wim.codec`, contracts §2), one after another.

======  ====  ============  ===============================
offset  type  field         meaning
======  ====  ============  ===============================
0       S4    magic         ``WIMP``
4       u2    version       1
6       u2    count         records
8       u4    crc32         of every byte after the head
12      u2    record_bytes  192, or more from a later version
14      u2                  reserved
16      …     records       count × record_bytes
======  ====  ============  ===============================

A message that cannot be believed is one fault, at its number in the file; the next one is looked for behind it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from wim.codec import FUTURE_NS, HEAD, Batch, decode, encode
from wim.formats.chunk import CHUNK_ROWS, Chunk, Fault
from wim.formats.options import ReadOptions, WriteOptions
from wim.formats.source import Blocks, Stream, opened
from wim.formats.target import Written, sliced, target
from wim.records import RECORD_BYTES, Passages

_MAGIC = b"WIMP"

#: Records of one message that we write: 0.8 MB, which also passes a broker that was left at its default of 1 MB.
_MESSAGE_RECORDS = 4_096
#: The largest message there is (contracts §2); a head that claims more is no head.
_MOST_BYTES = 8 << 20
#: A file has no *now*: a time is never ahead of it.
_NO_FUTURE_NS = (1 << 63) - 1 - FUTURE_NS


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return head.startswith(_MAGIC)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file."""
    number = 1
    with opened(path) as stream:
        for messages, damage in _gathered(stream):
            yield _chunk(messages, number, damage)
            number += len(messages)


def write(path: Path, chunks: Iterable[Passages], options: WriteOptions) -> Written:
    """Write passages, each shape (n,). Raises FormatError where the file cannot be written."""
    count = 0
    with target(path) as stream:
        for passages in sliced(chunks, _MESSAGE_RECORDS):
            stream.write(encode(passages))
            count += len(passages)
    return Written(count)


def _chunk(messages: list[bytes], number: int, damage: str | None) -> Chunk:
    batch = decode(messages, _NO_FUTURE_NS)
    faults = _faults(batch, number)
    if damage:
        faults.append(Fault(number + len(messages), damage))
    return Chunk(batch.passages, tuple(faults), number)


def _faults(batch: Batch, number: int) -> list[Fault]:
    return [
        Fault(
            number + refusal.message,
            f"{refusal.reason}: {refusal.detail}"
            if refusal.record is None
            else f"record {refusal.record + 1}, {refusal.reason}: {refusal.detail}",
        )
        for refusal in batch.refused
    ]


def _gathered(stream: Stream) -> Iterator[tuple[list[bytes], str | None]]:
    """Messages of at most CHUNK_ROWS records at a time, and at the end why the file ended early."""
    blocks = Blocks(stream)
    held: list[bytes] = []
    size = 0
    for message in _messages(blocks):
        if held and (size + len(message) > CHUNK_ROWS * RECORD_BYTES or len(held) == CHUNK_ROWS):
            yield held, None
            held, size = [], 0
        held.append(message)
        size += len(message)
    if held or blocks.damage:
        yield held, blocks.damage


def _messages(blocks: Blocks) -> Iterator[bytes]:
    """What lies between the heads of a file, whole or not: whether it is a message is for `decode` to say."""
    text = b""
    for block in blocks:
        text += block
        at = 0
        while (end := _end(text, at)) is not None:
            yield text[at:end]
            at = end
        text = text[at:]
    at = 0
    while at < len(text):
        found = text.find(_MAGIC, at + 1)
        end = _end(text, at) or (found if found > 0 else len(text))
        yield text[at:end]
        at = end


def _end(text: bytes, at: int) -> int | None:
    """Where the message that begins at `at` ends, or else the next head; None where more must be read to know."""
    if len(text) - at < HEAD.size:
        return None
    magic, _, count, crc32, stride, _ = HEAD.unpack_from(text, at)
    end: int = at + HEAD.size + count * stride
    found = text.find(_MAGIC, at + 1)
    if magic == _MAGIC and stride >= RECORD_BYTES and end - at <= _MOST_BYTES:
        if end > len(text):
            return None
        # A head inside a message whose checksum is wrong: the message was cut, and the next one begins there.
        cut = 0 < found < end and zlib.crc32(text[at + HEAD.size : end]) != crc32
        return found if cut else end
    if found > 0:
        return found
    # No head in sight: give up what has been seen, but for what may be the beginning of one.
    return len(text) - len(_MAGIC) + 1 if len(text) - at > _MOST_BYTES else None
