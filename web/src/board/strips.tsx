/**
 * A road as a strip of chainage: above it trucks that move to the right, below it those that move to the left, at the
 * places where they should be by now; on it sites, stop points and squads.
 */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useNow } from "../shell/clock";
import { span } from "../shell/format";
import { ACTIVE, type Intercept, type Squad } from "../shell/messages";
import type { Corridor, Site, StopPoint } from "../shell/registry";
import { say } from "../shell/words";
import { type Place, placeOf, rowsOf, stretchOf } from "./place";
import { pressing } from "./sound";
import type { Roads } from "./watch";

/** Room beside the ends of a road, so that what stands there is whole; in percent of the width. */
const EDGE = 5;
const ROW = 30;
const ROAD = 26;
const MOST_ROWS = 6;
/** As wide as a plate with a time and its icon. */
const TAG_PX = 156;

interface Truck {
  told: Intercept;
  place: Place;
}

export function Strips({ roads, trucks, squads, choose, chosen }: Drawn) {
  const now = useNow();
  const stops = new Map(roads.corridors.flatMap((road) => road.stop_points.map((one) => [one.id, one.chainage_km])));
  const moving = trucks
    .filter((told) => ACTIVE.has(told.state))
    .flatMap((told) => {
      const place = placeOf(told, now, (id) => stops.get(id));
      return place ? [{ told, place }] : [];
    });
  return (
    <ul class="strips">
      {roads.corridors.map((road) => (
        <li key={road.id}>
          <Strip
            road={road}
            sites={roads.sites.filter((one) => one.corridor === road.id)}
            trucks={moving.filter((one) => one.place.corridor === road.id)}
            squads={squads}
            now={now}
            choose={choose}
            chosen={chosen}
          />
        </li>
      ))}
    </ul>
  );
}

export interface Drawn {
  roads: Roads;
  trucks: Intercept[];
  squads: Squad[];
  choose: (id: string) => void;
  chosen: string | null;
}

interface StripOf {
  road: Corridor;
  sites: Site[];
  trucks: Truck[];
  squads: Squad[];
  now: number;
  choose: (id: string) => void;
  chosen: string | null;
}

