/** `dispatch.joint-action.v1`: what two agencies owe each other about one truck. */

export interface Entry {
  number: number;
  previous: string;
  hash: string;
  at: string;
  actor: string;
  role: string;
  agency: string | null;
  on_behalf_of: string | null;
  action: string;
  from_state: string | null;
  to_state: string;
  note: string | null;
}

export interface Side {
  agency: string;
  state: string;
  since: string;
  deadline: string | null;
  actions: string[];
  unit: string | null;
  note: string | null;
  outcome: string | null;
  static_gross_kg: number | null;
  scale_certificate: string | null;
  unloaded_kg: number | null;
  document_number: string | null;
  late_at?: string | null;
}

export interface Joint {
  id: string;
  version: number;
  time: string;
  intercept: string;
  trigger: string;
  completion: string;
  status: string;
  from_agency: string;
  to_agency: string;
  sides: Side[];
  escalated_at: string | null;
  proposed_at: string;
  plate: string;
  plate_colour: number;
  corridor: string | null;
  site: string;
  chainage_km: number | null;
  seen_at: string;
  gross_kg: number;
  limit_high_kg: number;
  excess_kg: number;
}
