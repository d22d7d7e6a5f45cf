/** The raw signal of the strips, with what was integrated of it: each window shaded, with its axle's number. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { ask } from "../shell/api";
import { listing } from "../shell/format";
import { say } from "../shell/words";
import type { Channel, Signal } from "./story";

const HEIGHT_PX = 128;
/** Above the highest wheel stands its axle's number. */
const HEADROOM = 1.25;
/** Axles take turns, so that neighbours are told apart. */
const SHADES = ["#7cc0ff", "#62d991"];

export function SignalChart({ violation }: { violation: string }) {
  const [signal, setSignal] = useState<Signal | null | undefined>(undefined);
  useEffect(() => {
    ask<Signal>(`/v1/violations/${violation}/signal`).then(setSignal, () => setSignal(null));
  }, [violation]);
  return (
    <section class="signal">
      <h3>{say("signal.title")}</h3>
      {signal === null && <p class="dim">{say("signal.none")}</p>}
      {signal?.unweighed && <p class="dim">{signal.unweighed}</p>}
      {signal?.channels.map((one) => (
        <Line key={one.name} channel={one} times_ms={signal.times_ms} />
      ))}
      {signal && (
        <p class="dim">
          {say("signal.of", { n: signal.samples, rate: signal.rate_hz / 1000 })}
          {signal.thinned && ` · ${say("signal.thinned")}`} · SHA-256 <code>{signal.sha256.slice(0, 16)}…</code>
        </p>
      )}
    </section>
  );
}

function Line({ channel, times_ms }: { channel: Channel; times_ms: number[] }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const chart = new uPlot(optionsOf(channel, at.clientWidth), [times_ms, channel.values], at);
    const watcher = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: HEIGHT_PX }));
    watcher.observe(at);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [channel, times_ms]);
  return (
    <figure ref={box} class="line-chart" role="img" aria-label={spoken(channel)}>
      <figcaption>
        {channel.name} <span class="dim">{channel.unit}</span>
      </figcaption>
    </figure>
  );
}

function optionsOf(channel: Channel, width: number): uPlot.Options {
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false },
    scales: { x: { time: false }, y: { range: (_, least, most) => [Math.min(0, least), most * HEADROOM] } },
    series: [{}, { stroke: "#f6f3ec", width: 1.2, points: { show: false } }],
    axes: [
      {
        stroke: "#b3bac2",
        grid: { show: false },
        ticks: { show: false },
        size: 22,
        values: (_, all) => all.map((ms) => `${ms} ms`),
      },
      { stroke: "#b3bac2", grid: { stroke: "#303943", width: 1 }, ticks: { show: false }, size: 58 },
    ],
    hooks: { drawClear: [(chart) => shade(chart, channel)] },
  };
}

function shade(chart: uPlot, channel: Channel): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.textAlign = "center";
  ctx.font = `600 ${12 * devicePixelRatio}px sans-serif`;
  for (const window of channel.windows) {
    const [from, to] = [window.first_ms, window.end_ms].map((ms) => chart.valToPos(ms, "x", true)) as [number, number];
    const colour = SHADES[window.axle % 2] ?? "#7cc0ff";
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = colour;
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillText(String(window.axle), (from + to) / 2, bbox.top + 13 * devicePixelRatio);
  }
  ctx.restore();
}

/** For a reader by ear: which axles, and what each weighed here. */
function spoken(channel: Channel): string {
  const loads = channel.windows.filter((one) => one.load_kg !== null);
  const words = loads.map((one) => say("signal.axle", { axle: one.axle, kg: Math.round(one.load_kg ?? 0) }));
  return `${channel.name} ${listing(words)}`;
}
