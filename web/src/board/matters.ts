/**
 * What the desk must settle of a truck, wherever that is by now: words of the road that do not fit, and a side of a joint
 * action that is late.
 */

import type { Joint } from "../joint/joint";
import type { Intercept } from "../shell/messages";

/** The agencies that are late, by intercept. */
export type Late = ReadonlyMap<string, readonly string[]>;

export function lateOf(joints: Iterable<Joint>): Late {
  const late = new Map<string, string[]>();
  for (const joint of joints) {
    const agencies = lateSides(joint).map(([agency]) => agency);
    if (agencies.length) late.set(joint.intercept, [...new Set([...(late.get(joint.intercept) ?? []), ...agencies])]);
  }
  return late;
}

/** Whether somebody is late who was not before. */
export function newlyLate(told: Joint, before?: Joint): boolean {
  const known = new Map(before ? lateSides(before) : []);
  return lateSides(told).some(([agency, at]) => known.get(agency) !== at);
}

/** Whether words do not fit that were not known before. */
export function newlyInConflict(told: Intercept, before: Intercept): boolean {
  return told.conflict === true && (before.conflict !== true || told.conflict_at !== before.conflict_at);
}

/** Whether its row must not sink below those of trucks that nobody need think of any more. */
export function isMatter(told: Intercept, late: Late): boolean {
  return told.conflict === true || late.has(told.id);
}

function lateSides(joint: Joint): [string, string][] {
  if (joint.status !== "open") return [];
  return joint.sides.flatMap(({ agency, late_at }): [string, string][] => (late_at ? [[agency, late_at]] : []));
}
