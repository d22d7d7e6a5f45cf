import "../squad/squad.css";
import "./sites.css";
import { useEffect, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { useCell } from "../shell/cell";
import { now_ms, useNow } from "../shell/clock";
import { ago, date, dated, km } from "../shell/format";
import { Icon } from "../shell/icons";
import { everyOf, type Site } from "../shell/registry";
import { type Session, session } from "../shell/session";
import { LanguageSwitch } from "../shell/top";
import { language, say, sayOf } from "../shell/words";
import { zones } from "../shell/zones";
import { DoubtSheet, RestoreSheet } from "./doubt";
import { LaneOf } from "./lane";
import type { Downgrade, SiteState } from "./state";
import { causeOf, openedBy } from "./terms";

/** Figures are up to a minute late anyway. */
const AGAIN_MS = 30_000;
const DAY_MS = 86_400_000;
/** As far as the watch keeps hours where nobody says otherwise (`keep_days.watch`). */
const PERIODS_DAYS = [1, 7, 30] as const;
/** A verification has to be asked for weeks ahead; from here on the days are red. */
const SHORT_DAYS = 30;
/** A unit beats every minute; after three it is silent. */
const SILENT_MS = 180_000;

export default function SitesPage() {
  useCell(language);
  useCell(zones);
  const who = useCell(session);
  const [sites, setSites] = useState<Site[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState(new URLSearchParams(location.search).get("site"));
  useEffect(() => {
    if (who === null) location.replace("/login?to=/sites");
  }, [who]);
  useEffect(() => {
    everyOf<Site>("/v1/sites").then(setSites, (error) => setProblem(explained(error)));
  }, []);
  const site = sites?.find((one) => one.id === chosen) ?? sites?.[0];

  function choose(id: string): void {
    setChosen(id);
    history.replaceState(null, "", `?site=${encodeURIComponent(id)}`);
  }

  return (
    <div class="sites">
      <header class="head">
        <h1>{say("sites.title")}</h1>
        <LanguageSwitch />
        <a class="button quiet" href="/login">
          <Icon name="person" />
          {who?.name}
        </a>
      </header>
      {problem && <Problem words={problem} />}
      {sites?.length === 0 && <p class="dim">{say("sites.none")}</p>}
      <nav aria-label={say("sites.title")}>
        {sites?.map((one) => (
          <button type="button" key={one.id} aria-pressed={one.id === site?.id} onClick={() => choose(one.id)}>
            <b>{one.name ?? one.id}</b>
            <span class="dim">
              {one.corridor} {km(one.chainage_km)}
            </span>
            <DaysLeft until={one.certificate?.until ?? null} />
          </button>
        ))}
      </nav>
      {site && <Health key={site.id} site={site} />}
    </div>
  );
}

function Problem({ words }: { words: string }) {
  return (
    <p class="problem" role="alert">
      <Icon name="alert" /> {words}
    </p>
  );
}

function explained(error: unknown): string {
  return error instanceof Refused ? error.problem.detail : say("problem.unreachable");
}

/** How long the scale's certificate is still good for; none at all is worse than a short one. */
function DaysLeft({ until }: { until: string | null }) {
  const now = useNow(60_000);
  if (until === null) return <span class="over">{say("sites.no_certificate")}</span>;
  const days = Math.floor((Date.parse(until) - now) / DAY_MS);
  return <span class={days < SHORT_DAYS ? "over" : "dim"}>{say("sites.days_left", { n: days })}</span>;
}

function Health({ site }: { site: Site }) {
  const [state, setState] = useState<SiteState | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [days, setDays] = useState<number>(PERIODS_DAYS[0]);
  const [written, setWritten] = useState(0);
  useEffect(() => {
    const look = () =>
      ask<SiteState>(`/v1/sites/${encodeURIComponent(site.id)}/health?from=${hoursAgo(days)}`).then(
        (found) => {
          setState(found);
          setProblem(null);
        },
        (error) => setProblem(explained(error)),
      );
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [site.id, days, written]);
  const done = () => setWritten((times) => times + 1);
  return (
    <main>
      {problem && <Problem words={problem} />}
      {state && <Summary state={state} />}
      {state?.downgrades.map((one) => (
        <Doubted key={one.id} one={one} site={site} done={done} />
      ))}
      <div class="deeds">
        <Period days={days} choose={setDays} />
        <Doubting site={site} done={done} />
      </div>
      {state?.lanes.map((lane) => (
        <LaneOf key={lane.lane} lane={lane} zone={site.timezone} />
      ))}
    </main>
  );
}

/** The whole hour so many days ago: where the answer begins. */
function hoursAgo(days: number): string {
  const hour_ms = DAY_MS / 24;
  return new Date(Math.floor((now_ms() - days * DAY_MS) / hour_ms + 1) * hour_ms).toISOString();
}

function Period({ days, choose }: { days: number; choose: (days: number) => void }) {
  return (
    <fieldset class="period">
      <legend class="hidden">{say("sites.period")}</legend>
      {PERIODS_DAYS.map((one) => (
        <button type="button" key={one} aria-pressed={one === days} onClick={() => choose(one)}>
          {one === 1 ? say("sites.day") : say("sites.days", { n: one })}
        </button>
      ))}
    </fieldset>
  );
}

/** Whoever keeps the sensors may doubt them. */
function mayDoubt(who: Session | null | undefined): boolean {
  return (who?.role === "technician" || who?.role === "admin") && !who.read_only;
}

function Doubting({ site, done }: { site: Site; done: () => void }) {
  const [open, setOpen] = useState(false);
  if (!mayDoubt(session.get())) return null;
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        <Icon name="alert" size={20} /> {say("doubt_lane.title")}
      </button>
      {open && <DoubtSheet site={site} done={done} close={() => setOpen(false)} />}
    </>
  );
}

/** Doubted, good, or, where no unit ever reported, neither: nothing known is not good. */
function Standing({ state }: { state: SiteState }) {
  if (state.downgraded) return <span class="over">{say("sites.doubted")}</span>;
  if (state.unit === null) return <span class="dim">{say("empty.unknown")}</span>;
  return <span class="within">{say("sites.good")}</span>;
}

function Summary({ state }: { state: SiteState }) {
  const now = useNow();
  const { unit, certificate } = state;
  const silent = unit !== null && now - Date.parse(unit.last_beat) > SILENT_MS;
  return (
    <section class="state">
      <h2>
        {state.site} <Standing state={state} />
      </h2>
      <dl class="facts-of">
        <div>
          <dt>{say("sites.unit")}</dt>
          <dd class={silent ? "over" : ""}>{unit ? ago(unit.last_beat, now) : say("sites.no_beat")}</dd>
        </div>
        <div>
          <dt>{say("sites.camera")}</dt>
          <dd>{unit ? sayOf("condition", unit.camera) : say("kpi.no_data")}</dd>
        </div>
        <div>
          <dt>{say("sites.clock")}</dt>
          <dd>{unit ? sayOf("condition", unit.clock) : say("kpi.no_data")}</dd>
        </div>
        <div class="wide">
          <dt>{say("verdict.certificate")}</dt>
          <dd>
            {certificate
              ? say("verdict.certificate_of", {
                  number: certificate.number,
                  percent: certificate.class_percent,
                  until: date(certificate.until, state.site),
                })
              : say("sites.no_certificate")}{" "}
            {certificate && <DaysLeft until={certificate.until} />}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Doubted({ one, site, done }: { one: Downgrade; site: Site; done: () => void }) {
  const now = useNow(60_000);
  const [open, setOpen] = useState(false);
  const stands = one.until === null;
  return (
    <div class={`doubted ${stands ? "problem" : "dim"}`}>
      <Icon name="alert" size={18} />
      {one.lane === null ? say("sites.every_lane") : say("facts.lane", { lane: one.lane })} ·{" "}
      {dated(one.from, now, site.id)} – {one.until === null ? say("sites.stands") : dated(one.until, now, site.id)} ·{" "}
      {causeOf(one)} · {openedBy(one)}
      {stands && mayDoubt(session.get()) && (
        <button type="button" onClick={() => setOpen(true)}>
          {say("restore.title")}
        </button>
      )}
      {open && <RestoreSheet one={one} site={site} done={done} close={() => setOpen(false)} />}
    </div>
  );
}
