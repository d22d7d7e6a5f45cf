/** The server's clock as this phone knows it. A phone may be minutes off, and a deadline is the server's. */

import { useEffect, useState } from "preact/hooks";

const KEPT = "wim.offset_ms";
/** An answer that took longer says little of the time at which it was written. */
const SLOWEST_MS = 3_000;
/** `Date` has whole seconds: on average half a second has passed since. */
const HALF_MS = 500;

let offset_ms = Number(globalThis.localStorage?.getItem(KEPT) ?? 0) || 0;

/** Learns the offset from an answer's `Date` header; `sent_ms` is the phone's time when it was asked. */
export function learn(date: string | null, sent_ms: number, received_ms: number): void {
  const told_ms = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told_ms) || received_ms - sent_ms > SLOWEST_MS) return;
  const found = told_ms + HALF_MS - (sent_ms + received_ms) / 2;
  // Within what the header can tell apart there is nothing to learn, and a countdown should not tremble.
  if (Math.abs(found - offset_ms) < 2 * HALF_MS) return;
  offset_ms = Math.round(found);
  globalThis.localStorage?.setItem(KEPT, String(offset_ms));
}

/** The server's time now, in ms since 1970. */
export function now_ms(): number {
  return Date.now() + offset_ms;
}

/** The server's time, every second while somebody looks. */
export function useNow(every_ms = 1_000): number {
  const [now, setNow] = useState(now_ms);
  useEffect(() => {
    const timer = setInterval(() => setNow(now_ms()), every_ms);
    return () => clearInterval(timer);
  }, [every_ms]);
  return now;
}
