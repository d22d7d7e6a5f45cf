import "../squad/squad.css";
import "./joint.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useCell } from "../shell/cell";
import { useNow } from "../shell/clock";
import { ago, clock, excess, km, span, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Squad } from "../shell/messages";
import { Plate } from "../shell/plate";
import { type Session, session } from "../shell/session";
import { FeedLine, LanguageSwitch } from "../shell/top";
import { language, say, sayOf } from "../shell/words";
import { zones } from "../shell/zones";
import type { Joint, Side } from "./joint";
import { Ledger } from "./ledger";
import { Moves } from "./moves";
import { ProposeSheet } from "./propose";
import { begin, type Watch } from "./watch";

export default function JointPage() {
  const who = useCell(session);
  useEffect(() => {
    if (who === null) location.replace("/login?to=/joint");
  }, [who]);
  return who ? <Following key={who.name} who={who} /> : null;
}

function Following({ who }: { who: Session }) {
  const watch = useMemo(begin, []);
  useEffect(() => () => watch.close(), [watch]);
  return <Desk who={who} watch={watch} />;
}

/** What is still owed first, the side that is late before all; then the newest. */
function ordered(all: Iterable<Joint>): Joint[] {
  const due = (one: Joint) =>
    Math.min(...one.sides.map((side) => Date.parse(side.late_at ?? side.deadline ?? "9999-01-01T00:00:00Z")));
  const over = (one: Joint) => Number(one.status !== "open");
  return [...all].sort(
    (one, other) => over(one) - over(other) || due(one) - due(other) || Date.parse(other.time) - Date.parse(one.time),
  );
}

function Desk({ who, watch }: { who: Session; watch: Watch }) {
  useCell(language);
  useCell(zones);
  const told = useCell(watch.joints);
  const feed = useCell(watch.feed.state);
  const whole = useCell(watch.whole);
  const all = ordered(told.values());
  const [proposing, setProposing] = useState(false);
  const may = (who.role === "police" || who.role === "duty") && !who.read_only;
  return (
    <div class="joint">
      <header class="head">
        <h1>{say("joint.title")}</h1>
        <FeedLine state={feed} />
        <LanguageSwitch />
        <a class="button quiet" href="/login">
          <Icon name="person" />
          <span class="label">{who.name}</span>
        </a>
      </header>
      {may && (
        <button type="button" class="propose-it" onClick={() => setProposing(true)}>
          <Icon name="twins" size={20} /> {say("propose.title")}
        </button>
      )}
      {proposing && <ProposeSheet take={watch.take} close={() => setProposing(false)} />}
      <main>
        {all.length === 0 && (
          <p class="nothing">
            <Icon name={whole ? "check" : "waiting"} size={36} />
            <b>{say(whole ? "joint.none" : "empty.unknown")}</b>
          </p>
        )}
        {all.map((one) => (
          <Proposal key={one.id} joint={one} who={who} watch={watch} />
        ))}
      </main>
    </div>
  );
}

function Proposal({ joint, who, watch }: { joint: Joint; who: Session; watch: Watch }) {
  const [open, setOpen] = useState(false);
  const now = useNow(10_000);
  const squads = useCell(watch.squads);
  return (
    <article class={`proposal ${joint.status}`} aria-label={joint.plate || say("plate.none")} data-joint={joint.id}>
      <div class="about">
        <Plate plate={joint.plate} colour={joint.plate_colour} />
        <b class={`why why-${joint.trigger}`}>{sayOf("trigger", joint.trigger)}</b>
        <span class="figures">
          {tonnes(joint.gross_kg)} t <b class="over">{excess(joint.excess_kg)} t</b>
        </span>
        <span class={`status status-${joint.status}`}>{sayOf("joint_status", joint.status)}</span>
      </div>
      <p class="dim">
        {joint.corridor} {km(joint.chainage_km)} {clock(joint.seen_at, joint.corridor, joint.site)} ·{" "}
        {say("joint.proposed", { agency: sayOf("agency", joint.from_agency) })}{" "}
        {clock(joint.proposed_at, joint.corridor, joint.site)} ({ago(joint.proposed_at, now)}) ·{" "}
        {sayOf("completion", joint.completion)}
      </p>
      {joint.escalated_at && (
        <p class="problem">
          <Icon name="alert" size={18} />{" "}
          {say("joint.escalated", { time: clock(joint.escalated_at, joint.corridor, joint.site) })}
        </p>
      )}
      <div class="sides">
        {joint.sides.map((side) => (
          <SideOf key={side.agency} side={side} mine={side.agency === who.agency} squads={squads} />
        ))}
      </div>
      <Moves joint={joint} who={who} squads={squads.filter((one) => one.agency === who.agency)} take={watch.take} />
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{say("joint.ledger")}</summary>
        {open && <Ledger joint={joint} />}
      </details>
    </article>
  );
}

interface SideDrawn {
  side: Side;
  mine: boolean;
  squads: Squad[];
}

function SideOf({ side, mine, squads }: SideDrawn) {
  const unit = squads.find((one) => one.id === side.unit)?.name ?? side.unit;
  const slip = side.static_gross_kg == null ? null : `${tonnes(side.static_gross_kg)} t`;
  return (
    <section class={`side ${mine ? "mine" : ""}`} aria-label={sayOf("agency", side.agency)}>
      <h2>
        {sayOf("agency", side.agency)} {mine && <span class="dim">{say("joint.mine")}</span>}
      </h2>
      <p class={`side-state side-${side.state}`}>
        {sayOf("side", side.state)} {side.unit && <span class="dim">· {unit}</span>}
      </p>
      {side.deadline && <Deadline at={side.deadline} />}
      {side.late_at && <Deadline at={side.late_at} />}
      <p class="dim">
        {[side.note, side.outcome && sayOf("state", side.outcome), slip, side.scale_certificate, side.document_number]
          .filter(Boolean)
          .join(" · ")}
      </p>
    </section>
  );
}

function Deadline({ at }: { at: string }) {
  const now = useNow();
  const left = Date.parse(at) - now;
  return (
    <p class={`deadline ${left < 60_000 ? "soon" : ""}`}>
      {say(left < 0 ? "joint.late" : "joint.left")} <time class="figures">{span(Math.abs(left))}</time>
    </p>
  );
}
