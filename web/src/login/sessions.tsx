/** Who is signed in with which browser, as far as this desk may know, and how to shut one out: a lost phone at night. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "../shell/api";
import { useNow } from "../shell/clock";
import { ago } from "../shell/format";
import { Icon } from "../shell/icons";
import { everyOf } from "../shell/registry";
import { say, sayOf } from "../shell/words";
import { explained } from "./explained";

/** `GET /v1/sessions` */
interface SessionOf {
  id: string;
  kind: string;
  name: string;
  role: string;
  squad: string | null;
  address: string;
  used_at: string;
  mine: boolean;
}

/** A screen that was just let in should come up by itself. */
const AGAIN_MS = 10_000;

export function Sessions() {
  const [all, setAll] = useState<SessionOf[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const look = () => everyOf<SessionOf>("/v1/sessions").then(setAll, (error) => setProblem(explained(error)));
  useEffect(() => {
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);

  async function end(id: string): Promise<void> {
    setProblem(null);
    await ask(`/v1/sessions/${id}`, { method: "DELETE" }).catch((error) => setProblem(explained(error)));
    await look();
  }

  return (
    <section class="sessions" aria-label={say("sessions.title")}>
      <h2>{say("sessions.title")}</h2>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <ul>
        {all?.map((one) => (
          <Row key={one.id} one={one} end={() => void end(one.id)} />
        ))}
      </ul>
    </section>
  );
}

/** Asked twice: nobody shuts a squad out in the middle of a stop by a slip of the thumb. */
function Row({ one, end }: { one: SessionOf; end: () => void }) {
  const now = useNow(10_000);
  const [sure, setSure] = useState(false);
  return (
    <li>
      <Icon name={one.kind === "wall" ? "wall" : "person"} />
      <p>
        <b>{one.squad ?? one.name}</b> {one.mine && <span class="dim">{say("sessions.mine")}</span>}
        <br />
        <span class="dim">
          {sayOf("session", one.kind)} · {sayOf("role", one.role)} · {one.address} · {ago(one.used_at, now)}
        </span>
      </p>
      {!one.mine && (
        <button type="button" class={sure ? "danger" : ""} onClick={() => (sure ? end() : setSure(true))}>
          {say(sure ? "sessions.sure" : "sessions.end")}
        </button>
      )}
    </li>
  );
}
