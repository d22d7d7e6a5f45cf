/** A technician takes a lane out of the net figures, or answers for it again. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { Icon } from "../shell/icons";
import type { Site } from "../shell/registry";
import { say, sayOf } from "../shell/words";
import { Sheet } from "../squad/sheet";
import type { Downgrade } from "./state";
import { causeOf } from "./terms";

/** The server's own least and most (`api.downgrades`). */
const LEAST_WORDS = 2;
const MOST_WORDS = 500;

interface Asking {
  site: Site;
  /** It is written down: what is shown is to be asked for again. */
  done: () => void;
  close: () => void;
}

/** Which lane, since when, how far, and why. */
export function DoubtSheet({ site, done, close }: Asking) {
  const [lane, setLane] = useState("");
  const [from, setFrom] = useState("");
  const [grade, setGrade] = useState("count");
  const body = { grade, ...(lane && { lane: Number(lane) }), ...(from && { from }) };
  return (
    <Reasoned title={say("doubt_lane.title")} site={site} to="downgrades" body={body} done={done} close={close}>
      <label class="field">
        <span>{say("doubt_lane.lane")}</span>
        <select value={lane} onChange={(event) => setLane(event.currentTarget.value)}>
          <option value="">{say("sites.every_lane")}</option>
          {site.lanes.map((one) => (
            <option key={one.number} value={one.number}>
              {say("facts.lane", { lane: one.number })}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{say("doubt_lane.from", { zone: site.timezone })}</span>
        {/* The server reads a time without an offset by the site's clock, which is the technician's. */}
        <input type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{say("doubt_lane.grade")}</span>
        <select value={grade} onChange={(event) => setGrade(event.currentTarget.value)}>
          {["count", "intercept"].map((one) => (
            <option key={one} value={one}>
              {sayOf("doubt_grade", one)}
            </option>
          ))}
        </select>
      </label>
    </Reasoned>
  );
}

/** What is ended is named, so that what the watch opens meanwhile is not ended unseen. */
export function RestoreSheet({ one, site, done, close }: Asking & { one: Downgrade }) {
  return (
    <Reasoned
      title={say("restore.title")}
      site={site}
      to="restores"
      body={{ downgrades: [one.id] }}
      done={done}
      close={close}
    >
      <p>
        {one.lane === null ? say("sites.every_lane") : say("facts.lane", { lane: one.lane })} · {causeOf(one)}
      </p>
      <p class="dim">{say("restore.anew")}</p>
    </Reasoned>
  );
}

interface Writing extends Asking {
  title: string;
  to: "downgrades" | "restores";
  body: Record<string, unknown>;
  children: ComponentChildren;
}

function Reasoned({ title, site, to, body, done, close, children }: Writing) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  // Of one sheet and one body: who presses twice, or again after a broken line, has done it once.
  const key = useRef({ of: "", key: "" });

  async function send(): Promise<void> {
    const whole = { ...body, reason: reason.trim() };
    const of = JSON.stringify(whole);
    if (key.current.of !== of) key.current = { of, key: crypto.randomUUID() };
    setProblem(null);
    try {
      const headers = { "Idempotency-Key": key.current.key };
      await ask(`/v1/sites/${encodeURIComponent(site.id)}/${to}`, { method: "POST", body: whole, headers });
      done();
      close();
    } catch (error) {
      setProblem(error instanceof Refused ? explained(error) : say("problem.unreachable"));
    }
  }

  return (
    <Sheet title={title} close={close}>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {children}
        <label class="field">
          <span>{say("desk.why")}</span>
          <input
            type="text"
            maxlength={MOST_WORDS}
            autocomplete="off"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary big" disabled={reason.trim().length < LEAST_WORDS}>
          {title}
        </button>
      </form>
    </Sheet>
  );
}

/** Each wrong field with what is wrong about it. */
function explained({ problem }: Refused): string {
  if (problem.code === "downgrade_ended") return say("restore.ended");
  const errors = (problem.errors ?? []) as { field: string; problem: string; remedy: string }[];
  return errors.map((one) => `${one.field}: ${one.problem}; ${one.remedy}`).join(" ") || problem.detail;
}
