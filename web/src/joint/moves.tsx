/** What this agency may do about its side now. */

import { useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { Icon } from "../shell/icons";
import type { Session } from "../shell/session";
import { say, sayOf } from "../shell/words";
import { Sheet } from "../squad/sheet";
import type { Joint } from "./joint";

interface Told {
  unit?: string;
  note?: string;
  outcome?: string;
  document_number?: string;
}

type Field = keyof Told;

/** What each move is asked: the first of it is needed. */
const FIELDS: Record<string, Field[]> = {
  accept: [],
  decline: ["note"],
  done: ["outcome", "document_number"],
};

interface MovesOf {
  joint: Joint;
  who: Session;
  take: (told: Joint) => void;
}

export function Moves({ joint, who, take }: MovesOf) {
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const side = joint.sides.find((one) => one.agency === who.agency);
  const may = who.role === "police" || who.role === "duty";
  const actions = may && !who.read_only && joint.status === "open" ? (side?.actions ?? []) : [];

  const usual = ["done", "on_scene", "accept"].find((one) => actions.includes(one));

  async function send(action: string, told: Told): Promise<void> {
    setAsking(null);
    setProblem(null);
    try {
      take(await move(joint, action, told));
    } catch (error) {
      setProblem(error instanceof Refused ? error.problem.detail : say("problem.unreachable"));
      await ask<Joint>(`/v1/joint-actions/${joint.id}`).then(take, () => undefined);
    }
  }

  return (
    <>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      {actions.length > 0 && (
        <footer class="moves">
          {actions.map((action) => (
            <button
              type="button"
              key={action}
              data-move={action}
              class={action === usual ? "primary" : ""}
              onClick={() => (FIELDS[action]?.length ? setAsking(action) : void send(action, {}))}
            >
              {sayOf("move", action)}
            </button>
          ))}
        </footer>
      )}
      {asking && (
        <MoveSheet
          action={asking}
          needed={asking === "done" && joint.completion === "all" ? 2 : 1}
          done={(told) => void send(asking, told)}
          close={() => setAsking(null)}
        />
      )}
    </>
  );
}

function move(joint: Joint, action: string, told: Told): Promise<Joint> {
  return ask<Joint>(`/v1/joint-actions/${joint.id}/actions`, {
    method: "POST",
    body: { action, ...told },
    headers: { "Idempotency-Key": crypto.randomUUID(), "If-Match": `"${joint.version}"` },
  });
}

interface Asked {
  action: string;
  /** How many of the fields must be filled, from the first. */
  needed: number;
  done: (told: Told) => void;
  close: () => void;
}

function MoveSheet({ action, needed, done, close }: Asked) {
  const fields = FIELDS[action] ?? [];
  const [told, setTold] = useState<Told>({});
  const given = Object.fromEntries(Object.entries(told).filter(([, value]) => value.trim())) as Told;
  return (
    <Sheet title={sayOf("move", action)} close={close}>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          done(given);
        }}
      >
        {fields.map((field) => (
          <label class="field" key={field}>
            <span>{sayOf("told", field)}</span>
            <input
              type="text"
              maxlength={field === "document_number" ? 64 : 200}
              value={told[field] ?? ""}
              onInput={(event) => setTold({ ...told, [field]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button type="submit" class="primary big" disabled={fields.slice(0, needed).some((field) => !given[field])}>
          {sayOf("move", action)}
        </button>
      </form>
    </Sheet>
  );
}
