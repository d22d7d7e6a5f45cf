"""Whether what people take out of the figures leans somewhere: to the heaviest, to a road, to the month's end.

Nobody edits a figure, but whoever may exclude could make one look better by what is excluded and when. Of n exclusions
k lean one way by chance alone with

    P(X >= k),  X ~ Bin(n, p)

where p is the share that the same kind has among all violations (severity, corridor) or among the days of the month.
Where that is below the policy's number, somebody looks at the month's exclusions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: "Lean to severity": 50 % over and more, the ones that a figure is judged by.
GRAVE_FROM = 5

#: "Lean to month's end": when the figures of a month are about to be read.
MONTH_END_DAYS = 3

#: Of fewer exclusions no share says anything.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Excluded:
    """One exclusion: what was excluded, and on which day of a month of so many it was."""

    severity: int
    corridor: str
    day: int
    days_in_month: int


@dataclass(frozen=True, slots=True)
class Lean:
    """Exclusions that lean: `kind` severity, corridor or month_end; `chance` that this is one by itself."""

    kind: str
    value: str
    leaning: int
    excluded: int
    expected_share: float
    chance: float


def leans(
    excluded: Sequence[Excluded], grave_share: float, corridor_shares: Mapping[str, float], below: float
) -> tuple[Lean, ...]:
    """Where the exclusions of one month lean; the shares are those among all violations."""
    if len(excluded) < LEAST:
        return ()
    month_end = [one for one in excluded if one.day > one.days_in_month - MONTH_END_DAYS]
    grave = sum(one.severity >= GRAVE_FROM for one in excluded)
    found = [
        ("severity", f"{GRAVE_FROM}+", grave, grave_share),
        ("month_end", f"last {MONTH_END_DAYS} days", len(month_end), MONTH_END_DAYS / excluded[0].days_in_month),
    ]
    by_corridor = Counter(one.corridor for one in excluded)
    found += [("corridor", name, count, corridor_shares.get(name, 0.0)) for name, count in sorted(by_corridor.items())]
    tested = [
        Lean(kind, value, leaning, len(excluded), share, upper_tail(leaning, len(excluded), share))
        for kind, value, leaning, share in found
    ]
    return tuple(lean for lean in tested if lean.chance < below)


def upper_tail(least: int, trials: int, share: float) -> float:
    """The probability of at least `least` successes of `trials`, each with probability `share`."""
    if least <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    return min(1.0, math.fsum(_exactly(count, trials, share) for count in range(least, trials + 1)))


def _exactly(count: int, trials: int, share: float) -> float:
    """By logarithms: the binomial coefficient of a thousand exclusions is no float."""
    ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
    return math.exp(ways + count * math.log(share) + (trials - count) * math.log1p(-share))
