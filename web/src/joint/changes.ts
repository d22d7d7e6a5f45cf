/** What became different between two versions of a joint action, in words. */

import { clock, km, tonnes } from "../shell/format";
import { say, sayOf } from "../shell/words";
import type { Joint, Side } from "./joint";

export function changesOf(before: Joint, now: Joint): string[] {
  const found = now.sides.flatMap((side) => sideChanges(before, side));
  if (now.status !== before.status)
    found.push(arrow(sayOf("joint_status", before.status), sayOf("joint_status", now.status)));
  if (now.seen_at !== before.seen_at)
    found.push(`${now.corridor ?? now.site} ${km(now.chainage_km)} ${clock(now.seen_at, now.corridor, now.site)}`);
  if (now.gross_kg !== before.gross_kg) found.push(arrow(`${tonnes(before.gross_kg)} t`, `${tonnes(now.gross_kg)} t`));
  if (now.escalated_at && !before.escalated_at)
    found.push(say("joint.escalated", { time: clock(now.escalated_at, now.corridor, now.site) }));
  return found.length ? found : [say("moved.nothing")];
}

function sideChanges(before: Joint, now: Side): string[] {
  const was = before.sides.find((one) => one.agency === now.agency);
  if (!was) return [];
  const name = sayOf("agency", now.agency);
  const found = [];
  if (was.state !== now.state) found.push(`${name} ${arrow(sayOf("side", was.state), sayOf("side", now.state))}`);
  const news = TOLD.filter((field) => now[field] !== null && now[field] !== was[field]);
  return [...found, ...news.map((field) => `${name} ${sayOf("told", field)} ${shownOf(now, field)}`)];
}

const TOLD = [
  "unit",
  "note",
  "outcome",
  "static_gross_kg",
  "scale_certificate",
  "unloaded_kg",
  "document_number",
] as const;

function shownOf(side: Side, field: (typeof TOLD)[number]): string {
  const value = side[field];
  if (typeof value === "number") return `${tonnes(value)} t`;
  return field === "outcome" ? sayOf("state", String(value)) : String(value);
}

function arrow(from: string, to: string): string {
  return `${from} → ${to}`;
}
