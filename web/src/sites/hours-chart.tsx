/** Passages and trucks of a lane hour by hour, and the flags of its passages. */

import uPlot from "uplot";
import { listing, NOTHING } from "../shell/format";
import { say, sayOf } from "../shell/words";
import { Chart, isKnown } from "./chart";
import { driftOf } from "./drift";
import { flagsOf } from "./flags";
import type { DriftHour, Hour } from "./state";
import { chartName } from "./terms";

/** There is no half a truck. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
const PERCENT = [1, 2, 5, 10, 20, 25, 50];
const DRIFT_STEPS = [25, 50, 100, 200, 500];
/** A bar ends where it ends. */
const NO_DOTS = { points: { show: false } };
/** Colours that are told apart by who sees few of them, and each line has its own dashes besides. */
const LINES = [
  { stroke: "#ffb41f" },
  { stroke: "#7cc0ff", dash: [8, 4] },
  { stroke: "#cfa6ff", dash: [2, 3] },
  { stroke: "#62d991", dash: [10, 3, 2, 3] },
];

interface Hours {
  hours: Hour[];
  drift: DriftHour[];
  zone: string;
}

export default function HoursCharts({ hours, drift, zone }: Hours) {
  return (
    <>
      <Passages hours={hours} zone={zone} />
      <Flags hours={hours} zone={zone} />
      <Drift hours={hours} drift={drift} zone={zone} />
    </>
  );
}

function Passages({ hours, zone }: Omit<Hours, "drift">) {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const known = hours.filter(isKnown);
  const figures = (figure: (one: Hour) => number) => hours.map((one) => (isKnown(one) ? figure(one) : null));
  const words = say("sites.hours", {
    trucks: known.reduce((sum, one) => sum + one.trucks, 0),
    passages: known.reduce((sum, one) => sum + one.passages, 0),
    hours: known.length,
  });
  const series = [
    { label: say("sites.passages"), stroke: "#59636e", fill: "#303943", ...NO_DOTS, ...(bars && { paths: bars }) },
    { label: say("sites.trucks"), stroke: "#7cc0ff", fill: "#7cc0ff88", ...NO_DOTS, ...(bars && { paths: bars }) },
    { label: say("sites.plates"), stroke: "#62d991", width: 2 },
  ];
  const values = [figures((one) => one.passages), figures((one) => one.trucks), figures((one) => one.plates_read)];
  return <Chart hours={hours} zone={zone} words={words} series={series} values={values} steps={WHOLE} least={1} />;
}

/** Nothing where no passage had a flag: the list of flags says so. */
function Flags({ hours, zone }: Omit<Hours, "drift">) {
  const lines = flagsOf(hours, LINES.length);
  if (!lines.length) return null;
  const words = say("sites.flags_by_hour", { flags: listing(lines.map((one) => sayOf("flag", one.name))) });
  const series = lines.map((one, place) => lineOf(place, sayOf("flag", one.name)));
  return (
    <Chart
      hours={hours}
      zone={zone}
      words={words}
      series={series}
      values={lines.map((one) => one.percent)}
      steps={PERCENT}
      least={5}
    />
  );
}

/** The line at 100 is where a chart rings; nothing where every chart is learning still. */
function Drift({ hours, drift, zone }: Hours) {
  const lines = driftOf(hours, drift, LINES.length);
  if (!lines.length) return null;
  const words = say("sites.drift_by_hour", { charts: listing(lines.map((one) => chartName(one.chart))) });
  const alarm = { label: say("sites.alarm"), stroke: "#ff5a47", width: 1, ...NO_DOTS };
  return (
    <Chart
      hours={hours}
      zone={zone}
      words={words}
      series={[...lines.map((one, place) => lineOf(place, chartName(one.chart))), alarm]}
      values={[...lines.map((one) => one.percent), hours.map(() => 100)]}
      steps={DRIFT_STEPS}
      least={110}
    />
  );
}

function lineOf(place: number, label: string): uPlot.Series {
  const value = (_: uPlot, found: number | null) => (found === null ? NOTHING : `${found.toFixed(1)} %`);
  return { ...LINES[place], label, width: 2, value };
}
