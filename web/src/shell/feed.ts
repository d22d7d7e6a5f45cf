/**
 * The live feed. Read by `fetch` and not by `EventSource`, which tells neither why the line was refused nor that it has
 * been silent for too long: a phone that lost its network often keeps a dead line open for minutes.
 */

import { problemOf } from "./api";
import { type Cell, cell } from "./cell";
import { learn, now_ms } from "./clock";
import { eventsOf, type Told } from "./events";

/** `since` is when the feed was last heard. */
export type FeedState = { kind: "live" | "connecting" | "stale" | "refused"; since: number; code?: string };

/** The server says something every 15 s at least. */
const SILENT_MS = 20_000;
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000];

export interface Follower {
  /** Whatever the feed held before is to be forgotten: what follows until `whole` is everything. */
  begin(): void;
  event(kind: string, data: unknown): void;
  /** The snapshot is complete. */
  whole(): void;
}

export interface Feed {
  state: Cell<FeedState>;
  /** Looks at once whether the line still lives. */
  nudge(): void;
  close(): void;
}

/** Follows `/v1/live`, comes back by itself, and goes on where it was. */
export function follow(query: string, follower: Follower): Feed {
  const state = cell<FeedState>({ kind: "connecting", since: now_ms() });
  let closed = false;
  let last: string | null = null;
  let line = new AbortController();
  let wake = () => {};
  let tries = 0;

  const heard = () => {
    tries = 0;
    state.set({ kind: "live", since: now_ms() });
  };

  async function once(): Promise<void> {
    line = new AbortController();
    let watchdog = setTimeout(() => line.abort(), SILENT_MS);
    const fed = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => line.abort(), SILENT_MS);
      heard();
    };
    try {
      const answer = await open(query, last, line.signal);
      if (!answer.ok || !answer.body) {
        const problem = await problemOf(answer);
        const kind = answer.status === 401 || answer.status === 403 ? "refused" : "stale";
        state.set({ kind, since: state.get().since, code: problem.code });
        return;
      }
      let gathering = last === null;
      if (gathering) follower.begin();
      for await (const told of eventsOf(answer.body, fed)) gathering = take(told, gathering);
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** The snapshot ends with a block that has an id and nothing else. */
  function take(told: Told, gathering: boolean): boolean {
    if (told.event === "gap") {
      follower.begin();
      return true;
    }
    if (told.data) follower.event(told.event, JSON.parse(told.data));
    if (told.id !== null) last = told.id;
    if (gathering && told.id !== null && !told.data) {
      follower.whole();
      return false;
    }
    return gathering;
  }

  async function forever(): Promise<void> {
    while (!closed) {
      await once().catch(() => undefined);
      if (closed) return;
      if (state.get().kind === "live" || state.get().kind === "connecting")
        state.set({ kind: "stale", since: state.get().since });
      await pause(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)] ?? 8_000);
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });

  const nudge = () => {
    if (state.get().kind !== "live") wake();
  };
  const offline = () => line.abort();
  globalThis.addEventListener?.("online", nudge);
  globalThis.addEventListener?.("offline", offline);
  void forever();
  return {
    state,
    nudge,
    close() {
      closed = true;
      globalThis.removeEventListener?.("online", nudge);
      globalThis.removeEventListener?.("offline", offline);
      line.abort();
      wake();
    },
  };
}

async function open(query: string, last: string | null, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last !== null) headers["Last-Event-ID"] = last;
  const sent_ms = Date.now();
  const answer = await fetch(`/v1/live${query}`, { headers, credentials: "same-origin", cache: "no-store", signal });
  learn(answer.headers.get("Date"), sent_ms, Date.now());
  return answer;
}
