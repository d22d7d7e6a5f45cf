/** `GET /v1/sites/{id}/health`, as far as the page shows it. */

export interface Chart {
  chart: string;
  stage: string;
  learnt: number;
  watched: number;
  step_percent: number;
  found_after: number | null;
  score: number;
  threshold: number | null;
  alarm: Record<string, unknown> | null;
}

export interface Reason {
  name: string;
  figure: number | null;
  bound: number;
  above: boolean;
  trucks: number;
  least: number;
  against: boolean;
}

export interface Hour {
  from: string;
  observed: boolean;
  passages: number;
  trucks: number;
  plates_read: number;
  frames_missing: number;
  flags: Record<string, number>;
}

export interface DriftHour {
  from: string;
  charts: Record<string, { score: number; threshold: number | null }>;
}

export interface Plates {
  passages: number;
  read: number;
  percent: number | null;
}

/** By what a missing plate is judged now; `dark`: the camera reads too few of them to trust it. */
export interface PlatesNow extends Plates {
  from: string;
  floor_percent: number;
  dark: boolean;
}

export interface LaneState {
  lane: number;
  direction: string;
  up: boolean | null;
  calibration: { version: number; from: string } | null;
  downgraded: boolean;
  hours: { asked: number; observed: number; without_data: number; without_passages: number };
  lost: { frames_missing: number; records_missing: number | null };
  plates_by_day: Plates;
  plates_by_night: Plates;
  plates_now: PlatesNow;
  flags: { passages: number; percent: Record<string, number> };
  drift: {
    traffic: { trucks: number; charts: Chart[] } | null;
    lines: { trucks: number; charts: Chart[] } | null;
  } | null;
  drift_by_hour: DriftHour[];
  authenticity: { trucks: number; doubted: boolean; since: string | null; reasons: Reason[] } | null;
  by_hour: Hour[];
}

export interface Downgrade {
  id: string;
  lane: number | null;
  source: string;
  cause: string;
  grade: string;
  from: string;
  until: string | null;
  opened_by: string;
  reason: string;
}

export interface SiteState {
  site: string;
  from: string;
  to: string;
  unit: { last_beat: string; camera: string; clock: string } | null;
  certificate: { number: string; class_percent: number; from: string; until: string } | null;
  downgraded: boolean;
  downgrades: Downgrade[];
  lanes: LaneState[];
}
