import "./login.css";
import { useEffect, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { useCell } from "../shell/cell";
import { Icon } from "../shell/icons";
import { homeOf, type Session, session, signIn, signOut, ways } from "../shell/session";
import { LanguageSwitch } from "../shell/top";
import { language, say, sayOf, type Word } from "../shell/words";
import { zones } from "../shell/zones";
import { explained } from "./explained";
import { LetIn } from "./let-in";
import { Sessions } from "./sessions";

/** How often a wall screen asks whether its code was confirmed. */
const ASK_MS = 3_000;

const MAY: Record<string, Word> = {
  squad: "may.squad",
  police: "may.police",
  duty: "may.duty",
  analyst: "may.analyst",
  technician: "may.technician",
  admin: "may.admin",
};

/** Where somebody wanted to go who is away at the provider to sign in. */
const WANTED = "wim.to";

export default function LoginPage() {
  useCell(language);
  useCell(zones);
  const who = useCell(session);
  useEffect(() => {
    if (!who || sessionStorage.getItem(WANTED) === null) return;
    const to = sessionStorage.getItem(WANTED);
    sessionStorage.removeItem(WANTED);
    goOn(who, to);
  }, [who]);
  return (
    <main class="login">
      <header>
        <img src="/icons/icon.svg" alt="" width="64" height="64" />
        <LanguageSwitch />
      </header>
      <h1>{say("login.title")}</h1>
      {who ? <Rights who={who} /> : <SignIn />}
    </main>
  );
}

function wanted(): string | null {
  return new URLSearchParams(location.search).get("to");
}

/** Where to go on: only to a page of ours. */
function goOn(who: Session, to: string | null = wanted()): void {
  location.assign(to && /^\/[a-z]/.test(to) ? to : homeOf(who));
}

function SignIn() {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [wall, setWall] = useState(false);
  const provider = useCell(ways).includes("oidc");

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const who = await signIn(token.trim());
      if (who) goOn(who);
    } catch (error) {
      setProblem(told(error));
      setBusy(false);
    }
  }

  if (wall) return <Wall back={() => setWall(false)} />;
  return (
    <form onSubmit={submit}>
      {provider && (
        <>
          <a
            class="button primary"
            href="/v1/session/oidc"
            onClick={() => sessionStorage.setItem(WANTED, wanted() ?? "")}
          >
            <Icon name="person" /> {say("login.provider")}
          </a>
          <p class="or dim">{say("login.or")}</p>
        </>
      )}
      <label for="token">{say("login.token")}</label>
      <input
        id="token"
        type="password"
        autocomplete="current-password"
        autocapitalize="off"
        spellcheck={false}
        required
        value={token}
        aria-describedby="token-hint"
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <p id="token-hint" class="dim">
        {say("login.hint")}
      </p>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <button type="submit" class={provider ? "" : "primary"} disabled={busy || !token.trim()}>
        {busy ? say("login.busy") : say("login.enter")}
      </button>
      <button type="button" class="quiet" onClick={() => setWall(true)}>
        {say("login.wall")}
      </button>
    </form>
  );
}

/** A wall screen has no keyboard: it shows a code, and the duty desk lets it in. */
function Wall({ back }: { back: () => void }) {
  const [code, setCode] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let asking: ReturnType<typeof setInterval>;
    ask<{ code: string }>("/v1/pairings", { method: "POST" })
      .then((found) => {
        setCode(found.code);
        asking = setInterval(() => void collect(found.code), ASK_MS);
      })
      .catch((error) => setProblem(told(error)));
    async function collect(pairing: string): Promise<void> {
      try {
        await ask("/v1/session", { method: "POST", body: { pairing } });
        location.assign("/board?kiosk=1");
      } catch (error) {
        if (error instanceof Refused && error.problem.code !== "pairing_waits") setProblem(told(error));
      }
    }
    return () => clearInterval(asking);
  }, []);
  return (
    <section>
      <p>{say("login.wall_how")}</p>
      <output class="code figures">{code ?? "······"}</output>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      <button type="button" onClick={back}>
        {say("login.wall_back")}
      </button>
    </section>
  );
}

function Rights({ who }: { who: Session }) {
  const may = MAY[who.role];
  return (
    <section>
      <dl>
        <dt>{say("login.who")}</dt>
        <dd>{who.name}</dd>
        <dt>{say("login.role")}</dt>
        <dd>
          {sayOf("role", who.role)}
          {who.agency ? ` · ${sayOf("agency", who.agency)}` : ""}
          {who.squad ? ` · ${who.squad}` : ""}
        </dd>
        <dt>{say("login.corridors")}</dt>
        <dd>{who.corridors?.join("、") ?? say("login.all_corridors")}</dd>
        <dt>{say("login.plates")}</dt>
        <dd>{say(who.plates ? "login.plates_shown" : "login.plates_hidden")}</dd>
        {may && (
          <>
            <dt>{say("login.may")}</dt>
            <dd>{say(may)}</dd>
          </>
        )}
      </dl>
      <button type="button" class="primary" onClick={() => goOn(who)}>
        {say("login.go")}
      </button>
      <button type="button" onClick={() => void signOut().catch(() => undefined)}>
        <Icon name="out" /> {say("login.out")}
      </button>
      {who.role === "duty" && !who.read_only && <LetIn />}
      {(who.role === "duty" || who.role === "admin") && !who.read_only && <Sessions />}
    </section>
  );
}

function told(error: unknown): string {
  if (error instanceof Refused && error.problem.status === 401) return say("login.wrong");
  return explained(error);
}
