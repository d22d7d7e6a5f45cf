/** What this agency may do about its side now. */

import { useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { listing } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Squad } from "../shell/messages";
import type { Session } from "../shell/session";
import { say, sayOf } from "../shell/words";
import { changesOf } from "./changes";
import type { Joint } from "./joint";
import { type Body, formOf, knownOf, MoveSheet } from "./move-sheet";
import { UnitField } from "./unit-field";

interface MovesOf {
  joint: Joint;
  who: Session;
  /** Of this agency. */
  squads: Squad[];
  take: (told: Joint) => void;
}

/** A move that the server did not take because the other side was quicker: nobody decides on what they did not see. */
interface Unsent {
  action: string;
  told: Body;
  /** What the person had before their eyes. */
  seen: Joint;
}

export function Moves({ joint, who, squads, take }: MovesOf) {
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [unsent, setUnsent] = useState<Unsent | null>(null);
  const [unit, setUnit] = useState("");
  const side = joint.sides.find((one) => one.agency === who.agency);
  const may = who.role === "police" || who.role === "duty";
  const actions = may && !who.read_only && joint.status === "open" ? (side?.actions ?? []) : [];

  const form = asking === null ? null : formOf(asking, joint, who.agency);
  const usual = ["done", "on_scene", "accept"].find((one) => actions.includes(one));

  async function send(action: string, told: Body): Promise<void> {
    setAsking(null);
    setProblem(null);
    setUnsent(null);
    try {
      take(await move(joint, action, told));
    } catch (error) {
      const moved = error instanceof Refused && error.problem.code === "version_conflict";
      if (!moved) setProblem(error instanceof Refused ? error.problem.detail : say("problem.unreachable"));
      await ask<Joint>(`/v1/joint-actions/${joint.id}`).then(take, () => undefined);
      if (moved) setUnsent({ action, told, seen: joint });
    }
  }

  function begin(action: string): void {
    if (formOf(action, joint, who.agency)) setAsking(action);
    else void send(action, action === "accept" && unit.trim() ? { unit: unit.trim() } : {});
  }

  return (
    <>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      {unsent && (
        <Moved
          unsent={unsent}
          now={joint}
          possible={actions.includes(unsent.action)}
          again={() => void send(unsent.action, unsent.told)}
          drop={() => setUnsent(null)}
        />
      )}
      {actions.length > 0 && !unsent && (
        <footer class="moves">
          {actions.includes("accept") && <UnitField squads={squads} unit={unit} change={setUnit} />}
          {actions.map((action) => (
            <button
              type="button"
              key={action}
              data-move={action}
              class={action === usual ? "primary" : ""}
              onClick={() => begin(action)}
            >
              {sayOf("move", action)}
            </button>
          ))}
        </footer>
      )}
      {asking && form && (
        <MoveSheet
          action={asking}
          form={form}
          known={knownOf(side)}
          done={(told) => void send(asking, told)}
          close={() => setAsking(null)}
        />
      )}
    </>
  );
}

interface MovedOf {
  unsent: Unsent;
  now: Joint;
  possible: boolean;
  again: () => void;
  drop: () => void;
}

/** What is different from what the person had seen; they say whether their move still stands. */
function Moved({ unsent, now, possible, again, drop }: MovedOf) {
  const action = sayOf("move", unsent.action);
  return (
    <section class="moved" role="alert">
      <p class="problem">
        <Icon name="alert" size={20} /> {say("moved.title", { action })}
      </p>
      <ul>
        {changesOf(unsent.seen, now).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      {Object.keys(unsent.told).length > 0 && (
        <p class="dim">{say("moved.yours", { told: listing(Object.values(unsent.told).map(String)) })}</p>
      )}
      {!possible && <p>{say("moved.impossible", { action })}</p>}
      <div class="moves">
        {possible && (
          <button type="button" class="primary" onClick={again}>
            {say("moved.again", { action })}
          </button>
        )}
        <button type="button" onClick={drop}>
          {say(possible ? "moved.drop" : "conflict.read")}
        </button>
      </div>
    </section>
  );
}

function move(joint: Joint, action: string, told: Body): Promise<Joint> {
  return ask<Joint>(`/v1/joint-actions/${joint.id}/actions`, {
    method: "POST",
    body: { action, ...told },
    headers: { "Idempotency-Key": crypto.randomUUID(), "If-Match": `"${joint.version}"` },
  });
}
