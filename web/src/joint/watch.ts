/** What the police's and the duty desk's page of joint actions follows. */

import { ask } from "../shell/api";
import { type Cell, cell } from "../shell/cell";
import { type Feed, follow } from "../shell/feed";
import type { Squad } from "../shell/messages";
import { everyOf } from "../shell/registry";
import type { Joint } from "./joint";

export interface Watch {
  joints: Cell<ReadonlyMap<string, Joint>>;
  /** Those that the registry knows; none until they were told. */
  squads: Cell<Squad[]>;
  /** Whether the list has come: before it an empty page means nothing. */
  whole: Cell<boolean>;
  feed: Feed;
  take(told: Joint): void;
  close(): void;
}

export function begin(): Watch {
  const joints = cell<ReadonlyMap<string, Joint>>(new Map());
  const squads = cell<Squad[]>([]);
  const whole = cell(false);
  ask<{ items: Squad[] }>("/v1/squads").then(
    (found) => squads.set(found.items),
    () => undefined,
  );

  function take(told: Joint): void {
    const known = joints.get().get(told.id);
    if (known && known.version >= told.version) return;
    joints.set(new Map(joints.get()).set(told.id, told));
  }

  /** The feed begins with what is new, and may have a gap; the list has everything. */
  async function list(): Promise<void> {
    for (const told of await everyOf<Joint>("/v1/joint-actions")) take(told);
    whole.set(true);
  }

  const feed = follow("?kinds=joint-action", {
    begin: () => void list().catch(() => undefined),
    event: (kind, data) => kind === "joint-action" && take(data as Joint),
    whole: () => undefined,
  });
  return { joints, squads, whole, feed, take, close: () => feed.close() };
}
