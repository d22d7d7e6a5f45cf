"""The objects of a JSON file: one a line (NDJSON), an array, or objects one after another, however they are laid out.

A file whose first line is a whole object has one object a line, and a wrong line stands alone. Any other file is cut at
the braces that no string holds, so an object that is no JSON still stands alone unless its braces do not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from wim.formats.chunk import CHUNK_ROWS, Fault
from wim.formats.source import LONGEST_BYTES, Blocks, Stream, head_of, line_blocks, opened, with_last

#: A string, whole; or one that is not ended yet; or a brace. Nothing else says where an object ends.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}]', re.DOTALL)
#: What may stand between objects.
_BETWEEN = b" \t\r\n,[]"


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Values of a file, at most CHUNK_ROWS, with the line on which each begins, and what could not be read."""

    lines: list[int]
    values: list[Any]
    faults: list[Fault]
    first_line: int


#: Text that should be one value, and its line.
_Piece = tuple[int, bytes]


def json_rows(path: Path) -> Iterator[JsonRows]:
    """The values of a JSON file in chunks. Raises FormatError where the file cannot be opened."""
    split = _lines if _is_line_by_line(head_of(path)) else _objects
    with opened(path) as stream:
        for pieces, faults in split(stream):
            for first in range(0, max(len(pieces), 1), CHUNK_ROWS):
                yield _decoded(pieces[first : first + CHUNK_ROWS], faults if first == 0 else [])


def starts_as_json(head: bytes) -> bool:
    """Whether a file that begins so may be JSON."""
    return head.lstrip()[:1] in (b"{", b"[")


def _is_line_by_line(head: bytes) -> bool:
    first, newline, _ = head.lstrip().partition(b"\n")
    return not starts_as_json(head) or (first[:1] == b"{" and first.rstrip()[-1:] == b"}" and bool(newline))


def _decoded(pieces: list[_Piece], faults: list[Fault]) -> JsonRows:
    first_line = min([line for line, _ in pieces] + [fault.line for fault in faults], default=1)
    rows = JsonRows([], [], list(faults), first_line)
    for line, piece in pieces:
        try:
            value = msgspec.json.decode(piece)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            rows.faults.append(Fault(line, f"it is not JSON: {error}"))
        else:
            rows.lines.append(line)
            rows.values.append(value)
    return rows


def _lines(stream: Stream) -> Iterator[tuple[list[_Piece], list[Fault]]]:
    for block in line_blocks(stream):
        lines = enumerate(block.data.split(b"\n"), block.first_line)
        pieces = [(number, line) for number, line in lines if line.strip()]
        if pieces or block.faults:
            yield pieces, list(block.faults)


def _objects(stream: Stream) -> Iterator[tuple[list[_Piece], list[Fault]]]:
    blocks = Blocks(stream)
    splitter = _Splitter()
    for block, last in with_last(iter(blocks)):
        splitter.feed(block)
        if splitter.overlong():
            splitter.faults.append(Fault(splitter.line, "an object or string here does not end; the rest is not read"))
            yield splitter.taken()
            return
        if last:
            splitter.finish(blocks.damage)
        yield splitter.taken()


class _Splitter:
    """Cuts objects out of text that comes in blocks. line: of the first byte that is kept."""

    def __init__(self) -> None:
        self.line = 1
        self.faults: list[Fault] = []
        self._pieces: list[_Piece] = []
        self._text = b""
        self._scanned = 0
        self._depth = 0

    def feed(self, block: bytes) -> None:
        """Cut what is complete."""
        self._text += block
        kept = 0  # where the object in hand begins, or the gap behind the last one
        while (token := _TOKEN.search(self._text, self._scanned)) and token.group() != b'"':
            self._scanned = token.end()
            if token.group() == b"{":
                if self._depth == 0:
                    kept = self._pass_gap(kept, token.start())
                self._depth += 1
            elif token.group() == b"}" and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    self._pieces.append((self.line, self._text[kept : self._scanned]))
                    self.line += self._text.count(b"\n", kept, self._scanned)
                    kept = self._scanned
        # An unended string is looked at again from its quote, everything else has been seen.
        self._scanned = (token.start() if token else len(self._text)) - kept
        self._text = self._text[kept:]

    def overlong(self) -> bool:
        """Whether what is kept can no longer be an object of ours."""
        return len(self._text) > LONGEST_BYTES

    def finish(self, damage: str | None) -> None:
        """Report what is left at the end of the file."""
        if damage:
            self.faults.append(Fault(self.line, damage))
        elif self._depth:
            self.faults.append(Fault(self.line, "the object that begins here does not end"))
        else:
            self._pass_gap(0, len(self._text))

    def taken(self) -> tuple[list[_Piece], list[Fault]]:
        """What was cut since the last call."""
        pieces, faults = self._pieces, self.faults
        self._pieces, self.faults = [], []
        return pieces, faults

    def _pass_gap(self, start: int, end: int) -> int:
        """Go to `end`; anything but separators before it is reported."""
        gap = self._text[start:end]
        rest = gap.lstrip(_BETWEEN)
        if rest:
            line = self.line + gap.count(b"\n", 0, len(gap) - len(rest))
            self.faults.append(Fault(line, f"{rest[:40].decode('latin-1')!a} is no object"))
        self.line += gap.count(b"\n")
        return end
