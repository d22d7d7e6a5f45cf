import "../squad/squad.css";
import "./case.css";
import { useCallback, useEffect, useState } from "preact/hooks";
import { ask, Refused } from "../shell/api";
import { Badges } from "../shell/badges";
import { useCell } from "../shell/cell";
import { useNow } from "../shell/clock";
import { dated, excess, km, percent, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import { Picture } from "../shell/picture";
import { Plate } from "../shell/plate";
import { homeOf, session } from "../shell/session";
import { LanguageSwitch } from "../shell/top";
import { language, say, sayOf, sayState } from "../shell/words";
import { zones } from "../shell/zones";
import { Axles } from "../squad/axles";
import { Alikes } from "./alike";
import { Before, Permits, type Places, Sightings, Timeline } from "./parts";
import { SignalChart } from "./signal-chart";
import type { Excluded, InCase, Story } from "./story";
import { VerdictOf } from "./verdict";

/** A case moves on while somebody reads it; a look of a person, not a feed. */
const AGAIN_MS = 15_000;

export default function CasePage() {
  useCell(language);
  useCell(zones);
  const who = useCell(session);
  const id = location.pathname.split("/").at(-1) ?? "";
  const [story, problem, again] = useStory(id);
  return (
    <div class="case">
      <header class="head">
        <a class="button quiet" href={who ? homeOf(who) : "/login"}>
          <Icon name="out" /> {say("case.back")}
        </a>
        <LanguageSwitch />
        <button type="button" class="quiet" onClick={() => print()}>
          <Icon name="print" /> {say("case.print")}
        </button>
      </header>
      {problem && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {problem}
        </p>
      )}
      {story && <Told story={story} again={again} />}
    </div>
  );
}

function useStory(id: string): [Story | null, string | null, () => void] {
  const [story, setStory] = useState<Story | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const look = useCallback(
    () =>
      void ask<Story>(`/v1/cases/${id}`).then(
        (found) => {
          setStory(found);
          setProblem(null);
        },
        (error) => setProblem(explained(error)),
      ),
    [id],
  );
  useEffect(() => {
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [look]);
  return [story, problem, look];
}

function explained(error: unknown): string {
  if (!(error instanceof Refused)) return say("problem.unreachable");
  return error.problem.status === 404 ? say("case.unknown") : error.problem.detail;
}

function Told({ story, again }: { story: Story; again: () => void }) {
  const { intercept, violations } = story;
  const now = useNow(30_000);
  const first = violations[0]?.violation;
  const places = placesOf(story);
  const plate = intercept?.plate ?? first?.passage.plate ?? "";
  const colour = intercept?.plate_colour ?? first?.passage.plate_colour ?? 255;
  return (
    <main>
      <section class="summary">
        <div>
          <h1>
            <Plate plate={plate} colour={colour} certain={intercept?.plate_certain ?? true} />
          </h1>
          {intercept && <Badges of={intercept} />}
          <p class="dim">
            {say("case.number", { id: story.id })}
            {story.merged && ` · ${say("case.merged")}`} · <time>{dated(story.first, now, ...places)}</time>
            {story.newest !== story.first && (
              <>
                {" "}
                – <time>{dated(story.newest, now, ...places)}</time>
              </>
            )}
          </p>
        </div>
        <p class="stand">
          <b>{intercept ? sayState(intercept.state) : say("case.no_intercept")}</b>
          {intercept?.squad && <span>{intercept.squad}</span>}
        </p>
        {intercept && <Outcome story={story} />}
      </section>
      {violations.map((one) => (
        <Weighed key={one.violation.id} of={one} />
      ))}
      <Sightings all={story.sightings} />
      <Alikes all={story.alike} here={story.id} again={again} />
      <Before past={story.history} places={places} />
      <Permits all={story.permits} places={places} />
      <Timeline all={story.timeline} places={places} />
    </main>
  );
}

/** Where it began: by that clock the whole story is told. */
function placesOf(story: Story): Places {
  const seen = story.sightings[0];
  return [seen?.corridor, seen?.site];
}

/** What the roadside found, beside what the strips had said. */
function Outcome({ story }: { story: Story }) {
  const told = story.intercept;
  if (told === null) return null;
  const { static_gross_kg: kg, document_number, permit_number, best } = told;
  if (kg == null && document_number == null && permit_number == null) return null;
  return (
    <dl class="facts-of">
      <Fact
        name={say("standing.static")}
        value={kg == null ? null : `${tonnes(kg)} t (${excess(kg - best.limit_high_kg)} t)`}
      />
      <Fact
        name={say("case.difference")}
        value={kg == null ? null : percent((best.passage.gross_kg / kg - 1) * 100, 1)}
      />
      <Fact name={say("weigh.certificate")} value={told.scale_certificate} />
      <Fact name={say("case.unloaded")} value={told.unloaded_kg == null ? null : `${tonnes(told.unloaded_kg)} t`} />
      <Fact name={say("case.document")} value={document_number} />
      <Fact name={say("case.permit")} value={permit_number} />
    </dl>
  );
}

export function Fact({ name, value }: { name: string; value: string | null | undefined }) {
  if (value == null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function LeftOut({ of, places }: { of: Excluded; places: Places }) {
  const now = useNow(60_000);
  const who = [of.agency && sayOf("agency", of.agency), of.by].filter(Boolean).join(" ");
  const rule = sayOf("exclusion", of.rule);
  return (
    <p class="problem excluded">
      <Icon name="alert" />
      <span>
        <b>{say("case.excluded")}</b> · {say("case.excluded_by", { time: dated(of.at, now, ...places), who, rule })}
        {of.reason && <q>{of.reason}</q>}
      </span>
    </p>
  );
}

function Weighed({ of }: { of: InCase }) {
  const { violation, verdict, exclusion } = of;
  const { passage } = violation;
  const now = useNow(60_000);
  return (
    <section class="weighed" data-violation={violation.id}>
      <h2>
        {say("case.weighed")} · {passage.site} {say("facts.lane", { lane: passage.lane })} · {km(violation.chainage_km)}{" "}
        · {dated(violation.time, now, violation.corridor, passage.site)}
      </h2>
      {exclusion && <LeftOut of={exclusion} places={[violation.corridor, passage.site]} />}
      <div class="beside">
        <div>
          <dl class="sums figures">
            <div>
              <dt>{say("card.gross")}</dt>
              <dd>{tonnes(passage.gross_kg)} t</dd>
            </div>
            <div>
              <dt>{say("card.limit")}</dt>
              <dd>{tonnes(violation.limit_high_kg)} t</dd>
            </div>
            <div class="over">
              <dt>{say("card.excess")}</dt>
              <dd>
                {excess(violation.excess_kg)} t <small>{percent(violation.rate_percent, 1)}</small>
              </dd>
            </div>
          </dl>
          <Axles of={violation} />
        </div>
        <Picture of={violation} />
      </div>
      <VerdictOf violation={violation} verdict={verdict} />
      <SignalChart violation={violation.id} />
    </section>
  );
}
