/**
 * Actions on their way to the server. Each has its Idempotency-Key from the moment the button was pressed, so it counts
 * once however often it is sent; they are sent one after the other in the order in which they were done, and what has not
 * been answered lies in IndexedDB.
 *
 * A phone goes from hand to hand: an action waits until the person who did it is signed in, and is nobody else's to send.
 *
 * An action that follows one still waiting says so by `after`. One that waited says when it was done, by the server's
 * clock as the phone last knew it; then the life cycle decides and not the version, for that is long past.
 */

import { type Asked, type Problem, Refused, Unreachable } from "../shell/api";
import { type Cell, cell } from "../shell/cell";
import type { Intercept } from "../shell/messages";
import type { Rows } from "./keeping";
import { FACTS } from "./life";

export interface Fields {
  note?: string;
  static_gross_kg?: number;
  scale_certificate?: string;
  unloaded_kg?: number;
  document_number?: string;
  permit_number?: string;
}

/** Who did it: a person of a squad. */
export interface Owner {
  name: string;
  squad: string | null;
}

export interface Entry {
  /** Place in the queue; given by the store. */
  order?: number;
  key: string;
  owner: Owner;
  intercept: string;
  /** For the list of what waits: the card may be gone by then. */
  plate: string;
  action: string;
  fields: Fields;
  /** The version that the officer saw. */
  version: number;
  after: string | null;
  /** RFC 3339; null while it was sent at once. */
  done_at: string | null;
  pressed_ms: number;
  /** The server's last word, where it said no. */
  problem: Problem | null;
}

/** Why the queue stands. */
export type Standing = "idle" | "sending" | "no_network" | "signed_out" | "server";

export interface World {
  rows: Rows<Entry>;
  ask: <T>(path: string, asked: Asked) => Promise<T>;
  /** Who is signed in. */
  me: () => Owner;
  now_ms: () => number;
  key: () => string;
  /** Renews the CSRF token; the session may have changed while the phone slept. */
  renew: () => Promise<unknown>;
  /** Runs alone, whichever other window of ours is open. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  accepted: (intercept: Intercept) => void;
}

export interface Outbox {
  /** Those of the person who is signed in. */
  entries: Cell<readonly Entry[]>;
  /** Those that wait for somebody else to sign in. */
  others: Cell<readonly Entry[]>;
  standing: Cell<Standing>;
  load(): Promise<void>;
  /** Puts an action at the end; `online` says whether it goes out at once. */
  add(of: Intercept, action: string, fields: Fields, online: boolean): Promise<void>;
  /** Sends what can be sent. */
  drain(): Promise<void>;
  /** Takes refused actions off the list, once they were read. */
  dismiss(orders: readonly number[]): Promise<void>;
}

