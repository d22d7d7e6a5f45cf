/** `GET /v1/cases/{id}` and `GET /v1/violations/{id}/signal`, as far as the page shows them. */

import type { Intercept, Seen, Violation } from "../shell/messages";

export interface Step {
  name: string;
  zh: string;
  en: string;
  clause: string | null;
  clause_zh: string | null;
  source: string | null;
  date: string | null;
  verified: boolean | null;
}

export interface Verdict {
  rule_set: string;
  rule: string;
  clause: string | null;
  clause_zh: string | null;
  limit_low_kg: number;
  limit_high_kg: number;
  tolerance_percent: number;
  excess_kg: number;
  excess_low_kg: number;
  p_over: number;
  sigma_percent: number;
  calibration: number;
  certificate: { number: string; class_percent: number; until: string } | null;
  agrees: boolean;
  differs: string[];
  steps: Step[];
}

/** Who took a violation out of all figures, by which rule and why; no reason for who may not read what was typed. */
export interface Excluded {
  by: string;
  agency: string | null;
  at: string;
  rule: string;
  reason: string | null;
}

export interface InCase {
  violation: Violation;
  exclusion: Excluded | null;
  verdict: Verdict | null;
}

export interface Happened {
  time: string;
  kind: string;
  action: string;
  actor: string | null;
  role: string | null;
  agency: string | null;
  on_behalf_of: string | null;
  from_state: string | null;
  to_state: string | null;
  note: string | null;
  /** What was given with the deed; of decisions, what the program knew. */
  facts: Record<string, unknown>;
  number: number | null;
  hash: string | null;
}

export interface Past {
  certain: boolean;
  decided_1y: number;
  confirmed_365d: number;
  suspected_365d: number;
  repeat: boolean;
  trips: { case: string; time: string; confirmed: boolean; suspected: boolean; excluded: boolean }[];
}

export interface Permit {
  number: string;
  from: string;
  until: string;
  corridors: string[];
  gross_kg: number;
}

/** A crossing without a plate that probably is of the vehicle of an earlier one, whose intercept it moved on. */
export interface Alike {
  passage: string;
  time: string;
  site: string;
  case: string | null;
  earlier: string;
  earlier_case: string | null;
  intercept: string;
  score: number;
  told_apart_at: string | null;
}

export interface Story {
  id: string;
  merged: boolean;
  state: string;
  first: string;
  newest: string;
  intercept: Intercept | null;
  sightings: Seen[];
  violations: InCase[];
  history: Past | null;
  permits: Permit[];
  timeline: Happened[];
  alike: Alike[];
}

export interface Channel {
  name: string;
  kind: string;
  unit: string;
  values: number[];
  windows: { vehicle: number; axle: number; first_ms: number; end_ms: number; load_kg: number | null }[];
}

export interface Signal {
  start: string;
  rate_hz: number;
  samples: number;
  thinned: boolean;
  sha256: string;
  unweighed: string | null;
  times_ms: number[];
  channels: Channel[];
}
