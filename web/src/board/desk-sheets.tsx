/** What the duty desk is asked before it acts: which squad, why, by which permit. */

import { useState } from "preact/hooks";
import { clock, km } from "../shell/format";
import type { Intercept, Squad } from "../shell/messages";
import { say, sayOf } from "../shell/words";
import type { Fields } from "../squad/outbox";
import { Sheet } from "../squad/sheet";

const NOTES = new Set(["dismiss", "hand_over", "cancel", "pass"]);

export function needsNote(action: string): boolean {
  return NOTES.has(action);
}

interface Claiming {
  told: Intercept;
  squads: Squad[];
  done: (squad: string) => void;
  close: () => void;
}

/** Who called by radio. Those on duty first, the one that is asked before all. */
export function ClaimSheet({ told, squads, done, close }: Claiming) {
  const rank = (one: Squad) => (one.id === told.squad ? 0 : one.on_duty ? 1 : 2);
  const ordered = [...squads].sort((one, other) => rank(one) - rank(other) || one.id.localeCompare(other.id));
  return (
    <Sheet title={say("desk.who")} close={close}>
      <div class="choices">
        {ordered.map((one) => (
          <button type="button" key={one.id} onClick={() => done(one.id)}>
            {one.name ?? one.id}
            <span class="dim">
              {one.on_duty ? say("shift.on") : say("shift.off")}
              {one.position && ` · ${km(one.position.chainage_km)} ${clock(one.position.time, one.position.corridor)}`}
            </span>
          </button>
        ))}
      </div>
    </Sheet>
  );
}

interface Noting {
  action: string;
  done: (fields: Fields) => void;
  close: () => void;
}

export function NoteSheet({ action, done, close }: Noting) {
  const [note, setNote] = useState("");
  const [permit, setPermit] = useState("");
  return (
    <Sheet title={sayOf("action", action)} close={close}>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          done(permit.trim() ? { note: note.trim(), permit_number: permit.trim() } : { note: note.trim() });
        }}
      >
        <label class="field">
          <span>{say("desk.why")}</span>
          <input
            type="text"
            maxlength={500}
            required
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {action === "cancel" && (
          <label class="field">
            <span>{say("legal.permit")}</span>
            <input
              type="text"
              maxlength={64}
              value={permit}
              onInput={(event) => setPermit(event.currentTarget.value)}
            />
          </label>
        )}
        <button type="submit" class="primary big" disabled={!note.trim()}>
          {sayOf("action", action)}
        </button>
      </form>
    </Sheet>
  );
}
