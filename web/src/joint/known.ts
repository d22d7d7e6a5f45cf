/** The joint actions that a page knows, each in its newest version. */

import { type Cell, cell } from "../shell/cell";
import { everyOf } from "../shell/registry";
import type { Joint } from "./joint";

export interface Known {
  all: Cell<ReadonlyMap<string, Joint>>;
  /** Whether the list has come: before it nothing known means nothing. */
  whole: Cell<boolean>;
  take(told: Joint): void;
  /** The feed begins with what is new, and may have a gap; the list has everything. */
  list(): Promise<void>;
}

/** Those of `path`; `moved` hears of each change while somebody looks, with how it stood before. */
export function known(path: string, moved: (told: Joint, before?: Joint) => void = () => undefined): Known {
  const all = cell<ReadonlyMap<string, Joint>>(new Map());
  const whole = cell(false);

  function take(told: Joint): void {
    const before = all.get().get(told.id);
    if (before && before.version >= told.version) return;
    all.set(new Map(all.get()).set(told.id, told));
    if (whole.get()) moved(told, before);
  }

  async function list(): Promise<void> {
    for (const told of await everyOf<Joint>(path)) take(told);
    whole.set(true);
  }

  return { all, whole, take, list };
}
