/** Makes a truck a matter of both agencies by hand: what no rule sees, such as a driver who refuses the scale. */

import { useEffect, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { now_ms } from "../shell/clock";
import { clock, excess, km } from "../shell/format";
import { Icon } from "../shell/icons";
import { ACTIVE, type Intercept, placesOf } from "../shell/messages";
import { Plate } from "../shell/plate";
import { everyOf } from "../shell/registry";
import { say, sayOf, sayState } from "../shell/words";
import { Sheet } from "../squad/sheet";
import type { Joint } from "./joint";

const TRIGGERS = ["refused", "drove_off", "covered_plate", "cloned_plate", "hundred_tonne", "legal_repeat"] as const;
/** What can be proposed about a truck that got away, too. */
const LATE: ReadonlySet<string> = new Set(["refused", "drove_off"]);
/** Whoever proposes saw the truck this shift. */
const BACK_MS = 12 * 3_600_000;
/** The server's own least. */
const LEAST_WORDS = 2;

interface Proposing {
  take: (told: Joint) => void;
  close: () => void;
}

export function ProposeSheet({ take, close }: Proposing) {
  const [trucks, setTrucks] = useState<Intercept[] | null>(null);
  const [chosen, setChosen] = useState<Intercept | null>(null);
  const [trigger, setTrigger] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    trucksOf().then(setTrucks, (error) => setProblem(explained(error)));
  }, []);
  const possible = TRIGGERS.filter((one) => chosen?.state !== "lost" || LATE.has(one));
  const ready = chosen && trigger && possible.some((one) => one === trigger) && note.trim().length >= LEAST_WORDS;

  async function send(): Promise<void> {
    setProblem(null);
    try {
      take(await propose(chosen?.id ?? "", trigger ?? "", note.trim()));
      close();
    } catch (error) {
      setProblem(explained(error));
    }
  }

  return (
    <Sheet title={say("propose.title")} close={close}>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      {trucks?.length === 0 && <p class="dim">{say("propose.none")}</p>}
      <form
        class="choices propose"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <fieldset class="trucks">
          <legend>{say("propose.truck")}</legend>
          {trucks?.map((one) => (
            <Choice key={one.id} name="truck" on={one.id === chosen?.id} choose={() => setChosen(one)}>
              <Plate plate={one.plate} colour={one.plate_colour} certain={one.plate_certain} />
              <b class="figures over">{excess(one.best.excess_kg)} t</b>
              <span class="dim">
                {one.best.corridor} {km(one.best.chainage_km)} · {clock(one.time, ...placesOf(one))} ·{" "}
                {sayState(one.state)}
              </span>
            </Choice>
          ))}
        </fieldset>
        <fieldset>
          <legend>{say("propose.why")}</legend>
          {possible.map((one) => (
            <Choice key={one} name="trigger" on={one === trigger} choose={() => setTrigger(one)}>
              {sayOf("trigger", one)}
            </Choice>
          ))}
        </fieldset>
        <label class="field">
          <span>{say("propose.seen")}</span>
          <input
            type="text"
            maxlength={500}
            autocomplete="off"
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary big" disabled={!ready}>
          {say("propose.send")}
        </button>
      </form>
    </Sheet>
  );
}

interface ChoiceOf {
  name: string;
  on: boolean;
  choose: () => void;
  children: preact.ComponentChildren;
}

function Choice({ name, on, choose, children }: ChoiceOf) {
  return (
    <label class={`choice ${on ? "on" : ""}`}>
      <input type="radio" name={name} checked={on} onChange={choose} />
      {children}
    </label>
  );
}

/** Those that somebody may still stop or stands at, and those that got away; the newest first. */
async function trucksOf(): Promise<Intercept[]> {
  const since = new Date(now_ms() - BACK_MS).toISOString();
  const found = await everyOf<Intercept>(`/v1/intercepts?since=${since}&limit=200`);
  return found
    .filter((one) => ACTIVE.has(one.state) || one.state === "lost")
    .sort((one, other) => Date.parse(other.time) - Date.parse(one.time));
}

function propose(intercept: string, trigger: string, note: string): Promise<Joint> {
  return ask<Joint>("/v1/joint-actions", {
    method: "POST",
    body: { intercept, trigger, note },
    headers: { "Idempotency-Key": crypto.randomUUID() },
  });
}

function explained(error: unknown): string {
  return error instanceof Refused ? error.problem.detail : say("problem.unreachable");
}
