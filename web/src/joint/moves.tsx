/** What this agency may do about its side now. */

import { useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { Icon } from "../shell/icons";
import type { Session } from "../shell/session";
import { say, sayOf } from "../shell/words";
import { Sheet } from "../squad/sheet";
import type { Joint, Side } from "./joint";

/** Kilograms are numbers on the wire; a field that is left empty is not sent. */
type Told = Partial<Record<Field, string>>;
type Body = Partial<Record<Field, string | number>>;

type Field = "note" | "outcome" | "document_number" | "static_gross_kg" | "scale_certificate" | "unloaded_kg";

const WEIGHTS: ReadonlySet<string> = new Set(["static_gross_kg", "unloaded_kg"]);

interface Form {
  needed: Field[];
  more: Field[];
}

/** What a move is asked. Under ALL the other side is given proof (`dispatch.joint.PROOF`): of road the weigh slip, of
 * police the decision and its number; under ANY a sentence. */
function formOf(action: string, joint: Joint, agency: string | null): Form | null {
  if (action === "decline") return { needed: ["note"], more: [] };
  if (action !== "done") return null;
  if (joint.completion !== "all") return { needed: ["outcome"], more: ["document_number"] };
  return agency === "road"
    ? { needed: ["static_gross_kg", "scale_certificate"], more: ["unloaded_kg", "document_number", "outcome"] }
    : { needed: ["outcome", "document_number"], more: [] };
}

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

  const form = asking === null ? null : formOf(asking, joint, who.agency);
  const usual = ["done", "on_scene", "accept"].find((one) => actions.includes(one));

  async function send(action: string, told: Body): Promise<void> {
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
              onClick={() => (formOf(action, joint, who.agency) ? setAsking(action) : void send(action, {}))}
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

/** What the roadside has told already need not be typed again. */
function knownOf(side: Side | undefined): Told {
  const known: Told = {};
  if (side?.static_gross_kg != null) known.static_gross_kg = String(side.static_gross_kg);
  if (side?.scale_certificate) known.scale_certificate = side.scale_certificate;
  if (side?.unloaded_kg != null) known.unloaded_kg = String(side.unloaded_kg);
  if (side?.document_number) known.document_number = side.document_number;
  if (side?.outcome) known.outcome = side.outcome;
  return known;
}

function move(joint: Joint, action: string, told: Body): Promise<Joint> {
  return ask<Joint>(`/v1/joint-actions/${joint.id}/actions`, {
    method: "POST",
    body: { action, ...told },
    headers: { "Idempotency-Key": crypto.randomUUID(), "If-Match": `"${joint.version}"` },
  });
}

interface Asked {
  action: string;
  form: Form;
  known: Told;
  done: (told: Body) => void;
  close: () => void;
}

function MoveSheet({ action, form, known, done, close }: Asked) {
  const [told, setTold] = useState<Told>(known);
  const filled = (field: Field) => Boolean(told[field]?.trim());
  return (
    <Sheet title={sayOf("move", action)} close={close}>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          done(bodyOf(told));
        }}
      >
        {[...form.needed, ...form.more].map((field) => (
          <label class="field" key={field}>
            <span>
              {sayOf("told", field)} {form.more.includes(field) && say("told.optional")}
            </span>
            <input
              type="text"
              inputmode={WEIGHTS.has(field) ? "numeric" : "text"}
              pattern={WEIGHTS.has(field) ? "[0-9]{1,6}" : ".*"}
              maxlength={field === "outcome" || field === "note" ? 200 : 64}
              autocomplete="off"
              value={told[field] ?? ""}
              onInput={(event) => setTold({ ...told, [field]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button type="submit" class="primary big" disabled={!form.needed.every(filled)}>
          {sayOf("move", action)}
        </button>
      </form>
    </Sheet>
  );
}

function bodyOf(told: Told): Body {
  const given = Object.entries(told).filter(([, value]) => value.trim());
  return Object.fromEntries(
    given.map(([field, value]) => [field, WEIGHTS.has(field) ? Number(value) : value.trim()]),
  ) as Body;
}
