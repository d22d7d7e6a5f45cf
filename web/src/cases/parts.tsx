import { useNow } from "../shell/clock";
import { clock, dated, km, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Seen } from "../shell/messages";
import { say, sayOf, sayState } from "../shell/words";
import type { Happened, Past, Permit } from "./story";

/** By whose clock times are told: corridor, site. */
export type Places = (string | null | undefined)[];

export function Sightings({ all }: { all: Seen[] }) {
  return (
    <section>
      <h2>{say("case.sightings")}</h2>
      <ol class="table">
        {all.map((one) => (
          <li key={one.passage}>
            <time class="figures">{clock(one.time, one.corridor, one.site)}</time>
            <span>
              {one.site} {say("facts.lane", { lane: `${one.lane} ${one.direction === 0 ? "↑" : "↓"}` })}
            </span>
            <span class="dim">
              {one.corridor} {km(one.chainage_km)}
            </span>
            <span class={one.violation ? "over" : "dim"}>{say(one.violation ? "case.violation" : "case.seen")}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What the vehicle did before; null is not "nothing". */
export function Before({ past, places }: { past: Past | null; places: Places }) {
  const now = useNow(60_000);
  return (
    <section>
      <h2>{say("case.history")}</h2>
      {past === null && <p class="dim">{say("case.no_history")}</p>}
      {past && (
        <p>
          {say("history.some", { confirmed: past.confirmed_365d, suspected: past.suspected_365d })}
          {past.repeat && <b> · {sayOf("reason", "repeat_confirmed")}</b>}
          {!past.certain && <span class="dim"> · {say("doubt.plate")}</span>}
        </p>
      )}
      <ul class="table">
        {past?.trips.map((one) => (
          <li key={one.case}>
            <time class="figures">{dated(one.time, now, ...places)}</time>
            <a href={`/cases/${one.case}`}>{say("case.number", { id: one.case })}</a>
            <span class="dim">
              {one.excluded ? say("case.excluded") : say(one.confirmed ? "case.confirmed" : "case.suspected")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Permits({ all, places }: { all: Permit[]; places: Places }) {
  const now = useNow(60_000);
  if (!all.length) return null;
  return (
    <section>
      <h2>{say("case.permits")}</h2>
      <ul class="table">
        {all.map((one) => (
          <li key={one.number}>
            <b>{one.number}</b>
            <span>{tonnes(one.gross_kg)} t</span>
            <span class="dim">{one.corridors.join(", ")}</span>
            <span class="dim">
              {dated(one.from, now, ...places)} – {dated(one.until, now, ...places)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Who did what, each entry of the ledger with its number and hash: nobody can change one quietly. */
export function Timeline({ all, places }: { all: Happened[]; places: Places }) {
  return (
    <section>
      <h2>{say("case.timeline")}</h2>
      <ol class="timeline">
        {all.map((one, place) => (
          <li key={`${one.kind}${one.number ?? place}`} class={one.kind}>
            <time class="figures">{clock(one.time, ...places)}</time>
            <p>
              <b>{deedOf(one)}</b>
              {one.to_state && !isJoint(one) && (
                <span class="dim">
                  {" "}
                  {one.from_state && `${sayState(one.from_state)} → `}
                  {sayState(one.to_state)}
                </span>
              )}
              <br />
              <span class="dim">{whoOf(one)}</span>
              {one.note && <q>{one.note}</q>}
              {one.kind === "ledger" && <span class="given">{givenOf(one).join(" · ")}</span>}
            </p>
            {one.hash && (
              <code class="dim" title={one.hash}>
                #{one.number} {one.hash.slice(0, 12)}…<span class="whole">{one.hash}</span>
              </code>
            )}
          </li>
        ))}
      </ol>
      <p class="dim print-note">
        <Icon name="book" size={16} /> {say("case.ledger_note")}
      </p>
    </section>
  );
}

function isJoint(one: Happened): boolean {
  return one.action.startsWith("joint.");
}

/** A joint action has a life of its own, whose states are not the truck's. */
function deedOf(one: Happened): string {
  if (!isJoint(one)) return sayOf("action", one.action);
  return `${say("joint.title")} · ${sayOf("move", one.action.slice("joint.".length))}`;
}

/** What was weighed, and the numbers of the papers: what a court asks for. */
function givenOf(one: Happened): string[] {
  const { static_gross_kg, scale_certificate, unloaded_kg, document_number, permit_number } = one.facts;
  const told: [string, string | null][] = [
    [say("standing.static"), typeof static_gross_kg === "number" ? `${tonnes(static_gross_kg)} t` : null],
    [say("weigh.certificate"), typeof scale_certificate === "string" ? scale_certificate : null],
    [say("case.unloaded"), typeof unloaded_kg === "number" ? `${tonnes(unloaded_kg)} t` : null],
    [say("case.document"), typeof document_number === "string" ? document_number : null],
    [say("case.permit"), typeof permit_number === "string" ? permit_number : null],
  ];
  return told.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
}

function whoOf(one: Happened): string {
  if (one.kind === "decision") return say("case.program");
  const agency = one.agency ? sayOf("agency", one.agency) : null;
  const behalf = one.on_behalf_of ? say("case.behalf", { squad: one.on_behalf_of }) : null;
  return [one.actor, agency, behalf].filter(Boolean).join(" · ");
}