function Strip({ road, sites, trucks, squads, now, choose, chosen }: StripOf) {
  const strip = useRef<HTMLElement>(null);
  const wide = useWidth(strip);
  const gap = (100 * TAG_PX) / wide;
  const patrols = squads.flatMap((one) => patrolOf(one, road));
  const fixed = [...sites.map((one) => one.chainage_km ?? 0), ...road.stop_points.map((one) => one.chainage_km)];
  const [from, to] = stretchOf(road.length_km, [...fixed, ...patrols.map((one) => one.km)]);
  const at = (km: number) => EDGE + Math.min(1, Math.max(0, (km - from) / (to - from))) * (100 - 2 * EDGE);
  const up = levels(
    trucks.filter((one) => one.place.heading >= 0),
    at,
    gap,
  );
  const down = levels(
    trucks.filter((one) => one.place.heading < 0),
    at,
    gap,
  );
  const middle = Math.max(1, up.rows) * ROW + ROAD / 2 + 14;
  const below = middle + ROAD / 2 + Math.max(down.rows, 0) * ROW + (down.rows ? 12 : 4);
  const people = rowsOf(
    patrols.map((one) => at(one.km)),
    gap,
    2,
  );
  const squadRows = patrols.length ? Math.max(...people) + 1 : 0;
  const height = below + 22 + squadRows * 26 + 24;
  return (
    <section class="strip" ref={strip} aria-label={say("board.strip", { road: road.id, n: trucks.length })}>
      <h3>
        <b class="figures">{road.id}</b> <span class="dim">{road.name}</span>
      </h3>
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: the section around it has the name; what is in it can be pressed. */}
      <svg width="100%" height={height}>
        <line
          x1={`${EDGE - 2}%`}
          x2={`${100 - EDGE + 2}%`}
          y1={middle}
          y2={middle}
          class="tarmac"
          stroke-width={ROAD}
        />
        <line x1={`${EDGE - 2}%`} x2={`${100 - EDGE + 2}%`} y1={middle} y2={middle} class="middle" />
        {road.key_sections.map((one) => (
          <line
            key={one.from_km}
            x1={`${at(one.from_km)}%`}
            x2={`${at(one.to_km)}%`}
            y1={middle + ROAD / 2 + 2}
            y2={middle + ROAD / 2 + 2}
            class="key-section"
          />
        ))}
        <Ends from={from} to={to} at={at} y={height - 6} />
        {sites.map((one) => (
          <SiteMark key={one.id} site={one} x={at(one.chainage_km ?? 0)} y={middle} label={below + 14} />
        ))}
        {road.stop_points.map((one) => (
          <StopMark key={one.id} stop={one} x={at(one.chainage_km)} y={middle} />
        ))}
        {patrols.map((one, index) => (
          <Patrol
            key={one.squad.id}
            squad={one.squad}
            x={at(one.km)}
            road={middle}
            y={below + 34 + (people[index] ?? 0) * 26}
          />
        ))}
        {[up, down].map((side, index) =>
          side.trucks.map(({ told, place, row }) => (
            <TruckMark
              key={told.id}
              told={told}
              place={place}
              x={at(place.km)}
              road={index === 0 ? middle - ROAD / 4 : middle + ROAD / 4}
              y={index === 0 ? middle - ROAD / 2 - 16 - row * ROW : middle + ROAD / 2 + 18 + row * ROW}
              now={now}
              wide={wide}
              chosen={told.id === chosen}
              choose={choose}
            />
          )),
        )}
      </svg>
    </section>
  );
}

/** Trucks with the rows of their tags; the farther from the road the earlier drawn, so that no line crosses a tag. */
function levels(trucks: Truck[], at: (km: number) => number, gap: number) {
  const rows = rowsOf(
    trucks.map((one) => at(one.place.km)),
    gap,
    MOST_ROWS,
  );
  return {
    trucks: trucks
      .map((one, index) => ({ ...one, row: rows[index] ?? 0 }))
      .sort((one, other) => other.row - one.row || one.told.id.localeCompare(other.told.id)),
    rows: rows.length ? Math.max(...rows) + 1 : 0,
  };
}

/** Where a squad is: what it said last, else at its base. */
function patrolOf(squad: Squad, road: Corridor): { squad: Squad; km: number }[] {
  if (!squad.on_duty) return [];
  if (squad.position) return squad.position.corridor === road.id ? [{ squad, km: squad.position.chainage_km }] : [];
  const base = road.stop_points.find((one) => one.id === squad.base);
  return base ? [{ squad, km: base.chainage_km }] : [];
}

function Ends({ from, to, at, y }: { from: number; to: number; at: (km: number) => number; y: number }) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200].find((one) => (to - from) / one <= 8) ?? 500;
  const marks: number[] = [];
  for (let km = Math.ceil(from / step) * step; km <= to; km += step) marks.push(km);
  return (
    <g class="chainage">
      {marks.map((km) => (
        <text key={km} x={`${at(km)}%`} y={y}>
          {km === marks[0] ? `km ${km}` : km}
        </text>
      ))}
    </g>
  );
}

function SiteMark({ site, x, y, label }: { site: Site; x: number; y: number; label: number }) {
  return (
    <g class="site-mark">
      <title>{`${site.id} ${site.name ?? ""}`}</title>
      <line x1={`${x}%`} x2={`${x}%`} y1={y - ROAD / 2 - 4} y2={y + ROAD / 2 + 4} />
      <line x1={`${x}%`} x2={`${x}%`} y1={y + ROAD / 2 + 4} y2={label - 12} class="lead" />
      <text x={`${x}%`} y={label}>
        {site.name ?? site.id}
      </text>
    </g>
  );
}

