import { useNow } from "../shell/clock";
import { ago, counted, listing } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Intercept } from "../shell/messages";
import { say, sayOf } from "../shell/words";
import { FACTS } from "./life";
import type { Entry, Standing } from "./outbox";

/** An answer over a good line is there by then. */
const FLASH_MS = 3_000;

/** What waits to be sent, and why. */
export function Queue({ entries, standing }: { entries: readonly Entry[]; standing: Standing }) {
  const now = useNow();
  const waiting = entries.filter((one) => one.problem === null);
  // What goes out at once is said on its card alone; a box that flashes by only moves the buttons.
  const stands = standing !== "idle" && standing !== "sending";
  if (!waiting.length || !(stands || waiting.some((one) => now - one.pressed_ms > FLASH_MS))) return null;
  return (
    <section class="queue" role="status">
      <h2>
        <Icon name="waiting" size={18} />
        {counted("waiting", waiting.length)}
        <span class="why">{say(`queue.${standing}`)}</span>
      </h2>
      <ol>
        {waiting.map((one) => (
          <li key={one.key}>
            <b>{sayOf("action", one.action)}</b> {one.plate || say("plate.none")}{" "}
            <span class="dim">{ago(one.pressed_ms, now)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What somebody else did on this phone, which goes out once that person signs in on it again. */
export function Others({ entries }: { entries: readonly Entry[] }) {
  const names = [...new Set(entries.map((one) => one.owner?.name ?? "?"))];
  if (!names.length) return null;
  return (
    <section class="queue others" role="status">
      {names.map((name) => (
        <h2 key={name}>
          <Icon name="waiting" size={18} />
          {counted("waiting", entries.filter((one) => (one.owner?.name ?? "?") === name).length)}
          <span class="why">{say("queue.others", { name })}</span>
        </h2>
      ))}
    </section>
  );
}

/** Why an action was not taken, in words of the road: who has the truck, since when. */
export function Conflicts({
  entries,
  cards,
  squad,
  dismiss,
}: {
  entries: readonly Entry[];
  cards: ReadonlyMap<string, Intercept>;
  squad: string | null;
  dismiss: (orders: number[]) => void;
}) {
  const now = useNow();
  return (
    <>
      {byTruck(entries.filter((one) => one.problem !== null)).map((refused) => (
        <section class="conflict" role="alert" key={refused[0]?.key}>
          <h2>
            <Icon name="alert" />
            {say("conflict.title", {
              actions: listing(refused.map((one) => say("conflict.action", { action: sayOf("action", one.action) }))),
              plate: refused[0]?.plate || say("plate.none"),
            })}
          </h2>
          {explained(refused).map((one) => (
            <p key={one.key}>{explain(one, cards.get(one.intercept), squad, now)}</p>
          ))}
          <button type="button" onClick={() => dismiss(refused.flatMap((one) => one.order ?? []))}>
            {say("conflict.read")}
          </button>
        </section>
      ))}
    </>
  );
}

/** What was refused of each truck, together: the officer reads one reason and not five. */
export function byTruck(refused: readonly Entry[]): Entry[][] {
  const found = new Map<string, Entry[]>();
  for (const one of refused) found.set(one.intercept, [...(found.get(one.intercept) ?? []), one]);
  return [...found.values()];
}

/** Those with a reason of their own; where there is none, the first. */
function explained(refused: readonly Entry[]): Entry[] {
  const own = refused.filter((one) => one.problem?.code !== "after_refused");
  return own.length ? own : refused.slice(0, 1);
}

export function explain(entry: Entry, now: Intercept | undefined, squad: string | null, now_ms: number): string {
  const problem = entry.problem;
  if (!problem) return "";
  if (problem.code === "after_refused") return say("conflict.after");
  if (problem.code !== "version_conflict" && problem.code !== "action_not_allowed") {
    return `${problem.title} ${problem.detail}`.trim();
  }
  const holder = (problem.squad as string | null | undefined) ?? now?.squad ?? null;
  const state = (problem.state as string | undefined) ?? now?.state ?? "";
  if (holder && holder !== squad) {
    const since = now?.squad === holder ? (now.claimed_at ?? now.offered_at) : null;
    return since
      ? say("conflict.taken_since", { squad: holder, ago: ago(since, now_ms) })
      : say("conflict.taken", { squad: holder });
  }
  const words = say("conflict.state", { state: sayOf("state", state) });
  return FACTS.has(entry.action) ? `${words} ${say("conflict.fact")}` : words;
}
