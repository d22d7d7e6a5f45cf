/** Whose clock a time is told by: that of the road where it happened, wherever the reader is (`GET /v1/corridors`). */

import { cell } from "./cell";
import { type Corridor, everyOf } from "./registry";

export interface Zones {
  /** Of what belongs to no road: that of most roads, and before any is known the reader's own. */
  home: string;
  /** By corridor and by site. */
  of: Record<string, string>;
}

const KEPT = "wim.zones";

export const zones = cell<Zones>(kept());

/** The zone of the first of these places that is known. */
export function zoneOf(...places: (string | null | undefined)[]): string {
  const { home, of } = zones.get();
  const known = places.find((one) => one != null && one in of);
  return known == null ? home : (of[known] ?? home);
}

/** Asks for the roads; without a network those that were told last are right. */
export async function learnZones(): Promise<void> {
  const roads = await everyOf<Corridor>("/v1/corridors");
  if (!roads.length) return;
  const of = Object.fromEntries(
    roads.flatMap((road) => [road.id, ...road.sites].map((place) => [place, road.timezone] as const)),
  );
  keep({ home: mostOf(roads.map((road) => road.timezone)), of });
}

function mostOf(all: readonly string[]): string {
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
  return text ? (JSON.parse(text) as Zones) : { home: Intl.DateTimeFormat().resolvedOptions().timeZone, of: {} };
}
