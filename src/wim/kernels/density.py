"""Charts of a quantity whose usual distribution may have any shape: two modes, edges, tails.

A row of `table` holds, first, how often the quantity fell into each bin (bins of equal width on a logarithmic scale);
once enough is learnt, the *score* of each bin: minus the slope of the logarithm of the smoothed density, per bin. The
mean score moves where every value is shifted; where only the mix of two modes changes, it stays, for inside each mode
the scores cancel. A mean or median would jump with the mix. Bins in which hardly anything ever fell have no score, NaN:
whatever lands there is *strange*. A row that learnt too little is out of use: all NaN, but for its first bin.

What a step of the scale would do is read off the table itself: the value moves by `shift` bins and its row may change
too (steering axles are in rows by gross weight, and all weights move).
"""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.cusum import follow, follow_strangers
from wim.kernels.jit import Record, kernel

Table = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

#: Standard deviation of the smoothing, in bins: well below the distance of two modes (0.7 in the logarithm for the
#: steering axles of the June record), above the noise of some fifty values in a row.
SMOOTHING_BINS = 1.6
_REACH_BINS = 6
#: What is added to every bin, as a share of a row's values spread evenly: slopes among single values are noise.
FLOOR_SHARE = 0.2
#: Rows with fewer values have no density to speak of and stay out of the chart for good.
LEAST_IN_ROW = 20.0
#: Bins below this share of the row's highest are strange: beyond 2.4 standard deviations of a normal row.
STRANGE_BELOW = 0.05
OUT_OF_USE = math.inf
_PEAK = 1.0 / (SMOOTHING_BINS * math.sqrt(2.0 * math.pi))


@kernel
def follow_value(
    chart: Record,
    plan: Record,
    table: Table,
    rows: tuple[int, int, int],
    place: int,
    shift: int,
    time_ns: int,
    scratch: Floats,
) -> None:
    """Take in one value.

    table (rows, bins); rows: the value's row as it is, and where it would be with all weights a step lower and higher;
    place: its bin, those beyond the ends counting as the ends; shift: bins of a step; scratch (bins,).
    """
    last = table.shape[1] - 1
    place = min(max(place, 0), last)
    if chart.learnt < plan.learn:
        chart.learnt += 1
        table[rows[0], place] += 1.0
        if chart.learnt == plan.learn:
            for row in range(table.shape[0]):
                make_scores(table, row, scratch)
        return
    if table[rows[0], 0] == OUT_OF_USE:
        return
    y = table[rows[0], place]
    follow_strangers(chart, plan, math.isnan(y), time_ns)
    if not math.isnan(y):
        lift = 0.5 * (table[rows[2], min(place + shift, last)] - table[rows[1], max(place - shift, 0)])
        follow(chart, plan, y, lift if math.isfinite(lift) else math.nan, time_ns)


@kernel
def make_scores(table: Table, row: int, scratch: Floats) -> None:
    """Replace the counts of one row by scores. The end bins never have one: they hold whatever lay beyond."""
    bins = table.shape[1]
    total = 0.0
    for place in range(bins):
        total += table[row, place]
    highest = 0.0
    for place in range(bins):
        density = FLOOR_SHARE * (total + 1.0) / bins
        for other in range(max(0, place - _REACH_BINS), min(bins, place + _REACH_BINS + 1)):
            off = (other - place) / SMOOTHING_BINS
            density += table[row, other] * math.exp(-0.5 * off * off) * _PEAK
        scratch[place] = density
        highest = max(highest, density)
    for place in range(bins):
        table[row, place] = math.nan
    if total < LEAST_IN_ROW:
        table[row, 0] = OUT_OF_USE
        return
    for place in range(1, bins - 1):
        if scratch[place] >= STRANGE_BELOW * highest:
            table[row, place] = 0.5 * math.log(scratch[place - 1] / scratch[place + 1])
