/** What a move is asked before it is made. */

import { useState } from "preact/hooks";
import { say, sayOf } from "../shell/words";
import { Sheet } from "../squad/sheet";
import type { Joint, Side } from "./joint";

/** Kilograms are numbers on the wire; a field that is left empty is not sent. */
export type Told = Partial<Record<Field, string>>;
export type Body = Partial<Record<Field, string | number>>;

type Field = "unit" | "note" | "outcome" | "document_number" | "static_gross_kg" | "scale_certificate" | "unloaded_kg";

const WEIGHTS: ReadonlySet<string> = new Set(["static_gross_kg", "unloaded_kg"]);

export interface Form {
  needed: Field[];
  more: Field[];
}

/** What a move is asked. Under ALL the other side is given proof (`dispatch.joint.PROOF`): of road the weigh slip, of
 * police the decision and its number; under ANY a sentence. */
export function formOf(action: string, joint: Joint, agency: string | null): Form | null {
  if (action === "decline") return { needed: ["note"], more: [] };
  if (action !== "done") return null;
  if (joint.completion !== "all") return { needed: ["outcome"], more: ["document_number"] };
  return agency === "road"
    ? { needed: ["static_gross_kg", "scale_certificate"], more: ["unloaded_kg", "document_number", "outcome"] }
    : { needed: ["outcome", "document_number"], more: [] };
}

/** What the roadside has told already need not be typed again. */
export function knownOf(side: Side | undefined): Told {
  const known: Told = {};
  if (side?.static_gross_kg != null) known.static_gross_kg = String(side.static_gross_kg);
  if (side?.scale_certificate) known.scale_certificate = side.scale_certificate;
  if (side?.unloaded_kg != null) known.unloaded_kg = String(side.unloaded_kg);
  if (side?.document_number) known.document_number = side.document_number;
  if (side?.outcome) known.outcome = side.outcome;
  return known;
}

interface Asked {
  action: string;
  form: Form;
  known: Told;
  done: (told: Body) => void;
  close: () => void;
}

export function MoveSheet({ action, form, known, done, close }: Asked) {
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
