/** On duty or not, and where: so that trucks are offered to who can reach them. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Refused, Unreachable } from "../shell/api";
import { useCell } from "../shell/cell";
import { now_ms, useNow } from "../shell/clock";
import { ago, clock, km } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Squad } from "../shell/messages";
import { type Session, signOut } from "../shell/session";
import { LanguageSwitch } from "../shell/top";
import { say } from "../shell/words";
import { lookAtTelling, telling, tellMe, tellNoMore } from "./push";
import { Sheet } from "./sheet";

/** A place this often is enough: a squad drives less than two kilometres meanwhile. */
const PLACE_MS = 60_000;
/** Older than this a place of the phone is no place. */
const STALE_MS = 60_000;
const FOLLOWS = "wim.follow_place";

export interface Shift {
  squad: Squad | null;
  problem: string | null;
  following: boolean;
  sign: (signed_in: boolean) => Promise<void>;
  followPlace: (on: boolean) => void;
}

export function useShift(who: Session): Shift {
  const [squad, setSquad] = useState<Squad | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [following, setFollowing] = useState(localStorage.getItem(FOLLOWS) === "yes");

  async function tell(status: Record<string, unknown>): Promise<void> {
    if (!who.squad) return;
    try {
      setSquad(await ask<Squad>(`/v1/squads/${who.squad}/status`, { method: "POST", body: status }));
      setProblem(null);
    } catch (error) {
      setProblem(told(error));
    }
  }

  useEffect(() => {
    ask<{ items: Squad[] } | Squad[]>("/v1/squads")
      .then((found) => (Array.isArray(found) ? found : found.items))
      .then((all) => setSquad(all.find((one) => one.id === who.squad) ?? null))
      .catch(() => undefined);
  }, [who.squad]);
  usePlace(following, (status) => void tell(status), setProblem);

  return {
    squad,
    problem,
    following,
    sign: (signed_in) => tell({ signed_in }),
    followPlace(on) {
      localStorage.setItem(FOLLOWS, on ? "yes" : "no");
      setFollowing(on);
    },
  };
}

function usePlace(
  on: boolean,
  tell: (status: Record<string, unknown>) => void,
  failed: (problem: string) => void,
): void {
  const last = useRef(0);
  useEffect(() => {
    if (!on || !navigator.geolocation) return;
    const watching = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        if (Date.now() - last.current < PLACE_MS) return;
        last.current = Date.now();
        const at = new Date(timestamp + now_ms() - Date.now()).toISOString();
        tell({ longitude: round(coords.longitude), latitude: round(coords.latitude), at });
      },
      () => failed(say("shift.no_place")),
      { enableHighAccuracy: true, maximumAge: STALE_MS },
    );
    return () => navigator.geolocation.clearWatch(watching);
  }, [on]);
}

/** A metre is enough. */
function round(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}

export function ShiftSheet({ who, shift, close }: { who: Session; shift: Shift; close: () => void }) {
  const now = useNow();
  const { squad } = shift;
  return (
    <Sheet title={squad?.name ?? who.squad ?? who.name} close={close}>
      <dl class="shift">
        <dt>{say("shift.duty")}</dt>
        <dd>
          {squad ? say(squad.on_duty ? "shift.on" : "shift.off") : say("shift.unknown")}
          {squad?.until && ` · ${say("shift.until", { time: clock(squad.until) })}`}
        </dd>
        <dt>{say("shift.place")}</dt>
        <dd>
          {squad?.position
            ? `${squad.position.corridor} ${km(squad.position.chainage_km)} · ${ago(squad.position.time, now)}`
            : say("shift.no_position")}
        </dd>
      </dl>
      {shift.problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {shift.problem}
        </p>
      )}
      <div class="choices">
        <button type="button" class={squad?.on_duty ? "" : "primary"} onClick={() => void shift.sign(!squad?.on_duty)}>
          <Icon name="person" /> {say(squad?.on_duty ? "shift.sign_out" : "shift.sign_in")}
        </button>
        <button type="button" aria-pressed={shift.following} onClick={() => shift.followPlace(!shift.following)}>
          <Icon name="place" /> {say(shift.following ? "shift.stop_place" : "shift.send_place")}
        </button>
        <Telling />
        <LanguageSwitch />
        <button type="button" class="quiet" onClick={() => void leave()}>
          <Icon name="out" /> {say("login.out")}
        </button>
      </div>
    </Sheet>
  );
}

/** Told by the phone itself while the page is closed; where that cannot be, the sheet says why. */
function Telling() {
  const state = useCell(telling);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    lookAtTelling().catch(() => undefined);
  }, []);

  function turn(): void {
    setProblem(null);
    (state === "on" ? tellNoMore() : tellMe()).catch((error) => setProblem(told(error)));
  }

  if (state === "unknown") return null;
  if (state === "unable" || state === "denied") return <p class="dim">{say(`push.${state}`)}</p>;
  return (
    <>
      <button type="button" aria-pressed={state === "on"} onClick={turn}>
        <Icon name="alert" /> {say(state === "on" ? "push.stop" : "push.start")}
      </button>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
    </>
  );
}

async function leave(): Promise<void> {
  await tellNoMore().catch(() => undefined);
  await signOut().catch(() => undefined);
  location.assign("/login");
}

function told(error: unknown): string {
  if (error instanceof Unreachable) return say("problem.unreachable");
  return error instanceof Refused ? error.problem.detail : String(error);
}
