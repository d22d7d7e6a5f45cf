"""One control chart: learns what its values usually are, then sums up what speaks for a lasting change.

Page's CUSUM with both signs on a value `y` whose mean moves by `lift` where the chart's step takes place (all weights
too high by 5 %, say). What it needs it learns from the traffic itself: the mean, the variance `v`, the mean lift `D`,
and how much wider means of many values scatter than independent values would (`inflation`, F: trucks come in fleets).

    high ← max(0, high + g (y − mean − s D)),   g = 2 s D / (F v),   s the slack

Then `high` grows like the logarithm of a likelihood ratio: without a change it passes `H` about once in e^H / kappa
values, kappa = 2 s² D² / (F v). H follows from the run length that is asked for (Siegmund, Sequential Analysis, 1985,
§2.6: the sum overshoots by 1.166 standard deviations / 2 a side), and is higher while the mean is known from few
values: an error of it acts like a small step, and averaged over its spread multiplies the alarms by
exp(H² / (n kappa)).
"""

import math

import numpy as np

from wim.kernels.jit import Record, kernel

CHART = np.dtype(
    [
        ("learnt", "i8"),  # values that went into the table or covariance before this chart began
        ("seen", "i8"),  # values that mean, spread, lift and blocks are made of
        ("mean", "f8"),
        ("spread", "f8"),  # sum of squared deviations
        ("lift", "f8"),  # sum of lifts, of `lifted` values
        ("lifted", "i8"),
        ("block_sum", "f8", (2,)),  # of the block that is being filled, one field a block size
        ("blocks", "i8", (2,)),
        ("block_mean", "f8", (2,)),
        ("block_spread", "f8", (2,)),
        ("watched", "i8"),  # values since the chart watches
        ("threshold", "f8"),  # newest H
        ("high", "f8"),
        ("high_from_ns", "i8"),  # when the sum was last 0, and what came since
        ("high_seen", "i8"),
        ("high_sum", "f8"),
        ("low", "f8"),
        ("low_from_ns", "i8"),
        ("low_seen", "i8"),
        ("low_sum", "f8"),
        ("surplus", "f8"),  # strangers less the usual ones, never below 0
        ("surplus_from_ns", "i8"),
        ("surplus_seen", "i8"),
        ("alarm", "u1"),  # NONE, HIGH, LOW, STRANGE
        ("alarm_ns", "i8"),
        ("good_ns", "i8"),  # the last good time
        ("alarm_seen", "i8"),
        ("alarm_sum", "f8"),
        ("alarm_score", "f8"),
        ("alarm_threshold", "f8"),
    ],
    align=True,
)

#: How a chart is run; see `wim.drift`.
PLAN = np.dtype(
    [
        ("learn", "i8"),  # values for the table
        ("calibrate", "i8"),  # values after them before it watches
        ("baseline", "i8"),  # values after which mean and spread stand still
        ("run_length", "f8"),  # values between two false alarms, either sign
        ("slack", "f8"),  # share of the step below which nothing is summed up
        ("fleets", "f8"),  # inflation that is taken for granted, 1 where values are independent
        ("sure", "f8"),  # standard errors by which more must show, or chance alone would blunt the chart
        ("step", "f8"),  # natural logarithm of the change that it looks for
    ],
    align=True,
)

NONE, HIGH, LOW, STRANGE = 0, 1, 2, 3

#: A value further from the mean than this many standard deviations counts as that far: one absurd truck is no step.
MOST_DEVIATIONS = 2.5
#: Values in a block, to see fleets (an hour of a busy lane) and the time of day.
BLOCK_SIZES = (64, 256)
#: From so few blocks a variance says nothing.
LEAST_BLOCKS = 4
#: Expected overshoot of a normal random walk at both ends, in standard deviations (Siegmund 1985).
OVERSHOOT = 1.166
#: So many strangers more than usual values in a row of any length: a scale that is far off makes most values strange,
#: and an unusual fleet (a quarry's new lorries) makes ten of them at a time among others.
STRANGE_THRESHOLD = 30.0


@kernel
def inflation(chart: Record, plan: Record, variance: float) -> float:
    """How many times wider the means of blocks scatter than those of independent values, as far as that is sure."""
    widest = max(1.0, plan.fleets)
    for size in range(2):
        blocks = chart.blocks[size]
        if blocks >= LEAST_BLOCKS:
            ratio = BLOCK_SIZES[size] * chart.block_spread[size] / (blocks - 1) / variance
            widest = max(widest, ratio / (1.0 + plan.sure * math.sqrt(2.0 / (blocks - 1))))
    return widest


