import { lazy, Suspense } from "preact/compat";
import { NOTHING } from "../shell/format";
import { Icon } from "../shell/icons";
import { say, sayOf } from "../shell/words";
import type { Chart, LaneState, Plates, PlatesNow, Reason } from "./state";
import { chartName, reasonName } from "./terms";

/** The library that draws is larger than the page: figures first. */
const HoursCharts = lazy(() => import("./hours-chart"));

/** One lane of the last day: what it saw, what was lost, what is doubted, each figure with what it rests on. */
export function LaneOf({ lane, zone }: { lane: LaneState; zone: string }) {
  const { hours, lost } = lane;
  return (
    <section class="lane" aria-label={say("facts.lane", { lane: lane.lane })}>
      <h2>
        {say("facts.lane", { lane: lane.lane })} {lane.direction === "up" ? "↑" : "↓"}{" "}
        <span class={lane.up === false || lane.downgraded ? "over" : "dim"}>
          {lane.up === null ? say("kpi.no_data") : say(lane.up ? "sites.lane_up" : "sites.lane_down")}
          {lane.downgraded && ` · ${say("sites.doubted")}`}
        </span>
      </h2>
      {lane.plates_now.dark && <Dark now={lane.plates_now} />}
      <Suspense fallback={<div class="hours waiting" />}>
        <HoursCharts hours={lane.by_hour} drift={lane.drift_by_hour} zone={zone} />
      </Suspense>
      <dl class="facts-of">
        <Figure name={say("sites.observed")} value={`${hours.observed} / ${hours.asked} h`} />
        <Figure name={say("sites.without_data")} value={`${hours.without_data} h`} bad={hours.without_data > 0} />
        <Figure name={say("sites.by_day")} value={plates(lane.plates_by_day)} />
        <Figure name={say("sites.by_night")} value={plates(lane.plates_by_night)} />
        <Figure name={say("sites.frames_missing")} value={String(lost.frames_missing)} bad={lost.frames_missing > 0} />
        <Figure
          name={say("sites.records_missing")}
          value={lost.records_missing === null ? say("sites.cannot_tell") : String(lost.records_missing)}
        />
        <Figure
          name={say("verdict.calibration")}
          value={lane.calibration ? String(lane.calibration.version) : say("verdict.no_calibration")}
        />
      </dl>
      <div class="panels">
        <Flags lane={lane} />
        <Drift title={say("sites.drift_traffic")} charts={lane.drift?.traffic?.charts ?? null} />
        <Drift title={say("sites.drift_lines")} charts={lane.drift?.lines?.charts ?? null} />
        <Authenticity reasons={lane.authenticity?.reasons ?? null} doubted={lane.authenticity?.doubted ?? false} />
      </div>
    </section>
  );
}

/** The camera reads too few plates: said as an alarm, with what follows from it. */
function Dark({ now }: { now: PlatesNow }) {
  const { read, passages, floor_percent: floor } = now;
  // The answer's own time of day is that of the site.
  const since = now.from.slice(11, 16);
  return (
    <p class="problem" role="alert">
      <Icon name="alert" size={18} />
      {say("sites.dark", { since, read, passages, floor })}
    </p>
  );
}

function Figure({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={bad ? "over" : ""}>{value}</dd>
    </div>
  );
}

function plates(of: Plates): string {
  return of.percent === null ? NOTHING : `${of.percent.toFixed(1)} % (${of.read} / ${of.passages})`;
}

function Flags({ lane }: { lane: LaneState }) {
  const shares = Object.entries(lane.flags.percent).sort((one, other) => other[1] - one[1]);
  return (
    <section>
      <h3>{say("sites.flags", { n: lane.flags.passages })}</h3>
      {!lane.flags.passages && <p class="dim">{say("kpi.no_data")}</p>}
      <ul class="meters">
        {shares.map(([name, percent]) => (
          <li key={name}>
            <span title={name}>{sayOf("flag", name)}</span>
            <Bar share={percent / 100} over={false} />
            <span class="figures">{percent.toFixed(2)} %</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How near each chart is to its alarm: the bar is full where it rings. */
function Drift({ title, charts }: { title: string; charts: Chart[] | null }) {
  return (
    <section>
      <h3>{title}</h3>
      {!charts?.length && <p class="dim">{say("sites.not_yet")}</p>}
      <ul class="meters">
        {charts?.map((one) => (
          <li key={one.chart}>
            <span>
              {chartName(one.chart)} <small class="dim">{say("sites.step", { percent: one.step_percent })}</small>
            </span>
            {one.threshold === null ? (
              <span class="dim">{say("sites.learning", { n: one.learnt })}</span>
            ) : (
              <Bar share={one.score / one.threshold} over={one.alarm !== null} />
            )}
            <span class="figures">
              {one.threshold === null ? NOTHING : `${one.score.toFixed(1)} / ${one.threshold.toFixed(1)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Authenticity({ reasons, doubted }: { reasons: Reason[] | null; doubted: boolean }) {
  return (
    <section>
      <h3>
        {say("sites.authenticity")} {doubted && <span class="over">{say("sites.doubted")}</span>}
      </h3>
      {!reasons && <p class="dim">{say("sites.not_yet")}</p>}
      <ul class="meters">
        {reasons?.map((one) => (
          <li key={one.name}>
            <span>{reasonName(one.name)}</span>
            <span class={one.against ? "over" : "dim"}>
              {one.trucks < one.least
                ? say("sites.learning", { n: one.trucks })
                : say(one.against ? "sites.against" : "sites.fine")}
            </span>
            <span class="figures">
              {one.figure === null ? NOTHING : one.figure.toPrecision(3)} {one.above ? "≤" : "≥"} {one.bound}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Bar({ share, over }: { share: number; over: boolean }) {
  return (
    <svg
      class={`bar-of ${over || share >= 1 ? "full" : ""}`}
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect class="trough" width="100" height="10" rx="2" />
      <rect width={Math.min(100, Math.max(0, share * 100))} height="10" rx="2" />
    </svg>
  );
}
