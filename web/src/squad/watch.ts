/** What the squad page follows: the feed, the cards, the queue; drawn by `page-squad.tsx`. */

import { ask } from "../shell/api";
import { type Cell, cell } from "../shell/cell";
import { now_ms } from "../shell/clock";
import { type Feed, type Follower, follow } from "../shell/feed";
import { ACTIVE, type Intercept, type Violation } from "../shell/messages";
import { asked, session } from "../shell/session";
import { newer, pictured } from "./cards";
import { keep, kept, outboxRows } from "./keeping";
import { type Entry, type Outbox, outboxOf } from "./outbox";

/** How often a queue that stands is tried again; events of the browser usually come first. */
const TRY_MS = 5_000;
/** Cards are kept for a page that opens without network; not more often than this. */
const KEEP_MS = 1_000;

export type Cards = ReadonlyMap<string, Intercept>;

export interface Watch {
  cards: Cell<Cards>;
  /** Whether the cards are the server's of now, and not those kept on the phone. */
  fresh: Cell<boolean>;
  feed: Feed;
  outbox: Outbox;
  /** Asks once for the pictures of a card; the feed tells an intercept before its camera is done. */
  picture(id: string): void;
  close(): void;
}

export function begin(): Watch {
  const cards = cell<Cards>(new Map());
  const fresh = cell(false);
  const outbox = outboxOf({
    rows: outboxRows<Entry>(),
    ask,
    me: () => ({ name: session.get()?.name ?? "", squad: session.get()?.squad ?? null }),
    now_ms,
    key: () => crypto.randomUUID(),
    renew: asked,
    alone: (work) => (navigator.locks ? navigator.locks.request("wim-outbox", work) : work()),
    accepted: (told) => take(told),
  });

  function take(told: Intercept): void {
    const known = cards.get().get(told.id);
    const kept = newer(known, told);
    if (kept !== known) cards.set(new Map(cards.get()).set(told.id, kept));
  }

  const feed = follow("?snapshot=true&kinds=intercept&kinds=violation&kinds=stats", follower(take, cards, fresh));
  const looked = new Set<string>();
  function picture(id: string): void {
    if (looked.has(id)) return;
    looked.add(id);
    ask<Intercept>(`/v1/intercepts/${id}`)
      .then(take)
      .catch(() => looked.delete(id));
  }

  const timers = [setInterval(() => outbox.entries.get().length && void outbox.drain(), TRY_MS)];
  const stops = [
    feed.state.watch((state) => {
      if (state.kind === "live") void outbox.drain();
      // Plates are not left on a phone that was revoked.
      if (state.kind === "refused") cards.set(new Map());
    }),
    keepCards(cards, timers),
    onReturn(() => {
      feed.nudge();
      void outbox.drain();
    }),
  ];
  void restore(cards, fresh);
  void outbox.load().then(() => outbox.drain());
  return {
    cards,
    fresh,
    feed,
    outbox,
    picture,
    close() {
      for (const timer of timers) clearInterval(timer);
      for (const stop of stops) stop();
      feed.close();
    },
  };
}

/** After a snapshot what is no longer active is over; a card that it does not name keeps only its own end. */
function follower(take: (told: Intercept) => void, cards: Cell<Cards>, fresh: Cell<boolean>): Follower {
  let named: Set<string> | null = null;
  return {
    begin() {
      named = new Set();
    },
    event(kind, data) {
      if (kind === "violation") cards.set(pictured(cards.get(), data as Violation));
      if (kind !== "intercept") return;
      const told = data as Intercept;
      named?.add(told.id);
      take(told);
    },
    whole() {
      const held = named ?? new Set();
      named = null;
      cards.set(new Map([...cards.get()].filter(([id, told]) => held.has(id) || !ACTIVE.has(told.state))));
      fresh.set(true);
    },
  };
}

async function restore(cards: Cell<Cards>, fresh: Cell<boolean>): Promise<void> {
  const squad = session.get()?.squad;
  const found = await kept<{ squad: string | null; cards: Intercept[] }>("cards");
  // Another squad's cards on a phone that was handed on are nobody's business.
  if (!found || found.squad !== squad || fresh.get()) return;
  const merged = new Map(found.cards.map((told) => [told.id, told]));
  for (const [id, told] of cards.get()) merged.set(id, newer(merged.get(id), told));
  cards.set(merged);
}

function keepCards(cards: Cell<Cards>, timers: ReturnType<typeof setInterval>[]): () => void {
  let moved = false;
  const save = () => {
    if (!moved) return;
    moved = false;
    void keep("cards", { squad: session.get()?.squad ?? null, cards: [...cards.get().values()] });
  };
  timers.push(setInterval(save, KEEP_MS));
  return cards.watch(() => {
    moved = true;
  });
}

/** A phone that comes out of a pocket, or back into the network, looks at once. */
function onReturn(look: () => void): () => void {
  const seen = () => document.visibilityState === "visible" && look();
  document.addEventListener("visibilitychange", seen);
  globalThis.addEventListener("online", look);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    globalThis.removeEventListener("online", look);
  };
}
