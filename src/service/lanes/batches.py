"""Array work around the kernels of the screen lane: which lane-hours a batch touches, what it adds to the counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rules.kernels.tally import tally
from rules.screen import Verdicts
from service.store.lane_reads import MINUTE_NS, MinuteReads
from service.store.seen import HourKey
from service.store.seen_keys import SEEN_KEY, Keys
from service.store.tally import CELL, Series, Tally
from wim.kernels.hours import group_hours
from wim.records import HOUR_NS, PASSAGE_WORDS, Flag, Passages, text
from wim.sites import Network

#: Counts of sites that no corridor knows are kept under this name, so that a registry mended later can tell.
NO_CORRIDOR = ""
_UTC = "UTC"

#: Minutes since 1970 fit into so many bits, whatever a clock says.
_MINUTE_BITS = 40


def lane_hours(passages: Passages) -> tuple[list[HourKey], npt.NDArray[np.int32]]:
    """The lane-hours of `passages`, shape (n,), and the index of each passage's, shape (n,)."""
    first = np.empty(len(passages), np.int32)
    hour_of = np.empty(len(passages), np.int32)
    count = group_hours(passages.view(PASSAGE_WORDS), _slots(len(passages)), first, hour_of)
    rows = passages[first[:count]]
    hours_s = rows["origin_ns"] // HOUR_NS * 3600
    keys = zip(rows["site"].tolist(), rows["lane"].tolist(), hours_s.tolist(), strict=True)
    return [HourKey(text(site), lane, hour_s) for site, lane, hour_s in keys], hour_of


def lane_minutes(
    passages: Passages, verdicts: Verdicts, counted: tuple[Tally, npt.NDArray[np.int32]], from_ns: int
) -> list[MinuteReads]:
    """What of PASSAGE (n,) crossed each lane in each minute from `from_ns` on, and how many plates were read of it.

    `counted` is what `count` made of them. A unit can send any name: lanes that no corridor knows are left out.
    """
    (totals, cell_of), lanes = counted, dict[tuple[str, int], int]()
    lane_of_series = np.array(
        [lanes.setdefault((one.site, one.lane), len(lanes)) if one.corridor else -1 for one in totals.series], np.int64
    )
    lane_of = lane_of_series[totals.cells["series"][cell_of]]
    wanted = (passages["time_ns"] >= from_ns) & (lane_of >= 0)
    minute = passages["time_ns"][wanted] // MINUTE_NS
    spots, spot = np.unique(lane_of[wanted] << _MINUTE_BITS | minute, return_inverse=True)
    crossed = np.bincount(spot, minlength=len(spots)).tolist()
    read = np.bincount(spot, verdicts["flags"][wanted] & Flag.NO_PLATE == 0, len(spots)).astype(np.int64).tolist()
    names = list(lanes)
    places = zip((spots >> _MINUTE_BITS).tolist(), (spots & (1 << _MINUTE_BITS) - 1).tolist(), strict=True)
    return [
        MinuteReads(names[lane][0], names[lane][1], at * 60, passed, plates)
        for (lane, at), passed, plates in zip(places, crossed, read, strict=True)
    ]


def seen_keys(passages: Passages) -> Keys:
    """What tells the crossings of one lane-hour apart, shape (n,)."""
    keys = np.empty(len(passages), SEEN_KEY)
    for name in ("origin_ns", "sequence", "part"):
        keys[name] = passages[name]
    return keys


def count(
    passages: Passages, verdicts: Verdicts, rule_sets: Sequence[str], network: Network
) -> tuple[Tally, npt.NDArray[np.int32]]:
    """The cells of PASSAGE (n,) and its VERDICT (n,), and the cell in which each passage is counted, shape (n,)."""
    first, counted = np.empty(len(passages), np.int32), np.empty(len(passages), np.int32)
    cells = np.zeros(len(passages), CELL)
    words = passages.view(PASSAGE_WORDS)
    series, used = tally(words, verdicts, _slots(len(passages)), first, _slots(len(passages)), cells, counted)
    rows = first[:series].tolist()
    names = tuple(_series(passages[row], verdicts[row], rule_sets, network) for row in rows)
    return Tally(names, cells[:used].copy()), counted


def _series(passage: np.void, verdict: np.void, rule_sets: Sequence[str], network: Network) -> Series:
    site, number = text(passage["site"]), int(passage["lane"])
    corridor, lane = network.corridor_of(site), network.lane(site, number)
    rule_set = int(verdict["rule_set"])
    return Series(
        corridor=corridor.id if corridor else NO_CORRIDOR,
        site=site,
        lane=number,
        # The registry knows which way a lane runs; a file's reader may not.
        direction=int(lane.direction if lane else passage["direction"]),
        rule_set=rule_sets[rule_set] if rule_set >= 0 else "",
        timezone=corridor.timezone if corridor else _UTC,
    )


def _slots(count: int) -> npt.NDArray[np.int32]:
    return np.full(1 << (2 * count + 1).bit_length(), -1, np.int32)
