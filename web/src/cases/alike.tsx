/** Crossings without a plate that probably are of one vehicle; the desk says where they are not. */

import { useState } from "preact/hooks";
import { NoteSheet } from "../board/desk-sheets";
import { ask, Refused } from "../shell/api";
import { useCell } from "../shell/cell";
import { clock, probability } from "../shell/format";
import { Icon } from "../shell/icons";
import { session } from "../shell/session";
import { say, sayOf } from "../shell/words";
import type { Alike } from "./story";

const NOT_THE_SAME = "not_the_same";

interface AlikeOf {
  all: Alike[];
  /** The case that is shown. */
  here: string;
  again: () => void;
}

export function Alikes({ all, here, again }: AlikeOf) {
  const who = useCell(session);
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (!all.length) return null;
  const may = who?.role === "duty" && !who.read_only;

  async function send(passage: string, reason: string): Promise<void> {
    setAsking(null);
    setProblem(null);
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    await ask(`/v1/violations/${passage}/not-the-same`, { method: "POST", body: { reason }, headers }).catch((error) =>
      setProblem(error instanceof Refused ? error.problem.detail : say("problem.unreachable")),
    );
    again();
  }

  return (
    <section class="alike">
      <h2>{say("case.alike")}</h2>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <ul class="table">
        {all.map((one) => (
          <li key={one.passage} data-passage={one.passage}>
            <time class="figures">{clock(one.time, one.site)}</time>
            <span>
              {one.site} <span class="dim">{probability(one.score)}</span>
            </span>
            <a href={`/cases/${one.case === here ? one.earlier_case : one.case}`}>
              {say("case.number", { id: (one.case === here ? one.earlier_case : one.case) ?? "" })}
            </a>
            {one.told_apart_at && <span class="dim">{sayOf("action", NOT_THE_SAME)}</span>}
            {may && !one.told_apart_at && (
              <button type="button" onClick={() => setAsking(one.passage)}>
                {sayOf("action", NOT_THE_SAME)}
              </button>
            )}
          </li>
        ))}
      </ul>
      {asking && (
        <NoteSheet
          action={NOT_THE_SAME}
          done={(fields) => void send(asking, String(fields.note))}
          close={() => setAsking(null)}
        />
      )}
    </section>
  );
}
