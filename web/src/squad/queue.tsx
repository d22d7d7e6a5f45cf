import { useNow } from "../shell/clock";
import { ago, counted } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Intercept } from "../shell/messages";
import { say, sayOf } from "../shell/words";
import { FACTS } from "./life";
import type { Entry, Standing } from "./outbox";

/** What waits to be sent, and why. */
export function Queue({ entries, standing }: { entries: readonly Entry[]; standing: Standing }) {
  const now = useNow();
  const waiting = entries.filter((one) => one.problem === null);
  if (!waiting.length) return null;
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
  dismiss: (order: number) => void;
}) {
  const now = useNow();
  const refused = entries.filter((one) => one.problem !== null);
  return (
    <>
      {refused.map((one) => (
        <section class="conflict" role="alert" key={one.key}>
          <h2>
            <Icon name="alert" />
            {say("conflict.title", { action: sayOf("action", one.action), plate: one.plate || say("plate.none") })}
          </h2>
          <p>{explain(one, cards.get(one.intercept), squad, now)}</p>
          <button type="button" onClick={() => one.order !== undefined && dismiss(one.order)}>
            {say("conflict.read")}
          </button>
        </section>
      ))}
    </>
  );
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