function StopMark({ stop, x, y }: { stop: StopPoint; x: number; y: number }) {
  const beside = stop.direction === "down" ? y + ROAD / 4 : y - ROAD / 4;
  return (
    <svg x={`${x}%`} y={beside} class="at stop-mark" aria-label={say("board.stop_point", { name: stop.id })} role="img">
      <title>{stop.id}</title>
      <rect x="-8" y="-8" width="16" height="16" rx="4" />
      <text y="4.5">{stop.static_scale ? "⚖" : "P"}</text>
    </svg>
  );
}

function Patrol({ squad, x, road, y }: { squad: Squad; x: number; road: number; y: number }) {
  const name = squad.name ?? squad.id;
  return (
    <g class={`patrol ${squad.intercept ? "busy" : ""}`}>
      <line x1={`${x}%`} x2={`${x}%`} y1={road} y2={y - 12} class="lead" />
      <svg x={`${x}%`} y={y} class="at" aria-hidden="true">
        <circle r="7" cy="-4" cx="-2" />
        <text x="10">{name}</text>
      </svg>
    </g>
  );
}

interface Mark {
  told: Intercept;
  place: Place;
  x: number;
  road: number;
  y: number;
  now: number;
  /** Of the strip, in pixels. */
  wide: number;
  chosen: boolean;
  choose: (id: string) => void;
}

/** The truck itself on the road, and over it its plate and the time until it is where it can be stopped. */
function TruckMark({ told, place, x, road, y, now, wide, chosen, choose }: Mark) {
  const kind = told.best.hundred_tonne ? "hundred" : pressing(told) ? "repeat" : "plain";
  const left = told.truck_eta && place.heading ? Date.parse(told.truck_eta) - now : null;
  const plate = told.plate || say("plate.none");
  const words = left === null || left < 0 ? plate : `${plate} ${span(left)}`;
  const tag = width(words) + 30;
  const here = (x / 100) * wide;
  const end = Math.max(4, Math.min(wide - tag - 4, here - tag / 2)) - here;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button.
    <g
      class={`truck truck-${kind} ${chosen ? "chosen" : ""}`}
      role="button"
      tabindex={0}
      aria-label={say("board.truck", { truck: words, km: place.km.toFixed(1) })}
      onClick={() => choose(told.id)}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && choose(told.id)}
    >
      <line x1={`${x}%`} x2={`${x}%`} y1={road} y2={y} class="lead" />
      <svg x={`${x}%`} y={road} class="at" aria-hidden="true">
        <path d={place.heading === 0 ? "M-7-7h14v14h-14z" : place.heading > 0 ? "M-8-7 9 0-8 7z" : "M8-7-9 0 8 7z"} />
      </svg>
      <svg x={`${x}%`} y={y} class="at tag" aria-hidden="true">
        <rect x={end} y="-13" width={tag} height="26" rx="6" />
        <path d={ICON[kind]} transform={`translate(${end + 4} -9) scale(.75)`} class="icon" />
        <text x={end + 25} y="5">
          {words}
        </text>
      </svg>
    </g>
  );
}

/** The same shapes as the badges'. */
const ICON = {
  hundred: "M8.6 7.5h6.8L20 20H4zM12 7.5a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z",
  repeat: "M19 12a7 7 0 1 1-2.2-5.1M17.4 2.8v4.4H13",
  plain: "M2 7h11v9H2zM13 10h5l3 3v3h-8zM6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
};

/** About how wide words are at the strip's size: a Chinese character is as wide as it is high. */
function width(words: string): number {
  return [...words].reduce((sum, one) => sum + (one.charCodeAt(0) > 0x2e80 ? 15 : 8), 0);
}

function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(1_000);
  useEffect(() => {
    const watcher = new ResizeObserver(([seen]) => seen && setWidth(Math.max(200, seen.contentRect.width)));
    if (box.current) watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [box]);
  return width;
}
