import "./sites.css";
import { useEffect, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { useCell } from "../shell/cell";
import { useNow } from "../shell/clock";
import { ago, date, dated, km } from "../shell/format";
import { Icon } from "../shell/icons";
import { everyOf, type Site } from "../shell/registry";
import { session } from "../shell/session";
import { LanguageSwitch } from "../shell/top";
import { language, say, sayOf } from "../shell/words";
import { zones } from "../shell/zones";
import { LaneOf } from "./lane";
import type { Downgrade, SiteState } from "./state";
import { causeOf, openedBy } from "./terms";

/** Figures are up to a minute late anyway. */
const AGAIN_MS = 30_000;
const DAY_MS = 86_400_000;
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
  useEffect(() => {
    const look = () =>
      ask<SiteState>(`/v1/sites/${encodeURIComponent(site.id)}/health`).then(
        (found) => {
          setState(found);
          setProblem(null);
        },
        (error) => setProblem(explained(error)),
      );
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [site.id]);
  return (
    <main>
      {problem && <Problem words={problem} />}
      {state && <Summary state={state} />}
      {state?.downgrades.map((one) => (
        <Doubted key={one.id} one={one} site={site.id} />
      ))}
      {state?.lanes.map((lane) => (
        <LaneOf key={lane.lane} lane={lane} zone={site.timezone} />
      ))}
    </main>
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

function Doubted({ one, site }: { one: Downgrade; site: string }) {
  const now = useNow(60_000);
  return (
    <p class={one.until === null ? "problem" : "dim"}>
      <Icon name="alert" size={18} />
      {one.lane === null ? say("sites.every_lane") : say("facts.lane", { lane: one.lane })} ·{" "}
      {dated(one.from, now, site)} – {one.until === null ? say("sites.stands") : dated(one.until, now, site)} ·{" "}
      {causeOf(one)} · {openedBy(one)}
    </p>
  );
}