export function outboxOf(world: World): Outbox {
  const entries = cell<readonly Entry[]>([]);
  const others = cell<readonly Entry[]>([]);
  const standing = cell<Standing>("idle");
  let draining: Promise<void> | null = null;
  let again = false;

  const mine = (one: Entry) => isOf(one, world.me());

  async function load(): Promise<void> {
    const all = await world.rows.all();
    entries.set(all.filter(mine));
    others.set(all.filter((one) => !mine(one) && one.problem === null));
  }

  async function add(of: Intercept, action: string, fields: Fields, online: boolean): Promise<void> {
    const [owner, key, pressed_ms] = [world.me(), world.key(), world.now_ms()];
    await world.rows.change((all) => {
      const own = all.filter((one) => isOf(one, owner));
      const before = waitingFor(own, of.id).at(-1);
      const entry: Entry = {
        key,
        owner,
        intercept: of.id,
        plate: of.plate,
        action,
        fields,
        version: of.version,
        after: before?.key ?? null,
        done_at: online && !before ? null : instant(pressed_ms),
        pressed_ms,
        problem: null,
      };
      return [entry];
    });
    await load();
    await drain();
  }

  function drain(): Promise<void> {
    if (draining) {
      again = true;
      return draining;
    }
    draining = world
      .alone(async () => {
        do {
          again = false;
          await sendAll();
        } while (again);
      })
      .finally(() => {
        draining = null;
      });
    return draining;
  }

  async function sendAll(): Promise<void> {
    await load();
    for (;;) {
      const entry = entries.get().find((one) => one.problem === null && mine(one));
      if (!entry) return standing.set("idle");
      standing.set("sending");
      const stands = await sendOne(entry);
      if (stands) return standing.set(stands);
    }
  }

  /** Sends one; gives why nothing more can be sent, or null. */
  async function sendOne(entry: Entry): Promise<Standing | null> {
    if (isOrphan(entry, entries.get())) return settle(entry, ORPHAN);
    try {
      return await done(entry, await send(entry));
    } catch (error) {
      if (error instanceof Unreachable) return "no_network";
      if (error instanceof NotMine) return handedOn();
      if (!(error instanceof Refused)) throw error;
      return refused(entry, error.problem);
    }
  }

  async function send(entry: Entry): Promise<Intercept> {
    const { path, asked } = requestOf(entry);
    try {
      return await world.ask<Intercept>(path, asked);
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== "csrf_refused") throw error;
      await world.renew();
      // The browser's session may be another person's by now.
      if (!mine(entry)) throw new NotMine();
      return await world.ask<Intercept>(path, asked);
    }
  }

  async function done(entry: Entry, told: Intercept): Promise<null> {
    if (entry.order !== undefined) await world.rows.remove(entry.order);
    world.accepted(told);
    await load();
    return null;
  }

  async function refused(entry: Entry, problem: Problem): Promise<Standing | null> {
    if (problem.status === 401) return "signed_out";
    if (problem.status >= 500 || problem.status === 429) return "server";
    // The truck was only seen again since, or the fact stands anyway.
    if (mayGoAgain(entry, problem)) return resend(entry, instant(entry.pressed_ms));
    // This phone's clock had run ahead, or fallen back. What its answers tell of the server's is the best that is known.
    if (isOff(entry, problem, world.now_ms())) return resend(entry, instant(world.now_ms()));
    return settle(entry, problem);
  }

  /** It was not done, so it is another request; what follows it follows that one. */
  async function resend(entry: Entry, done_at: string): Promise<null> {
    const again = { ...entry, key: world.key(), done_at };
    await world.rows.change((all) => [again, ...behind(entry, all).map((one) => ({ ...one, after: again.key }))]);
    await load();
    return null;
  }

  /** Another person holds the phone: what was to be sent waits for its own. */
  async function handedOn(): Promise<null> {
    await load();
    return null;
  }

  async function settle(entry: Entry, problem: Problem): Promise<null> {
    await world.rows.change(() => [{ ...entry, problem }]);
    await load();
    return null;
  }

  return {
    entries,
    others,
    standing,
    load,
    add,
    drain,
    async dismiss(orders) {
      for (const order of orders) await world.rows.remove(order);
      await load();
    },
  };
}

/** What an action that follows a refused one is told; the server was not asked. */
const ORPHAN: Problem = { status: 412, code: "after_refused", title: "", detail: "" };

/** The person who did it is not the one who is signed in. */
class NotMine extends Error {}

/** A row from before there were owners is nobody's. */
function isOf(entry: Entry, who: Owner): boolean {
  return entry.owner?.name === who.name && entry.owner.squad === who.squad;
}

/** Those that name this one as what they follow. */
function behind(entry: Entry, all: readonly Entry[]): Entry[] {
  return all.filter((one) => one.after === entry.key);
}

/** Unsent actions about one intercept, in order. */
export function waitingFor(entries: readonly Entry[], intercept: string): Entry[] {
  return entries.filter((one) => one.intercept === intercept && one.problem === null);
}

export function requestOf(entry: Entry): { path: string; asked: Asked } {
  const body = {
    action: entry.action,
    ...entry.fields,
    ...(entry.done_at === null ? {} : { done_at: entry.done_at }),
    ...(entry.after === null ? {} : { after: entry.after }),
  };
  const based = entry.after === null ? { "If-Match": `"${entry.version}"` } : {};
  const headers = { "Idempotency-Key": entry.key, ...based } as Record<string, string>;
  return { path: `/v1/intercepts/${entry.intercept}/actions`, asked: { method: "POST", body, headers } };
}

/** A decision that followed another makes no sense where that one was refused; a fact stands by itself. */
function isOrphan(entry: Entry, all: readonly Entry[]): boolean {
  return !FACTS.has(entry.action) && all.some((one) => one.key === entry.after && one.problem !== null);
}

/** Of an action sent at once: whether only the version was in its way. */
function mayGoAgain(entry: Entry, problem: Problem): boolean {
  if (entry.done_at !== null || problem.code !== "version_conflict") return false;
  const allowed = Array.isArray(problem.allowed) ? (problem.allowed as string[]) : [];
  return FACTS.has(entry.action) || allowed.includes(entry.action);
}

/** Further apart two clocks are not that the server's answers have set right. */
const SET_RIGHT_MS = 30_000;

/** Whether the server took the time at which it was done for one that cannot be, and another one is known by now. */
function isOff(entry: Entry, problem: Problem, now_ms: number): boolean {
  const errors = Array.isArray(problem.errors) ? (problem.errors as { field?: string }[]) : [];
  const off_ms = entry.done_at === null ? 0 : Math.abs(Date.parse(entry.done_at) - now_ms);
  return off_ms > SET_RIGHT_MS && errors.some((one) => one.field === "done_at");
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
