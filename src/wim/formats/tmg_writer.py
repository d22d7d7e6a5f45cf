"""Passages as FHWA weight records; the card's layout stands in `wim.formats.tmg`.

What a card cannot carry is left out: minute and second, plate, flags, speed, dimensions, left and right wheels, and
identity. Weights are rounded to pounds and spacings to tenths of a foot, half up. A pound is less than half a kilogram,
so weights in kilograms come back exactly; spacings come back within 15 mm. The class is computed (`fhwa_class`), as a
passage has none. A passage that does not fit a card is refused with its reason, the others are written.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from wim.formats.chunk import Fault, FormatError
from wim.formats.fhwa_class import fhwa_class
from wim.formats.local_time import zone_clock_s
from wim.formats.options import WriteOptions
from wim.formats.target import Written, sliced, target
from wim.formats.tmg import MOST_AXLES
from wim.records import Passages, text

_CARD_CHARACTERS = 147
#: Greatest numbers that the columns hold.
_MOST_GROSS_LB, _MOST_AXLE_LB, _MOST_LANE = 999_999, 99_999, 9
#: Cards in memory at the same time: 1 MB of them.
_ROWS = 8_192

#: A site as our reader names it, and what a station may be called at all.
_SITE = re.compile(r"(\d\d)-([!-~]{6})(?:/[01])?", re.ASCII)
_STATION = re.compile(r"\d\d[!-~]{6}", re.ASCII)
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 — the zero of clock times, which have no zone


class _UnfitError(ValueError):
    """Why a passage has no card."""


def write(path: Path, chunks: Iterable[Passages], options: WriteOptions) -> Written:
    """Write passages, each shape (n,). Raises FormatError where a site has no station or the file is out of reach."""
    number = 0
    refused: list[Fault] = []
    with target(path) as stream:
        for passages in sliced(chunks, _ROWS):
            stations = _stations(path, passages, options)
            clocks = zone_clock_s(passages["time_ns"], options.zone).tolist()
            for passage, clock in zip(passages, clocks, strict=True):
                number += 1
                try:
                    card = _card(passage, stations[passage["site"]], clock, options.directions)
                except _UnfitError as reason:
                    refused.append(Fault(number, str(reason)))
                else:
                    stream.write(f"{card:<{_CARD_CHARACTERS}}\n".encode("ascii"))
    return Written(number - len(refused), tuple(refused))


def pounds(kilograms: int) -> int:
    """Whole pounds, rounded half up."""
    return (200_000_000 * kilograms + 45_359_237) // 90_718_474


def tenths_of_a_foot(millimetres: int) -> int:
    """Whole tenths of a foot, rounded half up."""
    return (millimetres * 100 + 1_524) // 3_048


def _stations(path: Path, passages: Passages, options: WriteOptions) -> dict[bytes, str]:
    """State and station, eight characters, of each site among the passages."""
    return {site: _station(path, text(site), options) for site in np.unique(passages["site"]).tolist()}


def _station(path: Path, site: str, options: WriteOptions) -> str:
    named = _SITE.fullmatch(site)
    station = options.stations.get(site) or ("".join(named.groups()) if named else "")
    if not _STATION.fullmatch(station):
        remedy = "give the two digits of its state and the six characters of its station in `stations`"
        raise FormatError(path, f"site {site!r} has no FHWA station", remedy)
    return station


def _card(passage: np.void, station: str, clock_s: int, directions: tuple[int, int]) -> str:
    count = int(passage["axle_count"])
    if not 1 <= count <= MOST_AXLES:
        raise _UnfitError(f"it has {count} axles, a card has room for {MOST_AXLES}")
    axles = [pounds(int(kg)) for kg in passage["left_kg"][:count].astype(np.int64) + passage["right_kg"][:count]]
    spacings = passage["spacing_mm"][: count - 1].tolist()
    gross = _within("gross weight in lb", pounds(int(passage["gross_kg"])), _MOST_GROSS_LB)
    lane = _within("lane", int(passage["lane"]), _MOST_LANE)
    loads = [f"{_within('axle weight in lb', axle, _MOST_AXLE_LB):05d}" for axle in axles]
    gaps = [f"{tenths_of_a_foot(spacing):04d}" for spacing in spacings]
    hour = (_EPOCH + datetime.timedelta(seconds=clock_s)).strftime("%Y%m%d%H")
    category = fhwa_class(spacings, gross, axles[0])
    measures = "".join(load + gap for load, gap in zip(loads, [*gaps, ""], strict=True))
    compass = directions[int(passage["direction"])]
    return f"W{station}{compass}{lane}{hour}{category:02d}   {gross:06d}{count:02d}{measures}"


def _within(what: str, value: int, most: int) -> int:
    if value > most:
        raise _UnfitError(f"{what} is {value}, a card holds {most} at most")
    return value
