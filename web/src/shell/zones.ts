/** Whose clock a time is told by: that of the road where it happened, wherever the reader is (`GET /v1/corridors`). */

import { Refused } from "./api";
import { cell } from "./cell";
import { type Corridor, everyOf } from "./registry";

export interface Zones {
  /** Of what belongs to no road: that of most roads. Null until the roads were told: a time by another clock misleads. */
  home: string | null;
  /** By corridor and by site. */
  of: Record<string, string>;
}

const KEPT = "wim.zones";

export const zones = cell<Zones>(kept());

/** The zone of the first of these places that is known; null where no time can be told yet. */
export function zoneOf(...places: (string | null | undefined)[]): string | null {
  const { home, of } = zones.get();
  const known = places.find((one) => one != null && one in of);
  return known == null ? home : (of[known] ?? home);
}

/** How long after a question that nobody answered the roads are asked for again. */
const AGAIN_MS = 3_000;

/** Asks for the roads until they are told; where they were told before, those are right without a network. */
export async function learnZones(): Promise<void> {
  const roads = await everyOf<Corridor>("/v1/corridors").catch(again);
  if (!roads) return;
  const of = Object.fromEntries(
    roads.flatMap((road) => [road.id, ...road.sites].map((place) => [place, road.timezone] as const)),
  );
  keep({ home: mostOf(roads.map((road) => road.timezone)), of });
}

function again(error: unknown): void {
  const nobody = error instanceof Refused && (error.problem.status === 401 || error.problem.status === 403);
  if (!nobody && zones.get().home === null) setTimeout(() => void learnZones(), AGAIN_MS);
}

/** Of an account that sees no road: its reader's own. */
function mostOf(all: readonly string[]): string {
  if (!all.length) return Intl.DateTimeFormat().resolvedOptions().timeZone;
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function keep(found: Zones): void {
  globalThis.localStorage?.setItem(KEPT, JSON.stringify(found));
  zones.set(found);
}

function kept(): Zones {
  const text = globalThis.localStorage?.getItem(KEPT);
  return text ? (JSON.parse(text) as Zones) : { home: null, of: {} };
}
