"""Whether the data of a lane look like a scale's at all, or as if somebody had made them up.

==================  ==============================================================  =================  ======
reason              figure                                                          speaks against     alone
==================  ==============================================================  =================  ======
sides_copied        share of the trucks with left = right on every axle             above 0.10         yes
loads_repeated      share of the trucks whose every wheel load was there before     above 0.02         yes
spacings_uniform    share of first, or of last spacings of the commonest class,     below 0.125        no
                    further from the middle than the quartiles lie apart; the
                    larger of both. 0 in a box, 0.177 in a normal distribution
piled_under_limit   trucks within the 10 % up to 1.05 × the limit, over the         above 1.8          no
                    larger of those in the 10 % before and the 10 % above
speed_unrelated     multiple correlation of the speed with gross weight and         below 0.18         no
                    spacings, of all trucks
==================  ==============================================================  =================  ======

No scale copies a side, nor weighs another truck to the same ten kilograms on every wheel: either alone makes a lane
doubted. The others have innocent causes, one at a time (bogies of one maker, a control at the entrance, a queue), so
two of them are asked for. A verdict rests until `reset`, after a person has looked; nothing is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from wim import charts
from wim.kernels import authenticity as kernels
from wim.kernels.authenticity import BLOCK, LANE
from wim.observations import Observations

KIND: Final = 3
#: Counts up with every change of what is kept.
VERSION: Final = 1

REASONS: Final = ("sides_copied", "loads_repeated", "spacings_uniform", "piled_under_limit", "speed_unrelated")
#: Reasons that are enough alone.
ALONE: Final = frozenset(REASONS[:2])

#: Long enough for a pile at the limit to be counted, short enough that data which turned false show within days.
BLOCKS: Final = 4
_RING: Final = BLOCKS + 1

_REASON = np.dtype([("figure", "f8"), ("trucks", "i8"), ("since_ns", "i8"), ("against", "u1")], align=True)
_LIMIT = np.dtype([("bound", "f8"), ("least", "i8"), ("above", "u1")], align=True)
#: Bound, trucks that a figure must rest on, and whether it speaks against the lane above its bound or below.
#: Honest lanes, June 2021: 0.02, 0.000, 0.21, 1.2, 0.28; the doubtful one: 0.97, 0.000, 0.07, 2.3, 0.11. From as many
#: trucks as asked, chance moves the figures by 0.015, 0.003, 0.025, 0.15 and 0.04 (one standard deviation).
LIMITS: Final[npt.NDArray[np.void]] = np.array(
    [(0.10, 250, 1), (0.02, 250, 1), (0.125, 500, 0), (1.8, 300, 1), (0.18, 1_000, 0)], _LIMIT
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One figure of a lane's data. Figures that do not speak against the lane are shown as well."""

    name: str
    #: Of the newest full blocks; of the newest that spoke against the lane, if any did. None: nothing to make it of.
    figure: float | None
    bound: float
    #: Whether it speaks against the lane `above` its bound, or below.
    above: bool
    #: Trucks that the figure rests on, and how many it takes at least to speak.
    trucks: int
    least: int
    #: Whether it speaks against the lane, and whether that is enough alone.
    against: bool
    alone: bool
    #: The last time at which it did not, as far as blocks of 500 trucks tell; None while it never spoke.
    since_ns: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be thought of a lane's data."""

    doubted: bool
    #: The last time at which nothing spoke against the lane: what came later is not to be trusted. None: not doubted.
    since_ns: int | None
    reasons: tuple[Reason, ...]


