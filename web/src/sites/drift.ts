/** How near to its alarm each chart of a lane came, hour by hour: what crept for days does not look like a jump. */

import type { DriftHour, Hour } from "./state";

export interface DriftLine {
  chart: string;
  /** Of each hour, 100 where it rings; null: no truck, or the chart was learning. */
  percent: (number | null)[];
}

/** The charts that came nearest to their alarm, the nearest first. */
export function driftOf(hours: readonly Hour[], drift: readonly DriftHour[], most: number): DriftLine[] {
  const of = new Map(drift.map((one) => [Date.parse(one.from), one.charts]));
  const names = [...new Set(drift.flatMap((one) => Object.keys(one.charts)))];
  return names
    .map((chart) => ({ chart, percent: hours.map((hour) => share(of.get(Date.parse(hour.from))?.[chart])) }))
    .map((line) => ({ line, peak: Math.max(-1, ...line.percent.map((one) => one ?? -1)) }))
    .filter((one) => one.peak >= 0)
    .sort((one, other) => other.peak - one.peak || one.line.chart.localeCompare(other.line.chart))
    .slice(0, most)
    .map((one) => one.line);
}

function share(score: { score: number; threshold: number | null } | undefined): number | null {
  return score?.threshold ? (100 * score.score) / score.threshold : null;
}
