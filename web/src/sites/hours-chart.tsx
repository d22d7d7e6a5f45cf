/** Passages and trucks of a lane hour by hour; an hour of which nothing is known is a gap and not a zero. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { ZONE } from "../shell/format";
import { say } from "../shell/words";
import type { Hour } from "./state";

const HEIGHT_PX = 150;

export function HoursChart({ hours }: { hours: Hour[] }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const chart = new uPlot(optionsOf(at.clientWidth), columnsOf(hours), at);
    const watcher = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: HEIGHT_PX }));
    watcher.observe(at);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [hours]);
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

function optionsOf(width: number): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const axis = { stroke: "#b3bac2", ticks: { show: false } };
  return {
    width,
    height: HEIGHT_PX,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), ZONE),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
    series: [
      {},
      { label: say("sites.passages"), stroke: "#59636e", fill: "#303943", ...(bars && { paths: bars }) },
      { label: say("sites.trucks"), stroke: "#7cc0ff", fill: "#7cc0ff88", ...(bars && { paths: bars }) },
      { label: say("sites.plates"), stroke: "#62d991", width: 2 },
    ],
    axes: [
      { ...axis, grid: { show: false }, values: "{HH}:{mm}" },
      { ...axis, grid: { stroke: "#303943", width: 1 } },
    ],
  };
}