class Authenticity:
    """The judge over the data of one lane. Not for threads.

    `update` takes the lane's trucks in the order of their arrival; how they are cut into batches makes no difference,
    to the last bit, and neither does saving and restoring in between.
    """

    def __init__(self) -> None:
        self._matrix = np.empty((kernels.RELATED, kernels.RELATED + 1))
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "lanes": np.zeros(1, LANE),
            "blocks": np.zeros(_RING, BLOCK),
            "reasons": np.zeros(len(REASONS), _REASON),
            "remembered": np.zeros(kernels.REMEMBERED, np.uint16),
        }

    def update(self, trucks: Observations) -> None:
        """Take in OBSERVATION (n,) of this lane; a pile under the limit needs the limits in them."""
        lanes, blocks, remembered = (self._arrays[name] for name in ("lanes", "blocks", "remembered"))
        begun = 0
        while begun < len(trucks):
            full = int(lanes["blocks"][0])
            begun += kernels.count_trucks(trucks[begun:], lanes, blocks, remembered)
            if lanes["blocks"][0] > full:
                self._judge(full)
                blocks[(full + 1) % _RING] = np.zeros((), BLOCK)

    def _judge(self, newest: int) -> None:
        """Write what the newest full blocks say; a figure that spoke against the lane gives way to such a one only."""
        oldest = max(0, newest + 1 - BLOCKS)
        figures, rest_on = self._figures(oldest, newest)
        for place, found in enumerate(self._arrays["reasons"]):
            speaks = rest_on[place] >= LIMITS["least"][place] and _is_beyond(place, figures[place])
            if found["against"] and not speaks:
                continue
            if speaks and not found["against"]:
                found["since_ns"] = self._good_ns(place, oldest, newest)
            found["figure"], found["trucks"], found["against"] = figures[place], rest_on[place], speaks

    def _good_ns(self, place: int, oldest: int, newest: int) -> int:
        """The end of the block before the first in the window that speaks against the lane by itself."""
        alone = (one for one in range(oldest, newest + 1) if _is_beyond(place, self._figures(one, one)[0][place]))
        first = next(alone, oldest)
        blocks = self._arrays["blocks"]
        # The block before the window is still there: the ring has a place more than the window.
        return int(blocks["end_ns"][(first - 1) % _RING] if first else blocks["begin_ns"][0])

    def _figures(self, oldest: int, newest: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Figures of some neighbouring blocks, and the trucks that each rests on; both of shape (5,)."""
        window = self._arrays["blocks"][[one % _RING for one in range(oldest, newest + 1)]]
        whole = np.zeros(1, BLOCK)
        for name in BLOCK.names or ():
            whole[name][0] = window[name].sum(axis=0)
        figures, rest_on = np.empty(len(REASONS)), np.empty(len(REASONS), np.int64)
        kernels.make_figures(whole, figures, rest_on, self._matrix)
        return figures, rest_on

    def reset(self) -> None:
        """Begin anew: after a person has looked."""
        for array in self._arrays.values():
            array[...] = np.zeros((), array.dtype)

    @property
    def trucks(self) -> int:
        """Trucks since it began."""
        return int(self._arrays["lanes"]["trucks"][0])

    @property
    def verdict(self) -> Verdict:
        """As of the last 500 trucks that were full; until then every figure is None and nothing is doubted."""
        reasons = tuple(self._reason(place) for place in range(len(REASONS)))
        against = [reason for reason in reasons if reason.against]
        doubted = len(against) >= 2 or any(reason.alone for reason in against)
        since = min(reason.since_ns or 0 for reason in against) if doubted else None
        return Verdict(doubted=doubted, since_ns=since, reasons=reasons)

    def _reason(self, place: int) -> Reason:
        found, limit = self._arrays["reasons"][place], LIMITS[place]
        figure, trucks, against = float(found["figure"]), int(found["trucks"]), bool(found["against"])
        return Reason(
            name=REASONS[place],
            figure=figure if trucks else None,
            bound=float(limit["bound"]),
            above=bool(limit["above"]),
            trucks=trucks,
            least=int(limit["least"]),
            against=against,
            alone=REASONS[place] in ALONE,
            since_ns=int(found["since_ns"]) if against else None,
        )

    def save(self) -> bytes:
        """The whole state, 17 KiB."""
        return charts.pack(KIND, VERSION, list(self._arrays.values()))

    @classmethod
    def restore(cls, state: bytes) -> Authenticity:
        """Go on from what `save` gave. Raises `StateError` where another release gave it."""
        made = cls()
        charts.unpack(state, KIND, VERSION, made._arrays)
        return made


def _is_beyond(place: int, figure: float) -> bool:
    """Whether a figure speaks against a lane; NaN does not."""
    bound = float(LIMITS["bound"][place])
    return figure > bound if LIMITS["above"][place] else figure < bound
