/** One truck at the duty desk: the card that its squad sees, and what the desk may do about it. */

import { useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { Icon, type IconName } from "../shell/icons";
import type { Intercept, Squad } from "../shell/messages";
import type { Session } from "../shell/session";
import { say, sayOf } from "../shell/words";
import { AskSheet, needsAsking } from "../squad/asking";
import { FullCard } from "../squad/card";
import { cardOf } from "../squad/cards";
import type { Fields } from "../squad/outbox";
import { ClaimSheet, NoteSheet, needsNote } from "./desk-sheets";
import { LateSides, Standing } from "./feed-list";
import type { Watch } from "./watch";

const ICONS: Record<string, IconName> = {
  verify: "check",
  dismiss: "cross",
  claim: "hand",
  hand_over: "out",
  cancel: "cross",
};

export interface Deed extends Fields {
  squad?: string;
}

interface DetailOf {
  told: Intercept;
  late: readonly string[] | undefined;
  who: Session;
  squads: Squad[];
  watch: Watch;
  close: () => void;
}

export function Detail({ told, late, who, squads, watch, close }: DetailOf) {
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function send(action: string, deed: Deed): Promise<void> {
    setAsking(null);
    setProblem(null);
    try {
      watch.take(await act(told, action, deed));
    } catch (error) {
      setProblem(await explained(error, told, watch));
    }
  }

  return (
    <aside class="detail" aria-label={say("board.detail")}>
      <header>
        <Standing told={told} squads={squads} />
        <a class="button quiet" href={`/cases/${told.case}`}>
          <Icon name="book" /> {say("board.case")}
        </a>
        <button type="button" class="quiet" aria-label={say("sheet.close")} onClick={close}>
          <Icon name="cross" />
        </button>
      </header>
      {late && (
        <a class="button matter" href="/joint">
          <LateSides agencies={late} /> {say("joint.title")}
        </a>
      )}
      {told.conflict && told.conflict_squad && (
        <p class="matter">
          <Icon name="alert" /> {say("board.conflict", { squad: nameOf(told.conflict_squad, squads) })}
        </p>
      )}
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <FullCard card={cardOf(told, null, [])} squad={null} />
      <Deeds
        actions={deskActions(told, who)}
        act={(action) => (asked(action) ? setAsking(action) : void send(action, behalf(told)))}
      />
      {asking === "claim" && (
        <ClaimSheet
          told={told}
          squads={squads}
          done={(squad) => void send("claim", { squad })}
          close={() => setAsking(null)}
        />
      )}
      {asking && needsNote(asking) && (
        <NoteSheet action={asking} done={(fields) => void send(asking, fields)} close={() => setAsking(null)} />
      )}
      {asking && needsAsking(asking) && !needsNote(asking) && (
        <AskSheet
          of={told}
          action={asking}
          done={(fields) => void send(asking, { ...fields, ...behalf(told) })}
          close={() => setAsking(null)}
        />
      )}
    </aside>
  );
}

const nameOf = (id: string, squads: Squad[]) => squads.find((one) => one.id === id)?.name ?? id;

const asked = (action: string) => action === "claim" || needsNote(action) || needsAsking(action);

/** Verify and take belong to the desk itself; whatever happens at the roadside is the squad's, told by radio. */
function behalf(told: Intercept): Deed {
  return told.squad && told.state !== "unverified" ? { squad: told.squad } : {};
}

/** The desk may take any step of the table that a person may; police hand over. Others look. */
export function deskActions(told: Intercept, who: Session): string[] {
  if (who.read_only) return [];
  if (who.role === "duty") return told.actions;
  return who.role === "police" ? told.actions.filter((one) => one === "hand_over") : [];
}

function Deeds({ actions, act }: { actions: string[]; act: (action: string) => void }) {
  if (!actions.length) return null;
  const [usual] = actions;
  return (
    <footer class="deeds">
      {actions.map((action) => (
        <button
          type="button"
          key={action}
          data-action={action}
          class={action === usual ? "primary" : ""}
          onClick={() => act(action)}
        >
          <Icon name={ICONS[action] ?? "place"} size={20} />
          {sayOf("action", action)}
        </button>
      ))}
    </footer>
  );
}

function act(told: Intercept, action: string, deed: Deed): Promise<Intercept> {
  return ask<Intercept>(`/v1/intercepts/${told.id}/actions`, {
    method: "POST",
    body: { action, ...deed },
    headers: { "Idempotency-Key": crypto.randomUUID(), "If-Match": `"${told.version}"` },
  });
}

/** What the desk is told; after somebody was quicker, the card shows how it stands. */
async function explained(error: unknown, told: Intercept, watch: Watch): Promise<string> {
  if (!(error instanceof Refused)) return say("problem.unreachable");
  const { code, detail } = error.problem;
  if (code !== "version_conflict" && code !== "action_not_allowed") return detail;
  await ask<Intercept>(`/v1/intercepts/${told.id}`).then(watch.take, () => undefined);
  return say("board.moved");
}
