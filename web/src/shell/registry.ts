/** What the registry says of roads and places (`GET /v1/corridors`, `/v1/sites`), and the day's figures of the feed. */

import { ask } from "./api";

export interface StopPoint {
  id: string;
  chainage_km: number;
  direction: string;
  static_scale: boolean;
  capacity: number;
}

export interface Corridor {
  id: string;
  name: string | null;
  timezone: string;
  length_km: number | null;
  key_sections: { from_km: number; to_km: number; name: string | null }[];
  sites: string[];
  stop_points: StopPoint[];
}

export interface Site {
  id: string;
  name: string | null;
  corridor: string | null;
  chainage_km: number | null;
  timezone: string;
  position: [number, number] | null;
  lanes: { number: number; direction: string }[];
  certificate: { number: string; class_percent: number; from: string; until: string } | null;
  evidence_approved: boolean;
  tolerance_percent: number | null;
}

/** The local day of a corridor so far. */
export interface DayOf {
  corridor: string;
  from: string;
  passages: number;
  trucks: number;
  over_beyond_tolerance: number;
  hundred_tonne: number;
  rate_percent: number | null;
  rate_low_percent: number | null;
  rate_high_percent: number | null;
  lane_hours_observed: number;
  lane_hours: number;
}

export interface Stats {
  version: number;
  time: string;
  corridors: DayOf[];
}

interface Page<T> {
  items: T[];
  next?: string | null;
}

/** Every item of a list, page by page. */
export async function everyOf<T>(path: string): Promise<T[]> {
  const found: T[] = [];
  const more = path.includes("?") ? "&" : "?";
  let next: string | null | undefined;
  do {
    const page = await ask<Page<T>>(next ? `${path}${more}cursor=${encodeURIComponent(next)}` : path);
    found.push(...page.items);
    next = page.next;
  } while (next);
  return found;
}
