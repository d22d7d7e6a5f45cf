/** How many of a lane's passages had each flag, hour by hour: a camera that went blind at three shows here first. */

import type { Hour } from "./state";

export interface FlagLine {
  name: string;
  /** Of each hour; null: nothing crossed, so there is no share. */
  percent: (number | null)[];
}

/** The flags that most passages had, the commonest first. */
export function flagsOf(hours: readonly Hour[], most: number): FlagLine[] {
  const totals = new Map<string, number>();
  for (const { flags } of hours)
    for (const [name, count] of Object.entries(flags)) totals.set(name, (totals.get(name) ?? 0) + count);
  return [...totals]
    .sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]))
    .slice(0, most)
    .map(([name]) => ({
      name,
      percent: hours.map(({ passages, flags }) => (passages ? (100 * (flags[name] ?? 0)) / passages : null)),
    }));
}
