/**
 * The ledger, checked in this browser: nobody has to take our word for it. Each entry is hashed again, as canonical JSON
 * (`dispatch.ledger`), and where the next number follows it must name this one's hash.
 */

import { problemOf, Refused } from "../shell/api";
import type { Entry } from "./joint";

export type Checked = { entries: Entry[]; broken: number | null };

/** Of one truck; `broken` is the number of the first entry that does not hold. */
export async function ledgerOf(intercept: string): Promise<Checked> {
  const answer = await fetch(`/v1/ledger?intercept=${intercept}&limit=200`, { cache: "no-store" });
  if (!answer.ok) throw new Refused(await problemOf(answer));
  return checked(await answer.text());
}

/** The answer's text and not its numbers: a time in nanoseconds has more digits than a number here can hold. */
export async function checked(text: string): Promise<Checked> {
  const exact = (JSON.parse(quoted(text)) as { items: Record<string, unknown>[] }).items;
  const entries = (JSON.parse(text) as { items: Entry[] }).items;
  for (const [place, entry] of entries.entries()) {
    const before = entries[place - 1];
    const follows = before === undefined || before.number !== entry.number - 1 || before.hash === entry.previous;
    if (!follows || (await hashOf(exact[place] ?? {})) !== entry.hash) return { entries, broken: entry.number };
  }
  return { entries, broken: null };
}

const MARK = "\u0000";

/** Numbers as marked strings; what stands within a string stays as it is. */
function quoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+/g, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`));
}

async function hashOf(entry: Record<string, unknown>): Promise<string> {
  const { hash: _, at: __, ...hashed } = entry;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(hashed)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keys sorted, no white space, numbers as they came. */
function canonical(value: unknown): string {
  if (typeof value === "string") return value.startsWith(MARK) ? value.slice(1) : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([key, held]) => `${JSON.stringify(key)}:${canonical(held)}`).join(",")}}`;
}
