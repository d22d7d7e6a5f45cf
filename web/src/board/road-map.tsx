/** The roads as they lie, on plain ground: no map of anybody else's is loaded, and nobody learns what this room looks at. */

import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, type LngLatBoundsLike, Map as MapOf, Marker } from "maplibre-gl";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../shell/api";
import { useNow } from "../shell/clock";
import { ACTIVE, type Squad } from "../shell/messages";
import { say } from "../shell/words";
import { along, type Line, lineOf, type Point } from "./line";
import { placeOf } from "./place";
import { pressing } from "./sound";
import type { Drawn } from "./strips";

interface Feature {
  id: string;
  geometry: { type: "LineString"; coordinates: Point[] } | null;
  properties: { id: string; length_km: number | null };
}

/** How often trucks are moved on: at this scale a truck takes seconds to cross a dot. */
const MOVE_MS = 2_000;

/** Nothing at all where the registry says of no road where it lies. */
export default function RoadMap(drawn: Drawn) {
  const [lines, setLines] = useState<Map<string, Line> | null>(null);
  useEffect(() => {
    ask<{ features: Feature[] }>("/v1/corridors", { headers: { Accept: "application/geo+json" } })
      .then((found) => setLines(linesOf(found.features)))
      .catch(() => setLines(null));
  }, []);
  return lines?.size ? <Ground lines={lines} {...drawn} /> : null;
}

function linesOf(features: Feature[]): Map<string, Line> {
  return new Map(
    features.flatMap(({ geometry, properties }) =>
      geometry ? [[properties.id, lineOf(geometry.coordinates, properties.length_km)] as const] : [],
    ),
  );
}

function Ground({ lines, roads, trucks, squads, choose }: Drawn & { lines: Map<string, Line> }) {
  const box = useRef<HTMLElement>(null);
  const [map, setMap] = useState<MapOf | null>(null);
  const [view, setView] = useState(0);
  const now = useNow(MOVE_MS);
  useEffect(() => {
    if (!box.current) return;
    const made = drawnOn(box.current, lines);
    made?.on("load", () => setMap(made));
    made?.on("moveend", () => setView((moves) => moves + 1));
    return () => made?.remove();
  }, [lines]);

  useEffect(() => {
    if (!map) return;
    const marks = [...sites(map, roads.sites), ...patrols(map)];
    return () => marks.forEach((mark) => void mark.remove());
  }, [map, roads, squads, view]);

  useEffect(() => {
    if (!map) return;
    const stops = new Map(roads.corridors.flatMap((road) => road.stop_points.map((one) => [one.id, one.chainage_km])));
    const marks = trucks.flatMap((told) => {
      const place = ACTIVE.has(told.state) ? placeOf(told, now, (id) => stops.get(id)) : null;
      const line = place && lines.get(place.corridor);
      if (!place || !line) return [];
      const kind = told.best.hundred_tonne ? "hundred" : pressing(told) ? "repeat" : "plain";
      const mark = marked(map, along(line, place.km), `map-truck map-${kind}`, told.plate || say("plate.none"));
      mark.getElement().addEventListener("click", () => choose(told.id));
      return [mark];
    });
    return () => marks.forEach((mark) => void mark.remove());
  }, [map, trucks, now, lines, view]);

  /** Squads at one place stand under one mark. */
  function patrols(map: MapOf): Marker[] {
    const there = new Map<string, { at: Point; names: string[] }>();
    for (const one of squads.filter((squad) => squad.on_duty)) {
      const place = one.position ?? baseOf(one);
      const line = place && lines.get(place.corridor);
      if (!place || !line) continue;
      const at = along(line, place.chainage_km);
      const mark = there.get(at.join()) ?? { at, names: [] };
      mark.names.push(one.name ?? one.id);
      there.set(at.join(), mark);
    }
    return [...there.values()].map(({ at, names }) => marked(map, at, "map-squad", names.join("\n"), "right"));
  }

  function baseOf(squad: Squad): { corridor: string; chainage_km: number } | null {
    for (const road of roads.corridors) {
      const base = road.stop_points.find((one) => one.id === squad.base);
      if (base) return { corridor: road.id, chainage_km: base.chainage_km };
    }
    return null;
  }

  return <section class="road-map" ref={box} aria-label={say("board.map")} />;
}

function sites(map: MapOf, all: Drawn["roads"]["sites"]): Marker[] {
  return all.flatMap((one) => (one.position ? [marked(map, one.position, "map-site", one.name ?? one.id)] : []));
}

type Side = "left" | "right";

/** A mark with its words to the right of it, or of a squad to the left, so that they cover no truck's (`at` is the end of
 * it that lies on the place); where the map ends there, to the other side. */
function marked(map: MapOf, place: Point, kind: string, words: string, at: Side = "left"): Marker {
  const put = (end: Side) =>
    new Marker({ element: markOf(`${kind} map-${end}`, words), anchor: end }).setLngLat(place).addTo(map);
  const mark = put(at);
  const x = map.project(place).x;
  const room = at === "right" ? x : map.getContainer().clientWidth - x;
  if (room >= mark.getElement().offsetWidth) return mark;
  mark.remove();
  return put(at === "right" ? "left" : "right");
}

function markOf(kind: string, words: string): HTMLElement {
  const mark = document.createElement("span");
  mark.className = `map-mark ${kind}`;
  mark.textContent = words;
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", words.replaceAll("\n", " · "));
  return mark;
}

/** Null where the browser has no WebGL: the strips say the same. */
function drawnOn(box: HTMLElement, lines: Map<string, Line>): MapOf | null {
  const style = getComputedStyle(box);
  try {
    const map = new MapOf({
      container: box,
      style: {
        version: 8,
        sources: {},
        layers: [
          { id: "ground", type: "background", paint: { "background-color": style.getPropertyValue("--panel") } },
        ],
      },
      bounds: boundsOf(lines),
      fitBoundsOptions: { padding: paddingOf(box) },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
    });
    // All roads stay in sight until somebody looks at one of them.
    let moved = false;
    map.on("movestart", (event) => {
      moved ||= event.originalEvent !== undefined;
    });
    map.on("resize", () => {
      if (!moved) map.fitBounds(boundsOf(lines), { padding: paddingOf(box), animate: false });
    });
    map.on("load", () => drawRoads(map, lines, style.getPropertyValue("--line")));
    return map;
  } catch {
    return null;
  }
}

/** Room for the names beside the roads, of which a low map has little. */
function paddingOf(box: HTMLElement): number {
  return Math.min(60, Math.min(box.clientWidth, box.clientHeight) / 5);
}

function drawRoads(map: MapOf, lines: Map<string, Line>, colour: string): void {
  map.addSource("roads", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  (map.getSource("roads") as GeoJSONSource).setData({
    type: "FeatureCollection",
    features: [...lines.values()].map((line) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "LineString", coordinates: line.points },
    })),
  });
  map.addLayer({
    id: "roads",
    type: "line",
    source: "roads",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": 9 },
  });
}

function boundsOf(lines: Map<string, Line>): LngLatBoundsLike {
  const points = [...lines.values()].flatMap((line) => line.points);
  const [east, north] = [points.map((one) => one[0]), points.map((one) => one[1])];
  return [
    [Math.min(...east), Math.min(...north)],
    [Math.max(...east), Math.max(...north)],
  ];
}
