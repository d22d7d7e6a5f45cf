/** Passages and trucks of a lane hour by hour; an hour of which nothing is known is a gap and not a zero. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { say } from "../shell/words";
import type { Hour } from "./state";

const HEIGHT_PX = 150;
/** As the page's own text. */
const FONT = '12px "Noto Sans CJK TC", "PingFang TC", system-ui, sans-serif';
/** There is no half a truck. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

export function HoursChart({ hours, zone }: { hours: Hour[]; zone: string }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const chart = new uPlot(optionsOf(at.clientWidth, zone), columnsOf(hours), at);
    const watcher = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: HEIGHT_PX }));
    watcher.observe(at);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [hours, zone]);
  const known = hours.filter(isKnown);
  const trucks = known.reduce((sum, one) => sum + one.trucks, 0);
  const passages = known.reduce((sum, one) => sum + one.passages, 0);
  return (
    <figure
      class="hours"
      aria-label={say("sites.hours", { trucks, passages, hours: known.length })}
      role="img"
      ref={box}
    >
      <figcaption class="dim">{say("sites.hours", { trucks, passages, hours: known.length })}</figcaption>
    </figure>
  );
}

function isKnown(hour: Hour): boolean {
  return hour.observed || hour.passages > 0;
}

function columnsOf(hours: Hour[]): uPlot.AlignedData {
  const figures = (figure: (one: Hour) => number) => hours.map((one) => (isKnown(one) ? figure(one) : null));
  return [
    hours.map((one) => Date.parse(one.from) / 1000),
    figures((one) => one.passages),
    figures((one) => one.trucks),
    figures((one) => one.plates_read),
  ];
}

function optionsOf(width: number, zone: string): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const axis = { stroke: "#b3bac2", ticks: { show: false }, font: FONT, size: 34 };
  return {
    width,
    height: HEIGHT_PX,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
    series: [
      { label: say("sites.time"), value: "{HH}:{mm}" },
      { label: say("sites.passages"), stroke: "#59636e", fill: "#303943", ...(bars && { paths: bars }) },
      { label: say("sites.trucks"), stroke: "#7cc0ff", fill: "#7cc0ff88", ...(bars && { paths: bars }) },
      { label: say("sites.plates"), stroke: "#62d991", width: 2 },
    ],
    axes: [
      { ...axis, grid: { show: false }, values: "{HH}:{mm}" },
      { ...axis, grid: { stroke: "#303943", width: 1 }, incrs: WHOLE },
    ],
  };
}
