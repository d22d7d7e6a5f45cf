import { Badges } from "../shell/badges";
import { useNow } from "../shell/clock";
import {
  ago,
  clock,
  counted,
  dated,
  excess,
  km,
  metres,
  NOTHING,
  percent,
  probability,
  span,
  tonnes,
} from "../shell/format";
import { Icon } from "../shell/icons";
import { type Intercept, placesOf } from "../shell/messages";
import { Picture } from "../shell/picture";
import { Plate } from "../shell/plate";
import { say, sayOf, sayState } from "../shell/words";
import { Axles } from "./axles";
import type { Card } from "./cards";

/** All that an officer must know, in the order in which it is needed: who, how heavy, where, how long. */
export function FullCard({ card, squad }: { card: Card; squad: string | null }) {
  const { told } = card;
  const { best } = told;
  return (
    <article
      class={`card rank-${best.hundred_tonne ? "red" : "plain"}`}
      data-intercept={told.id}
      aria-label={told.plate || say("plate.none")}
    >
      <div class="head">
        <Badges of={told} />
        <TimeLeft card={card} />
      </div>
      <div class="who">
        <Plate plate={told.plate} colour={told.plate_colour} certain={told.plate_certain} />
        <Picture of={best} />
      </div>
      <Weights of={told} />
      <Standing card={card} squad={squad} />
      <Axles of={best} />
      {BEFORE_STOP.has(card.state) && <Meeting of={told} />}
      <Before of={told} />
      <Facts of={told} />
    </article>
  );
}

/** Until the truck stands, what matters is where to meet it. */
const BEFORE_STOP: ReadonlySet<string> = new Set(["unverified", "open", "offered", "claimed", "en_route"]);

/** One line of a card that is not the one at hand. */
export function RowCard({ card, squad, open }: { card: Card; squad: string | null; open: () => void }) {
  const { told } = card;
  return (
    <button
      type="button"
      class={`row rank-${told.best.hundred_tonne ? "red" : "plain"}`}
      data-intercept={told.id}
      onClick={open}
    >
      <span class="first">
        <Plate plate={told.plate} colour={told.plate_colour} certain={told.plate_certain} />
        <span class="figures gross">{tonnes(told.best.passage.gross_kg)} t</span>
        <span class="figures over">{percent(told.best.rate_percent)}</span>
      </span>
      <Badges of={told} />
      <span class="last">
        <StateWord card={card} squad={squad} />
        <TimeLeft card={card} />
      </span>
    </button>
  );
}

function Weights({ of }: { of: Intercept }) {
  const { best } = of;
  return (
    <dl class="weights figures">
      <div class="gross">
        <dt>{say("card.gross")}</dt>
        <dd>
          {tonnes(best.passage.gross_kg)} <small>t</small>
        </dd>
      </div>
      <div>
        <dt>{say("card.limit")}</dt>
        <dd>
          {tonnes(best.limit_high_kg)} <small>t</small>
        </dd>
      </div>
      <div class="over">
        <dt>{say("card.excess")}</dt>
        <dd>
          {excess(best.excess_kg)} <small>t</small>
        </dd>
      </div>
      <div class="over">
        <dt>{say("card.rate")}</dt>
        <dd>{percent(best.rate_percent)}</dd>
      </div>
      <div>
        <dt>{say("card.p_over")}</dt>
        <dd>{probability(best.p_over)}</dd>
      </div>
    </dl>
  );
}

/** From when a clock is red. */
const SOON_MS = 60_000;
const SOON_ANSWER_MS = 20_000;

/** Until the offer goes on, else until the truck is there, else until nobody can reach it. */
export function TimeLeft({ card }: { card: Card }) {
  const now = useNow();
  const { told } = card;
  const [until, word] =
    card.state === "offered" && card.mine && told.answer_by
      ? [told.answer_by, say("left.answer")]
      : told.truck_eta && ["open", "offered", "claimed", "en_route"].includes(card.state)
        ? [told.truck_eta, say("left.truck")]
        : told.expires_at && ["open", "offered"].includes(card.state)
          ? [told.expires_at, say("left.reach")]
          : [null, ""];
  if (until === null) return null;
  const left = Date.parse(until) - now;
  return (
    <span class={`left ${left < (until === told.answer_by ? SOON_ANSWER_MS : SOON_MS) ? "soon" : ""}`}>
      <span class="word">{word}</span>
      <time class="figures" dateTime={until}>
        {left < 0 ? say("left.past") : span(left)}
      </time>
    </span>
  );
}

