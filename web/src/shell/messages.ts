/** The messages of the API that the pages read (contracts.md §5). Fields may be added; a word that is unknown is shown as it came. */

export interface Axle {
  left_kg: number;
  right_kg: number;
  spacing_mm: number | null;
}

export interface Passage {
  id: string;
  time: string;
  site: string;
  plate: string;
  lane: number;
  direction: number;
  axle_count: number;
  plate_colour: number;
  plate_confidence: number;
  gross_kg: number;
  gross_sigma: number | null;
  speed_kmh: number | null;
  length_mm: number;
  width_mm: number;
  height_mm: number;
  axles: Axle[];
}

export interface Group {
  axles: number;
  load_kg: number;
  limit_low_kg: number | null;
  limit_high_kg: number | null;
  excess_kg: number | null;
}

export interface Media {
  kind: string;
  sha256: string;
  href: string;
}

export interface Violation {
  id: string;
  version: number;
  time: string;
  passage: Passage;
  corridor: string | null;
  chainage_km: number | null;
  pattern: string;
  limit_low_kg: number;
  limit_high_kg: number;
  excess_kg: number;
  excess_low_kg: number;
  rate_percent: number;
  p_over: number;
  severity: number;
  hundred_tonne: boolean;
  groups: Group[];
  grade: string;
  flags: string[];
  permit: string | null;
  permit_exceeded: boolean;
  media: Media[];
}

export interface Seen {
  passage: string;
  time: string;
  site: string;
  lane: number;
  direction: number;
  corridor: string | null;
  chainage_km: number | null;
  speed_kmh: number | null;
  violation: boolean;
}

export interface Intercept {
  id: string;
  version: number;
  time: string;
  state: string;
  case: string;
  plate: string;
  plate_colour: number;
  plate_certain: boolean;
  unverified: boolean;
  best: Violation;
  sightings: Seen[];
  reasons: string[];
  as_of: string;
  history: { decided_1y: number; confirmed_365d: number; suspected_365d: number; last: string | null };
  stop_point: string | null;
  truck_eta: string | null;
  squad: string | null;
  squad_eta: string | null;
  p_catch: number | null;
  priority: number;
  expires_at: string | null;
  lead_agency: string | null;
  actions: string[];
  note?: string | null;
  ended?: string | null;
  merged_into?: string | null;
  desk?: boolean;
  opened_at?: string | null;
  offered_at?: string | null;
  answer_by?: string | null;
  claimed_at?: string | null;
  stopped_at?: string | null;
  acted_at?: string | null;
  static_gross_kg?: number | null;
  scale_certificate?: string | null;
  second_gross_kg?: number | null;
  unloaded_kg?: number | null;
  document_number?: string | null;
  permit_number?: string | null;
  review?: boolean;
  conflict?: boolean;
  conflict_at?: string | null;
  conflict_squad?: string | null;
  escaped?: boolean;
  support?: string | null;
  passed?: string[];
  cloned?: number | null;
}

export interface Squad {
  id: string;
  name: string | null;
  agency: string;
  on_duty: boolean;
  until: string | null;
  base?: string | null;
  position: { corridor: string; chainage_km: number; time: string } | null;
  intercept: string | null;
}

/** By whose clock its times are told (`zones.zoneOf`). */
export function placesOf(told: Intercept): (string | null)[] {
  return [told.best.corridor, told.best.passage.site];
}

/** States in which somebody is at it or should be (`dispatch.life.ACTIVE_STATES`). */
export const ACTIVE = new Set([
  "unverified",
  "open",
  "offered",
  "claimed",
  "en_route",
  "stopped",
  "weighed",
  "confirmed",
]);
