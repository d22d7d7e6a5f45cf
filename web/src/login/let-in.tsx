/** The duty desk lets a wall screen in: by the code that it shows, after a look at what it is. */

import { useState } from "preact/hooks";
import { ask } from "../shell/api";
import { useNow } from "../shell/clock";
import { ago, clock } from "../shell/format";
import { Icon } from "../shell/icons";
import { say } from "../shell/words";
import { explained } from "./explained";

/** `GET /v1/pairings/{code}` */
interface Screen {
  code: string;
  address: string;
  asked_at: string;
  corridors: string[] | null;
}

/** As the server makes them: no letter that looks like another. */
const CODE = /^[A-HJ-NP-Z2-9]{6}$/;

export function LetIn() {
  const [code, setCode] = useState("");
  const [screen, setScreen] = useState<Screen | null>(null);
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function asked(method: "GET" | "POST"): Promise<void> {
    setProblem(null);
    try {
      setScreen(await ask<Screen>(`/v1/pairings/${code}`, { method }));
      setDone(method === "POST");
      if (method === "POST") setCode("");
    } catch (error) {
      setScreen(null);
      setProblem(explained(error));
    }
  }

  return (
    <section class="let-in" aria-label={say("walls.title")}>
      <h2>{say("walls.title")}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void asked("GET");
        }}
      >
        <label for="code">{say("walls.code")}</label>
        <input
          id="code"
          class="figures"
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxlength={6}
          value={code}
          onInput={(event) => {
            setCode(event.currentTarget.value.trim().toUpperCase());
            setScreen(null);
            setDone(false);
          }}
        />
        <button type="submit" disabled={!CODE.test(code)}>
          {say("walls.look")}
        </button>
      </form>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      {screen && !done && <Found screen={screen} confirm={() => void asked("POST")} />}
      {screen && done && (
        <p class="within" role="status">
          <Icon name="check" /> {say("walls.done", { code: screen.code })}
        </p>
      )}
    </section>
  );
}

function Found({ screen, confirm }: { screen: Screen; confirm: () => void }) {
  const now = useNow();
  return (
    <>
      <dl>
        <dt>{say("walls.where")}</dt>
        <dd>{screen.address}</dd>
        <dt>{say("walls.since")}</dt>
        <dd>
          {clock(screen.asked_at)} · {ago(screen.asked_at, now)}
        </dd>
        <dt>{say("walls.shows")}</dt>
        <dd>{screen.corridors?.join("、") ?? say("login.all_corridors")}</dd>
      </dl>
      <button type="button" class="primary" onClick={confirm}>
        <Icon name="wall" /> {say("walls.confirm")}
      </button>
    </>
  );
}