@kernel
def threshold(kappa: float, factor: float, seen: int, run_length: float) -> float:
    """H of the run length, twice that of each sign, for a mean known from `seen` values."""
    bound = math.log(2.0 * run_length * kappa + 1.0)
    # Once more: e^b - b - 1 = run length · kappa.
    bound = math.log(2.0 * run_length * kappa + 1.0 + bound)
    return max(1.0, bound - OVERSHOOT * math.sqrt(2.0 * kappa / factor)) + bound * bound / (seen * kappa)


@kernel
def follow(chart: Record, plan: Record, y: float, lift: float, time_ns: int) -> None:
    """Take in one value and what the step would add to it (NaN: not known of this one)."""
    if chart.alarm != NONE:
        return
    if chart.seen >= plan.calibrate and chart.spread > 0.0 and chart.lift > 0.0:
        deviation = math.sqrt(chart.spread / (chart.seen - 1))
        y = min(max(y, chart.mean - MOST_DEVIATIONS * deviation), chart.mean + MOST_DEVIATIONS * deviation)
        watch(chart, plan, y, time_ns)
    if chart.seen < plan.baseline and chart.alarm == NONE:
        learn(chart, y, lift)


@kernel
def learn(chart: Record, y: float, lift: float) -> None:
    """Let the baseline know one value more."""
    chart.seen += 1
    off = y - chart.mean
    chart.mean += off / chart.seen
    chart.spread += off * (y - chart.mean)
    if not math.isnan(lift):
        chart.lift += lift
        chart.lifted += 1
    for size in range(2):
        chart.block_sum[size] += y
        if chart.seen % BLOCK_SIZES[size] == 0:
            mean = chart.block_sum[size] / BLOCK_SIZES[size]
            chart.block_sum[size] = 0.0
            chart.blocks[size] += 1
            off = mean - chart.block_mean[size]
            chart.block_mean[size] += off / chart.blocks[size]
            chart.block_spread[size] += off * (mean - chart.block_mean[size])


@kernel
def watch(chart: Record, plan: Record, y: float, time_ns: int) -> None:
    """Add one value to both sums, and ring where one has passed the threshold."""
    if chart.watched == 0:
        chart.high_from_ns = chart.low_from_ns = time_ns
    chart.watched += 1
    variance = chart.spread / (chart.seen - 1)
    factor = inflation(chart, plan, variance)
    lift = chart.lift / chart.lifted
    gain = 2.0 * plan.slack * lift / (factor * variance)
    chart.threshold = threshold(plan.slack * lift * gain, factor, chart.seen, plan.run_length)
    off = y - chart.mean
    chart.high = max(0.0, chart.high + gain * (off - plan.slack * lift))
    chart.high_seen += 1
    chart.high_sum += off
    if chart.high == 0.0:
        chart.high_from_ns = time_ns
        chart.high_seen = 0
        chart.high_sum = 0.0
    chart.low = max(0.0, chart.low - gain * (off + plan.slack * lift))
    chart.low_seen += 1
    chart.low_sum += off
    if chart.low == 0.0:
        chart.low_from_ns = time_ns
        chart.low_seen = 0
        chart.low_sum = 0.0
    if chart.high > chart.threshold:
        ring(chart, HIGH, time_ns, chart.high_from_ns, chart.high_seen, chart.high_sum, chart.high, chart.threshold)
    elif chart.low > chart.threshold:
        ring(chart, LOW, time_ns, chart.low_from_ns, chart.low_seen, chart.low_sum, chart.low, chart.threshold)


@kernel
def follow_strangers(chart: Record, plan: Record, strange: bool, time_ns: int) -> None:
    """Take in whether a value was one that hardly ever occurred before."""
    if chart.alarm != NONE or chart.seen < plan.calibrate:
        return
    chart.surplus = max(0.0, chart.surplus + 1.0) if strange else max(0.0, chart.surplus - 1.0)
    chart.surplus_seen += 1
    if chart.surplus == 0.0:
        chart.surplus_from_ns = time_ns
        chart.surplus_seen = 0
    if chart.surplus > STRANGE_THRESHOLD:
        seen = chart.surplus_seen
        ring(chart, STRANGE, time_ns, chart.surplus_from_ns, seen, math.nan, chart.surplus, STRANGE_THRESHOLD)


@kernel
def ring(
    chart: Record, kind: int, now_ns: int, good_ns: int, seen: int, total: float, score: float, bound: float
) -> None:
    """Keep what the alarm says; the chart rests until somebody has looked."""
    chart.alarm = kind
    chart.alarm_ns = now_ns
    chart.good_ns = good_ns
    chart.alarm_seen = seen
    chart.alarm_sum = total
    chart.alarm_score = score
    chart.alarm_threshold = bound
