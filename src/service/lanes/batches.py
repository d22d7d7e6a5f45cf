"""Array work around the kernels of the screen lane: which lane-hours a batch touches, what it adds to the counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rules.kernels.tally import tally
from rules.screen import Verdicts
from service.store.seen import HourKey
from service.store.seen_keys import SEEN_KEY, Keys
from service.store.tally import CELL, Series, Tally
from wim.kernels.hours import group_hours
from wim.records import HOUR_NS, PASSAGE_WORDS, Passages, text
from wim.sites import Network

#: Counts of sites that no corridor knows are kept under this name, so that a registry mended later can tell.
NO_CORRIDOR = ""
_UTC = "UTC"


def lane_hours(passages: Passages) -> tuple[list[HourKey], npt.NDArray[np.int32]]:
    """The lane-hours of `passages`, shape (n,), and the index of each passage's, shape (n,)."""
    first = np.empty(len(passages), np.int32)
    hour_of = np.empty(len(passages), np.int32)
    count = group_hours(passages.view(PASSAGE_WORDS), _slots(len(passages)), first, hour_of)
    rows = passages[first[:count]]
    hours_s = rows["origin_ns"] // HOUR_NS * 3600
    keys = zip(rows["site"].tolist(), rows["lane"].tolist(), hours_s.tolist(), strict=True)
    return [HourKey(text(site), lane, hour_s) for site, lane, hour_s in keys], hour_of


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
