/** What the board follows: the feed, joint actions, today's intercepts, the squads, and the registry's roads. */

import type { Joint } from "../joint/joint";
import { known as knownJoints } from "../joint/known";
import { ask } from "../shell/api";
import { type Cell, cell } from "../shell/cell";
import { now_ms } from "../shell/clock";
import { type Feed, type Follower, follow } from "../shell/feed";
import { ACTIVE, type Intercept, type Squad } from "../shell/messages";
import { type Corridor, everyOf, type Site, type Stats } from "../shell/registry";
import { newlyInConflict, newlyLate } from "./matters";

/** Squads say where they are about twice a minute, and no event tells it. */
const SQUADS_MS = 10_000;
const DAY_MS = 86_400_000;

export interface Roads {
  corridors: Corridor[];
  sites: Site[];
}

export interface Watch {
  intercepts: Cell<ReadonlyMap<string, Intercept>>;
  joints: Cell<ReadonlyMap<string, Joint>>;
  stats: Cell<Stats | null>;
  squads: Cell<Squad[]>;
  roads: Cell<Roads | null>;
  /** Whether the whole snapshot has come: before it an empty list means nothing. */
  whole: Cell<boolean>;
  feed: Feed;
  take(told: Intercept): void;
  close(): void;
}

/** `fresh` hears of each intercept that was opened while somebody looks, `matter` of each that the desk must settle. */
export function begin(fresh: (told: Intercept) => void, matter: (told: Intercept) => void): Watch {
  const intercepts = cell<ReadonlyMap<string, Intercept>>(new Map());
  const stats = cell<Stats | null>(null);
  const squads = cell<Squad[]>([]);
  const roads = cell<Roads | null>(null);
  const whole = cell(false);

  function take(told: Intercept): void {
    const known = intercepts.get().get(told.id);
    if (known && known.version >= told.version) return;
    intercepts.set(new Map(intercepts.get()).set(told.id, told));
    if (!whole.get()) return;
    if (!known && ACTIVE.has(told.state)) fresh(told);
    else if (known && newlyInConflict(told, known)) matter(told);
  }

  /** The truck may be off the day's list by now. */
  async function ofIntercept(id: string): Promise<Intercept> {
    const told = intercepts.get().get(id) ?? (await ask<Intercept>(`/v1/intercepts/${id}`));
    take(told);
    return told;
  }

  const joints = knownJoints("/v1/joint-actions?active=true", (told, before) => {
    if (newlyLate(told, before)) void ofIntercept(told.intercept).then(matter, () => undefined);
  });
  // Whoever may see no joint actions is told of none, and has none to list.
  const list = () => void joints.list().catch(() => undefined);
  const query = "?snapshot=true&kinds=intercept&kinds=joint-action&kinds=stats";
  const feed = follow(query, follower(take, { intercepts, stats, whole, joints, list }));
  const lookAtSquads = () => void squadsOf().then((found) => found && squads.set(found));
  const timer = setInterval(lookAtSquads, SQUADS_MS);
  lookAtSquads();
  void roadsOf().then((found) => roads.set(found));
  void earlier(intercepts);
  return {
    intercepts,
    joints: joints.all,
    stats,
    squads,
    roads,
    whole,
    feed,
    take,
    close() {
      clearInterval(timer);
      feed.close();
    },
  };
}

interface Told {
  intercepts: Cell<ReadonlyMap<string, Intercept>>;
  stats: Cell<Stats | null>;
  whole: Cell<boolean>;
  joints: { take(told: Joint): void };
  list: () => void;
}

/** After a snapshot an intercept that it does not name is active no more, whatever was heard of it last. */
function follower(take: (told: Intercept) => void, { intercepts, stats, whole, joints, list }: Told): Follower {
  let named = new Set<string>();
  let gathering = false;
  return {
    begin() {
      named = new Set();
      gathering = true;
      list();
    },
    event(kind, data) {
      if (kind === "stats") stats.set(data as Stats);
      if (kind === "joint-action") joints.take(data as Joint);
      if (kind !== "intercept") return;
      if (gathering) named.add((data as Intercept).id);
      take(data as Intercept);
    },
    whole() {
      gathering = false;
      const ended = [...intercepts.get().values()].filter((one) => ACTIVE.has(one.state) && !named.has(one.id));
      for (const one of ended) void ask<Intercept>(`/v1/intercepts/${one.id}`).then(take, () => undefined);
      whole.set(true);
    },
  };
}

/** Those of the day that are over already; the feed tells only of what is active, or becomes so. */
async function earlier(intercepts: Cell<ReadonlyMap<string, Intercept>>): Promise<void> {
  const since = new Date(now_ms() - DAY_MS).toISOString();
  const found = await everyOf<Intercept>(`/v1/intercepts?since=${since}&limit=200`).catch(() => []);
  const merged = new Map(intercepts.get());
  for (const told of found) {
    const known = merged.get(told.id);
    if (!known || known.version < told.version) merged.set(told.id, told);
  }
  intercepts.set(merged);
}

async function squadsOf(): Promise<Squad[] | null> {
  return ask<{ items: Squad[] }>("/v1/squads").then(
    (found) => found.items,
    () => null,
  );
}

async function roadsOf(): Promise<Roads> {
  const [corridors, sites] = await Promise.all([everyOf<Corridor>("/v1/corridors"), everyOf<Site>("/v1/sites")]);
  return { corridors, sites };
}
