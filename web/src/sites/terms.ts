/** The technician's words for what the watch names: charts, and the reasons that speak against a lane's data. */

import { listing } from "../shell/format";
import { say, sayOf } from "../shell/words";
import type { Downgrade } from "./state";

/** `line 2`, `line 2 left/right`, `line 2 axle 3` (`wim.line_drift`), else one of the traffic's own. */
export function chartName(chart: string): string {
  const [, line = "", rest = ""] = /^line (\d+)(.*)$/.exec(chart) ?? [];
  if (!line) return sayOf("chart", chart);
  if (!rest) return say("chart_line.whole", { line });
  const axle = /^ axle (\d+)$/.exec(rest)?.[1];
  return axle ? say("chart_line.axle", { line, axle }) : say("chart_line.sides", { line });
}

/** Why a lane is doubted: a person's own words, or what the watch found. */
export function causeOf(one: Downgrade): string {
  if (one.source === "person") return one.reason;
  const found = one.source === "drift" ? [chartName(one.cause)] : one.cause.split(" ").map(reasonName);
  return `${sayOf("downgrade_source", one.source)} · ${listing(found)}`;
}

export function reasonName(reason: string): string {
  return sayOf("authenticity", reason);
}

/** A person by name; the watch is no person. */
export function openedBy(one: Downgrade): string {
  return one.source === "person" ? one.opened_by : say("case.program");
}
