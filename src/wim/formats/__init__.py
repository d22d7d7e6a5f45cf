"""Files of passages: which formats there are, how to tell them apart, and how to read and write them.

A reader gives chunks of at most 65 536 rows and holds no more than a few of them in memory. A wrong row is a `Fault` in
its chunk and the rest is read; `FormatError` means that nothing of a file can be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from wim.formats import cn_station, jsonl, june_csv, mon, parquet, tmg, tmg_writer, wimp
from wim.formats.chunk import CHUNK_ROWS, Aside, Chunk, Fault, FormatError
from wim.formats.options import CAMERA_COLOURS, PLATFORM_COLOURS, CnStationOptions, ReadOptions, WriteOptions
from wim.formats.source import head_of
from wim.formats.target import Written
from wim.records import Passages

__all__ = [
    "CAMERA_COLOURS",
    "CHUNK_ROWS",
    "FORMATS",
    "PLATFORM_COLOURS",
    "Aside",
    "Chunk",
    "CnStationOptions",
    "Fault",
    "Format",
    "FormatError",
    "ReadOptions",
    "WriteOptions",
    "Written",
    "detect",
    "open_passages",
    "write_passages",
]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. recognises: whether content that begins so is of it; write: None where we only read it."""

    recognises: Callable[[bytes], bool]
    read: Callable[[Path, ReadOptions], Iterator[Chunk]]
    write: Callable[[Path, Iterable[Passages], WriteOptions], Written] | None = None


#: By name, in the order in which content is compared: what is told by its first bytes comes first, what only looks like
#: digits comes last.
FORMATS: Mapping[str, Format] = {
    "parquet": Format(parquet.recognises, parquet.read, parquet.write),
    "wimp": Format(wimp.recognises, wimp.read, wimp.write),
    "june-csv": Format(june_csv.recognises, june_csv.read),
    "cn-station": Format(cn_station.recognises, cn_station.read),
    "jsonl": Format(jsonl.recognises, jsonl.read, jsonl.write),
    "tmg-w": Format(tmg.recognises, tmg.read, tmg_writer.write),
    "mon": Format(mon.recognises, mon.read),
}


def open_passages(
    path: str | os.PathLike[str], format: str = "auto", options: ReadOptions | None = None
) -> Iterator[Chunk]:
    """The passages of a file, chunk by chunk, in its order.

    format: a name of FORMATS, or ``auto``: told by the content, whatever the file is called. The first chunk is read
    before this returns, and FormatError raised here where nothing can be read or the format cannot be told.
    """
    place = Path(path)
    name = detect(place) if format == "auto" else format
    chunks = _format(place, name).read(place, options or ReadOptions())
    first = next(chunks, None)
    return chain(() if first is None else (first,), chunks)


def write_passages(
    path: str | os.PathLike[str], format: str, chunks: Iterable[Passages], options: WriteOptions | None = None
) -> Written:
    """Write arrays of passages, each shape (n,), to a file, which is there whole or not at all.

    Raises FormatError where the format is not one we write or the file cannot be written.
    """
    place = Path(path)
    write = _format(place, format).write
    if write is None:
        able = ", ".join(name for name, known in FORMATS.items() if known.write)
        raise FormatError(place, f"{format} is only read", f"choose from {able}")
    return write(place, chunks, options or WriteOptions())


def detect(path: str | os.PathLike[str]) -> str:
    """The name of the format of a file, told by its content. Raises FormatError where there is none of ours."""
    head = head_of(Path(path))
    found = next((name for name, known in FORMATS.items() if known.recognises(head)), None)
    if found is None:
        opening = f"it begins with {head[:24].decode('latin-1')!a}, like no format we read"
        raise FormatError(path, opening if head else "it is empty", f"say which it is: --format {'|'.join(FORMATS)}")
    return found


def _format(path: Path, name: str) -> Format:
    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, 1)
        remedy = f"did you mean {near[0]}" if near else f"choose from {', '.join(FORMATS)}"
        raise FormatError(path, f"there is no format {name!r}", remedy)
    return FORMATS[name]
