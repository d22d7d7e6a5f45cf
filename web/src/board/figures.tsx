import type { ComponentChildren } from "preact";
import { clock, NOTHING } from "../shell/format";
import type { Intercept } from "../shell/messages";
import type { Stats } from "../shell/registry";
import { language, say } from "../shell/words";
import { dayOf, outcomesOf } from "./day";

/** Today in figures. What is not known is a dash, and says so: no data is not no trucks. */
export function Figures({ stats, all, whole }: { stats: Stats | null; all: Intercept[]; whole: boolean }) {
  const corridors = stats?.corridors ?? [];
  const day = dayOf(corridors);
  const from = corridors[0]?.from;
  const since = from ? Date.parse(from) : midnight();
  const found = whole ? outcomesOf(all, since) : null;
  return (
    <section aria-label={say("kpi.title")}>
      <dl class="kpi">
        <Figure name={say("kpi.trucks")} value={day && grouped(day.trucks)} more={observed(day?.observed_percent)} />
        <Figure
          name={say("kpi.rate")}
          value={day?.rate && `${day.rate.percent.toFixed(1)} %`}
          more={
            day?.rate ? say("kpi.interval", { low: day.rate.low.toFixed(1), high: day.rate.high.toFixed(1) }) : null
          }
        />
        <Figure name={say("kpi.hundred_tonne")} value={day && grouped(day.hundred_tonne)} kind="red" />
        <Figure name={say("kpi.open")} value={found?.open} kind={found?.open ? "amber" : ""} />
        <Figure name={say("kpi.in_hand")} value={found?.in_hand} />
        <Figure name={say("kpi.caught")} value={found?.caught} kind="green" />
        <Figure name={say("kpi.lost")} value={found?.lost} />
        <Figure
          name={say("kpi.answered")}
          value={found?.answered_s == null ? null : say("kpi.seconds", { n: Math.round(found.answered_s) })}
          more={say("kpi.median")}
        />
      </dl>
      <p class="hidden">{stats ? say("kpi.as_of", { time: clock(stats.time) }) : say("kpi.no_data")}</p>
    </section>
  );
}

interface FigureOf {
  name: string;
  value: ComponentChildren;
  more?: string | null;
  kind?: string;
}

function Figure({ name, value, more = null, kind = "" }: FigureOf) {
  const known = value !== null && value !== undefined;
  return (
    <div class={`figure ${known && value !== 0 && value !== "0" ? kind : ""}`}>
      <dt>{name}</dt>
      <dd class="figures">{known ? value : <span class="unknown">{NOTHING}</span>}</dd>
      <dd class="more dim">{known ? more : say("kpi.no_data")}</dd>
    </div>
  );
}

function observed(percent: number | null | undefined): string | null {
  return percent == null ? null : say("kpi.observed", { percent: percent.toFixed(percent < 99.5 ? 0 : 1) });
}

function grouped(value: number): string {
  return value.toLocaleString(language.get() === "en" ? "en-GB" : "zh-CN");
}

/** Until the server says when its day began: this one's, which is the same on a duty room's own computer. */
function midnight(): number {
  return new Date().setHours(0, 0, 0, 0);
}
