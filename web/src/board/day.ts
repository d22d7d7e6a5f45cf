/** The strip of today's figures: counts of the feed's `stats`, and what became of today's intercepts. */

import type { Intercept } from "../shell/messages";
import type { DayOf } from "../shell/registry";

export interface Rate {
  percent: number;
  low: number;
  high: number;
}

export interface Day {
  trucks: number;
  rate: Rate | null;
  hundred_tonne: number;
  observed_percent: number | null;
}

export interface Outcomes {
  open: number;
  in_hand: number;
  caught: number;
  lost: number;
  /** Median seconds from the first alert to Take; null: nobody has taken one today. */
  answered_s: number | null;
}

const WAITING = new Set(["unverified", "open", "offered"]);
const IN_HAND = new Set(["claimed", "en_route", "stopped", "weighed", "confirmed"]);

/** All corridors together; null without any, and while nobody watched and nothing came: no data is not zero trucks. */
export function dayOf(corridors: readonly DayOf[]): Day | null {
  if (!corridors.length) return null;
  const sum = (figure: (one: DayOf) => number) => corridors.reduce((total, one) => total + figure(one), 0);
  const trucks = sum((one) => one.trucks);
  const [hours, observed] = [sum((one) => one.lane_hours), sum((one) => one.lane_hours_observed)];
  if (!observed && !sum((one) => one.passages)) return null;
  return {
    trucks,
    rate: rateOf(corridors),
    hundred_tonne: sum((one) => one.hundred_tonne),
    observed_percent: hours ? (100 * observed) / hours : null,
  };
}

/**
 * All roads together: each weighs by its trucks, and the distances to the ends of its interval add as squares (MOVER, as
 * Newcombe's for a difference), so each road's own spread between days stays in it. A road of which the server says no
 * rate (nobody watched it) has none here either: trucks without an interval would make the rest look too sure.
 */
function rateOf(corridors: readonly DayOf[]): Rate | null {
  const rated = corridors.filter((one) => one.trucks > 0 && one.rate_percent !== null);
  const trucks = rated.reduce((total, one) => total + one.trucks, 0);
  if (!trucks) return null;
  let [over, below, above] = [0, 0, 0];
  for (const { trucks: here, over_beyond_tolerance, rate_percent, rate_low_percent, rate_high_percent } of rated) {
    const percent = rate_percent ?? 0;
    over += over_beyond_tolerance;
    below += ((here / trucks) * (percent - (rate_low_percent ?? 0))) ** 2;
    above += ((here / trucks) * ((rate_high_percent ?? 100) - percent)) ** 2;
  }
  const percent = (100 * over) / trucks;
  return { percent, low: Math.max(0, percent - Math.sqrt(below)), high: Math.min(100, percent + Math.sqrt(above)) };
}

/** What became of the intercepts that were opened since `from_ms`; open ones count whenever they were opened. */
export function outcomesOf(all: Iterable<Intercept>, from_ms: number): Outcomes {
  const told = [...all].filter((one) => one.state !== "merged");
  const today = told.filter((one) => openedAt(one) >= from_ms);
  return {
    open: told.filter((one) => WAITING.has(one.state)).length,
    in_hand: told.filter((one) => IN_HAND.has(one.state)).length,
    caught: today.filter((one) => one.stopped_at != null && !one.escaped && one.state !== "lost").length,
    lost: today.filter((one) => one.state === "lost" || one.escaped === true).length,
    answered_s: median(today.flatMap(answeredIn)),
  };
}

export function openedAt(told: Intercept): number {
  return Date.parse(told.opened_at ?? told.time);
}

function answeredIn(told: Intercept): number[] {
  if (told.claimed_at == null) return [];
  return [Math.max(0, Date.parse(told.claimed_at) - openedAt(told)) / 1000];
}

function median(values: number[]): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
