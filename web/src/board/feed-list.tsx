import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Badges } from "../shell/badges";
import { useNow } from "../shell/clock";
import { ago, clock, excess, km, percent, span, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import { ACTIVE, type Intercept, placesOf, type Squad } from "../shell/messages";
import { Plate } from "../shell/plate";
import { say, sayOf, sayState } from "../shell/words";
import { openedAt } from "./day";
import { isMatter, type Late } from "./matters";
import { newest } from "./place";
import { pressing } from "./sound";

/** When a countdown turns red. */
const SOON_MS = 20_000;
/** What is over stays at the end of the list so far as fits. */
const MOST = 60;

/** Newest on top; what is over stands below what is not, unless the desk has something to settle. */
export function listed(all: readonly Intercept[], late: Late): Intercept[] {
  const open = (one: Intercept) => Number(ACTIVE.has(one.state) || isMatter(one, late));
  return [...all]
    .filter((one) => one.state !== "merged")
    .sort((one, other) => open(other) - open(one) || openedAt(other) - openedAt(one))
    .slice(0, MOST);
}

interface Listed {
  rows: Intercept[];
  late: Late;
  squads: Squad[];
  whole: boolean;
  choose: (id: string) => void;
  chosen: string | null;
  /** On a wall nobody can roll the list: what does not stand there whole is counted. */
  kiosk: boolean;
}

export function Alerts({ rows, late, squads, whole, choose, chosen, kiosk }: Listed) {
  const list = useRef<HTMLOListElement>(null);
  const fitting = useFitting(list, rows.length);
  const shown = kiosk ? fitting : rows.length;
  return (
    <section class="alerts" aria-label={say("board.alerts")}>
      {rows.length === 0 && <Empty whole={whole} />}
      <ol ref={list}>
        {rows.map((told, place) => (
          <li key={told.id} class={place < shown ? "" : "beyond"}>
            <Alert told={told} late={late} squads={squads} open={() => choose(told.id)} chosen={told.id === chosen} />
          </li>
        ))}
      </ol>
      {shown < rows.length && <p class="more-alerts">{say("board.more", { n: rows.length - shown })}</p>}
    </section>
  );
}

/** How many rows stand whole within the list's own height. */
function useFitting(list: RefObject<HTMLElement | null>, rows: number): number {
  const [fitting, setFitting] = useState(rows);
  useEffect(() => {
    const box = list.current;
    if (!box) return;
    const measure = () => {
      const end = box.getBoundingClientRect().bottom + 1;
      setFitting([...box.children].filter((one) => one.getBoundingClientRect().bottom <= end).length);
    };
    const watcher = new ResizeObserver(measure);
    for (const one of [box, ...box.children]) watcher.observe(one);
    measure();
    return () => watcher.disconnect();
  }, [list, rows]);
  return fitting;
}

function Empty({ whole }: { whole: boolean }) {
  return (
    <p class="nothing">
      <Icon name={whole ? "check" : "waiting"} size={32} />
      <b>{say(whole ? "board.none" : "empty.unknown")}</b>
      <span class="dim">{say(whole ? "board.none_more" : "empty.unknown_more")}</span>
    </p>
  );
}

interface AlertOf {
  told: Intercept;
  late: Late;
  squads: Squad[];
  open: () => void;
  chosen: boolean;
}

function Alert({ told, late, squads, open, chosen }: AlertOf) {
  const { best } = told;
  const seen = newest(told);
  const matter = isMatter(told, late);
  const kind = best.hundred_tonne ? "hundred" : pressing(told) ? "repeat" : "plain";
  return (
    <button
      type="button"
      class={`alert alert-${kind} ${matter ? "matter" : ACTIVE.has(told.state) ? "" : "over-now"}`}
      data-intercept={told.id}
      aria-pressed={chosen}
      onClick={open}
    >
      <span class="line">
        <Plate plate={told.plate} colour={told.plate_colour} certain={told.plate_certain} />
        <span class="figures gross">{tonnes(best.passage.gross_kg)} t</span>
        <span class="figures excess">
          {excess(best.excess_kg)} t <small>{percent(best.rate_percent)}</small>
        </span>
      </span>
      <Badges of={told} />
      <LateSides agencies={late.get(told.id)} />
      <span class="line small">
        <Standing told={told} squads={squads} />
        <TimeTo told={told} />
      </span>
      <span class="line small dim">
        <span>
          {seen?.corridor ?? best.corridor} {km(seen?.chainage_km ?? best.chainage_km)}
          {told.stop_point && ` → ${told.stop_point}`}
        </span>
        <Since told={told} />
      </span>
    </button>
  );
}

/** Who owes something of a joint action since its deadline. */
export function LateSides({ agencies = [] }: { agencies: readonly string[] | undefined }) {
  if (!agencies.length) return null;
  return (
    <ul class="badges">
      {agencies.map((agency) => (
        <li key={agency} class="badge doubt late">
          <Icon name="alert" /> {say("board.late", { agency: sayOf("agency", agency) })}
        </li>
      ))}
    </ul>
  );
}

/** The state, and who has it or is asked. */
export function Standing({ told, squads }: { told: Intercept; squads: Squad[] }) {
  const squad = squads.find((one) => one.id === told.squad)?.name ?? told.squad;
  return (
    <span class={`state state-${told.state}`}>
      {sayState(told.state)}
      {squad && ` · ${squad}`}
      {told.desk && ACTIVE.has(told.state) && (
        <span class="desk">
          <Icon name="alert" size={16} /> {say("board.desk")}
        </span>
      )}
    </span>
  );
}

/** What runs out: the answer that is asked for, else the truck's way to the stop point. */
function TimeTo({ told }: { told: Intercept }) {
  const now = useNow();
  const [until, word] =
    told.state === "offered" && told.answer_by
      ? [told.answer_by, say("board.answer")]
      : ["open", "offered", "claimed", "en_route"].includes(told.state) && told.truck_eta
        ? [told.truck_eta, say("left.truck")]
        : [null, ""];
  if (until === null) return null;
  const left = Date.parse(until) - now;
  return (
    <span class={`to ${left < SOON_MS ? "soon" : ""}`}>
      {word} <time class="figures">{left < 0 ? say("left.past") : span(left)}</time>
    </span>
  );
}

function Since({ told }: { told: Intercept }) {
  const now = useNow();
  return (
    <span class="since">
      {clock(openedAt(told), ...placesOf(told))} · {ago(openedAt(told), now)}
    </span>
  );
}
