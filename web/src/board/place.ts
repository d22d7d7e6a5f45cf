/** Where a truck is by now: from its newest sighting at the speed that it had there, until it stands or is over. */

import type { Intercept, Seen } from "../shell/messages";

export interface Place {
  corridor: string;
  km: number;
  /** 1 toward greater chainage, -1 against it, 0 standing. */
  heading: 1 | -1 | 0;
  /** How long ago it was seen there; what is drawn since is an estimate. */
  unseen_ms: number;
}

/** Of a truck whose speed nobody read: about that of the June record's trucks. */
const USUAL_KMH = 60;
/** After this nobody knows where it is: dispatch itself gives up a truck so long unseen (policy `reach_horizon`). */
const HORIZON_MS = 15 * 60_000;
const STANDS = new Set(["stopped", "weighed", "confirmed"]);

/** Null where it is on no road that is known, or was not seen for too long. */
export function placeOf(told: Intercept, now_ms: number, stop_km: (id: string) => number | undefined): Place | null {
  const seen = newest(told);
  if (!seen || seen.corridor === null || seen.chainage_km === null) return null;
  const unseen_ms = Math.max(0, now_ms - Date.parse(seen.time));
  if (STANDS.has(told.state)) {
    const km = told.stop_point === null ? undefined : stop_km(told.stop_point);
    return { corridor: seen.corridor, km: km ?? seen.chainage_km, heading: 0, unseen_ms };
  }
  if (unseen_ms > HORIZON_MS) return null;
  const heading = seen.direction === 0 ? 1 : -1;
  const gone_km = ((seen.speed_kmh ?? USUAL_KMH) * unseen_ms) / 3_600_000;
  return { corridor: seen.corridor, km: seen.chainage_km + heading * gone_km, heading, unseen_ms };
}

export function newest(told: Intercept): Seen | undefined {
  return told.sightings.reduce<Seen | undefined>(
    (latest, one) => (latest && Date.parse(latest.time) >= Date.parse(one.time) ? latest : one),
    undefined,
  );
}

/** The stretch of a road that is drawn: its length if the registry says it, else what lies on it and a little beyond. */
export function stretchOf(length_km: number | null, places_km: readonly number[]): [number, number] {
  if (length_km !== null) return [0, length_km];
  if (!places_km.length) return [0, 1];
  const [from, to] = [Math.min(...places_km), Math.max(...places_km)];
  const beyond = Math.max(2, (to - from) * 0.1);
  return [Math.max(0, from - beyond), to + beyond];
}

/** Rows for labels that would cover each other: each goes to the first row in which it has `gap` to the one before. */
export function rowsOf(places: readonly number[], gap: number, most: number): number[] {
  const ends: number[] = [];
  const rows = new Array<number>(places.length).fill(0);
  const order = places.map((place, index) => [place, index] as const).sort((one, other) => one[0] - other[0]);
  for (const [place, index] of order) {
    let row = ends.findIndex((end) => place - end >= gap);
    if (row < 0) row = ends.length < most ? ends.length : ends.indexOf(Math.min(...ends));
    ends[row] = place;
    rows[index] = row;
  }
  return rows;
}