/** Where the truck can be stopped, when it is there, and when we are. */
function Meeting({ of }: { of: Intercept }) {
  const lead = of.truck_eta && of.squad_eta ? Date.parse(of.truck_eta) - Date.parse(of.squad_eta) : null;
  return (
    <section class="meeting">
      <h3>
        <Icon name="place" />
        {of.stop_point ?? say("meeting.none")}
        {of.p_catch != null && <span class="dim">{say("meeting.p_catch", { p: probability(of.p_catch) })}</span>}
      </h3>
      <p>
        <span>
          {say("meeting.truck")} <b class="figures">{clock(of.truck_eta, ...placesOf(of))}</b>
        </span>
        <span>
          {say("meeting.squad")} <b class="figures">{clock(of.squad_eta, ...placesOf(of))}</b>
        </span>
        {lead !== null && (
          <span class={lead >= 0 ? "within" : "over"}>
            {say(lead >= 0 ? "meeting.before" : "meeting.late", { span: span(Math.abs(lead)) })}
          </span>
        )}
      </p>
    </section>
  );
}

function Before({ of }: { of: Intercept }) {
  const { confirmed_365d, suspected_365d, decided_1y, last } = of.history;
  const now = useNow(60_000);
  const known = confirmed_365d + suspected_365d + decided_1y > 0;
  return (
    <p class="before">
      <Icon name="again" size={18} />
      {known
        ? say("history.some", { confirmed: confirmed_365d, suspected: suspected_365d })
        : say(of.plate_certain ? "history.none" : "history.unknown")}
      {last && <span class="dim">{say("history.last", { ago: ago(last, now) })}</span>}
    </p>
  );
}

function Facts({ of }: { of: Intercept }) {
  const now = useNow();
  const { best } = of;
  const seen = of.sightings.at(-1);
  const direction = best.passage.direction === 0 ? "↑" : "↓";
  return (
    <ul class="facts dim">
      <li>
        {say("facts.crossed", { ago: ago(of.time, now) })} · {dated(of.time, now, ...placesOf(of))}
      </li>
      <li>
        {seen?.corridor ?? best.corridor ?? NOTHING} {km(seen?.chainage_km ?? best.chainage_km)} ·{" "}
        {say("facts.lane", { lane: `${best.passage.lane} ${direction}` })}
      </li>
      <li>
        {counted("axles", best.passage.axle_count)} · {best.pattern} · {metres(best.passage.length_mm)}
      </li>
      <li>
        {sayOf("colour", String(of.plate_colour))}
        {best.passage.speed_kmh !== null && ` · ${Math.round(best.passage.speed_kmh)} km/h`}
      </li>
    </ul>
  );
}

/** Who has it and what is known since; what this phone has not been able to say yet. */
function Standing({ card, squad }: { card: Card; squad: string | null }) {
  const { told } = card;
  const over = told.static_gross_kg == null ? null : told.static_gross_kg - told.best.limit_high_kg;
  return (
    <p class="standing">
      <StateWord card={card} squad={squad} />
      {told.static_gross_kg != null && (
        <span>
          {say("standing.static")} <b class="figures">{tonnes(told.static_gross_kg)} t</b>{" "}
          <b class={`figures ${over !== null && over > 0 ? "over" : "within"}`}>{excess(over)} t</b>
        </span>
      )}
      {told.support && <span class="dim">{say("standing.support", { unit: told.support })}</span>}
      {told.permit_number && (
        <span>
          {say("case.permit")} <b>{told.permit_number}</b>
        </span>
      )}
      {told.note && <span class="dim">{told.note}</span>}
    </p>
  );
}

export function StateWord({ card, squad }: { card: Card; squad: string | null }) {
  const now = useNow();
  const other = card.squad !== null && card.squad !== squad ? card.squad : null;
  const since = card.told.claimed_at ? ` · ${ago(card.told.claimed_at, now)}` : "";
  return (
    <span class={`state state-${card.state} ${card.mine ? "mine" : ""}`}>
      {other ? sayState(card.state) : sayOf("state", card.state)}
      {other && ` · ${other}${since}`}
      {card.waiting.length > 0 && (
        <span class="unsent">
          <Icon name="waiting" size={15} /> {say("queue.unsent")}
        </span>
      )}
    </span>
  );
}
