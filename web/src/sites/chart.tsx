/** A chart of a lane's hours, as wide as there is room, with its times by the site's clock. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { say } from "../shell/words";
import type { Hour } from "./state";

const HEIGHT_PX = 150;
/** As the page's own text. */
const FONT = '12px "Noto Sans CJK TC", "PingFang TC", system-ui, sans-serif';
/** Each day named once. */
const BY_DAY = { values: "{MM}-{DD}", incrs: [1, 2, 5, 10].map((days) => days * 86_400) };
/** Beyond two days the hour of a day says less than the day. */
const SHORT_H = 48;
const AXIS = { stroke: "#b3bac2", ticks: { show: false }, font: FONT };

export interface Drawn {
  hours: Hour[];
  zone: string;
  /** What it says, for a reader by ear and above the chart. */
  words: string;
  series: uPlot.Series[];
  values: (number | null)[][];
  /** Steps of the scale. */
  steps: number[];
  /** The least end of the scale. */
  least: number;
}

export function Chart({ hours, zone, words, series, values, steps, least }: Drawn) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const times = hours.map((one) => Date.parse(one.from) / 1000);
    const chart = new uPlot(
      optionsOf(at.clientWidth, { zone, series, steps, least, days: hours.length > SHORT_H }),
      [times, ...values],
      at,
    );
    const watcher = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: HEIGHT_PX }));
    watcher.observe(at);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [hours, zone, words]);
  return (
    <figure class="hours" aria-label={words} role="img" ref={box}>
      <figcaption class="dim">{words}</figcaption>
    </figure>
  );
}

type Form = Pick<Drawn, "zone" | "series" | "steps" | "least"> & { days: boolean };

function optionsOf(width: number, { zone, series, steps, least, days }: Form): uPlot.Options {
  return {
    width,
    height: HEIGHT_PX,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { y: { range: (_, __, most) => [0, Math.max(least, most)] } },
    series: [{ label: say("sites.time"), value: "{MM}-{DD} {HH}:{mm}" }, ...series],
    axes: [
      { ...AXIS, grid: { show: false }, size: 34, ...(days ? BY_DAY : { values: "{HH}:{mm}" }) },
      { ...AXIS, grid: { stroke: "#303943", width: 1 }, incrs: steps, size: 44 },
    ],
  };
}

/** An hour of which nothing is known is a gap and not a zero. */
export function isKnown(hour: Hour): boolean {
  return hour.observed || hour.passages > 0;
}
