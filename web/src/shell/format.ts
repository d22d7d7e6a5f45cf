/** Numbers and times as people read them: tonnes with two decimals, the site's zone with the date, no zero for nothing. */

import { language, say } from "./words";
import { zoneOf } from "./zones";

/** What stands where nothing is known. */
export const NOTHING = "–";

export function tonnes(kg: number | null | undefined): string {
  return kg === null || kg === undefined ? NOTHING : (kg / 1000).toFixed(2);
}

/** An excess with its sign. */
export function excess(kg: number | null | undefined): string {
  return kg === null || kg === undefined ? NOTHING : `${kg < 0 ? "−" : "+"}${tonnes(Math.abs(kg))}`;
}

export function percent(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined) return NOTHING;
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(decimals)} %`;
}

/** A probability; nothing that was measured is certain. */
export function probability(share: number | null | undefined): string {
  if (share === null || share === undefined) return NOTHING;
  if (share > 0.999) return "> 99.9 %";
  if (share < 0.001) return "< 0.1 %";
  return `${(share * 100).toFixed(share > 0.99 ? 1 : 0)} %`;
}

export function km(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : `km ${value.toFixed(1)}`;
}

export function metres(mm: number | null | undefined): string {
  return mm ? `${(mm / 1000).toFixed(1)} m` : NOTHING;
}

/** 1:05, 12:00, 1:02:03: minutes and seconds that are left or gone. */
export function span(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** "3 s ago". */
export function ago(then: string | number | null | undefined, now_ms: number): string {
  if (then === null || then === undefined) return NOTHING;
  const seconds = Math.max(0, Math.round((now_ms - ms(then)) / 1000));
  if (seconds < 90) return say("ago.seconds", { n: seconds });
  if (seconds < 90 * 60) return say("ago.minutes", { n: Math.round(seconds / 60) });
  if (seconds < 36 * 3600) return say("ago.hours", { n: Math.round(seconds / 3600) });
  return say("ago.days", { n: Math.round(seconds / 86_400) });
}

/** 03:12:40 by the clock of a place (a corridor or a site); with its offset where most roads have another. Nothing until
 * the place's zone is known. */
export function clock(then: string | number | null | undefined, ...places: (string | null | undefined)[]): string {
  if (then === null || then === undefined) return NOTHING;
  const timeZone = zoneOf(...places);
  if (timeZone === null) return NOTHING;
  const told = new Intl.DateTimeFormat("en-GB", { timeZone, hour12: false, ...SECONDS }).format(ms(then));
  return timeZone === zoneOf() ? told : `${told} ${offsetOf(then, timeZone)}`;
}

/** 11-29 03:12:40, with the year where it is another than now's. */
export function dated(
  then: string | number | null | undefined,
  now_ms: number,
  ...places: (string | null | undefined)[]
): string {
  if (then === null || then === undefined || zoneOf(...places) === null) return NOTHING;
  const [day, today] = [date(ms(then), ...places), date(now_ms, ...places)];
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${clock(then, ...places)}`;
}

/** 2026-11-29 by the calendar of a place. */
export function date(then: string | number, ...places: (string | null | undefined)[]): string {
  const timeZone = zoneOf(...places);
  if (timeZone === null) return NOTHING;
  const form = { timeZone, dateStyle: "short" } as const;
  return new Intl.DateTimeFormat("en-CA", form).format(ms(then));
}

const SECONDS = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;

/** GMT+6 */
function offsetOf(then: string | number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "shortOffset" }).formatToParts(ms(then));
  return parts.find((one) => one.type === "timeZoneName")?.value ?? timeZone;
}

function ms(then: string | number): number {
  return typeof then === "number" ? then : Date.parse(then);
}

/** Names one after the other, by the comma of the language. */
export function listing(names: readonly string[]): string {
  return names.join(language.get() === "en" ? ", " : "、");
}

/** Chinese has no plural and English two. */
export function counted(one: "axles" | "waiting", n: number): string {
  const plural = language.get() === "en" && n !== 1 ? "many" : "one";
  return say(`${one}.${plural}` as const, { n });
}
