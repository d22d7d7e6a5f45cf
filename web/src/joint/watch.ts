/** What the police's and the duty desk's page of joint actions follows. */

import { ask } from "../shell/api";
import { type Cell, cell } from "../shell/cell";
import { type Feed, follow } from "../shell/feed";
import type { Squad } from "../shell/messages";
import type { Joint } from "./joint";
import { known } from "./known";

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
  const { all, whole, take, list } = known("/v1/joint-actions");
  const squads = cell<Squad[]>([]);
  ask<{ items: Squad[] }>("/v1/squads").then(
    (found) => squads.set(found.items),
    () => undefined,
  );
  const feed = follow("?kinds=joint-action", {
    begin: () => void list().catch(() => undefined),
    event: (kind, data) => kind === "joint-action" && take(data as Joint),
    whole: () => undefined,
  });
  return { joints: all, squads, whole, feed, take, close: () => feed.close() };
}
