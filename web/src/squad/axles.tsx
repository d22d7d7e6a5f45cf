import { tonnes } from "../shell/format";
import type { Group, Violation } from "../shell/messages";
import { say } from "../shell/words";

/** Drawn in a box of this size; the width is the truck's from first to last axle. */
const WIDTH = 340;
const HEIGHT = 112;
const GROUND = 88;
const MARGIN = 22;
const HIGHEST = 66;
const WHEEL = 7;

interface Drawn {
  x: number;
  load_kg: number;
}

/** Where each axle stands, from the left as the truck drives to the left. */
export function axlePlaces(of: Violation): Drawn[] {
  const axles = of.passage.axles;
  const spacings = axles.map((axle) => axle.spacing_mm ?? 0);
  const length = Math.max(
    1,
    spacings.reduce((sum, one) => sum + one, 0),
  );
  let at = 0;
  return axles.map((axle, place) => {
    const x = MARGIN + (at / length) * (WIDTH - 2 * MARGIN);
    at += spacings[place] ?? 0;
    return { x, load_kg: axle.left_kg + axle.right_kg };
  });
}

/** The groups of the pattern with their axles; what the limits are of. */
export function groupsOf(of: Violation, places: readonly Drawn[]): { group: Group; axles: Drawn[] }[] {
  let first = 0;
  return of.groups.map((group) => {
    const axles = places.slice(first, first + group.axles);
    first += group.axles;
    return { group, axles };
  });
}

/** Axle loads as bars over their wheels, each group under its limit. Red is over, and says so in figures too. */
export function Axles({ of }: { of: Violation }) {
  const places = axlePlaces(of);
  const groups = groupsOf(of, places).filter((one) => one.axles.length > 0);
  const limits = groups.map(({ group, axles }) => (group.limit_high_kg ?? 0) / axles.length);
  const most = Math.max(1, ...places.map((one) => one.load_kg), ...limits);
  const high = (kg: number) => (kg / most) * HIGHEST;
  const bar = Math.min(22, (WIDTH - 2 * MARGIN) / (places.length * 1.9));
  return (
    <svg class="axles" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken(groups)}>
      <path d={`M0 ${GROUND + 2 * WHEEL}H${WIDTH}`} class="road" />
      {groups.map(({ group, axles }) => (
        <GroupBars key={axles[0]?.x} group={group} axles={axles} high={high} bar={bar} />
      ))}
    </svg>
  );
}

interface Bars {
  group: Group;
  axles: Drawn[];
  high: (kg: number) => number;
  bar: number;
}

function GroupBars({ group, axles, high, bar }: Bars) {
  const limit = group.limit_high_kg;
  const over = (group.excess_kg ?? 0) > 0;
  const from = (axles[0]?.x ?? 0) - bar / 2 - 5;
  const to = (axles.at(-1)?.x ?? 0) + bar / 2 + 5;
  const level = GROUND - WHEEL - (limit === null ? 0 : high(limit / axles.length));
  return (
    <g class={over ? "over" : "within"}>
      {axles.map(({ x, load_kg }) => (
        <g key={x}>
          <rect x={x - bar / 2} y={GROUND - WHEEL - high(load_kg)} width={bar} height={high(load_kg)} rx="2" />
          <circle cx={x} cy={GROUND + WHEEL - 1} r={WHEEL} />
        </g>
      ))}
      {limit !== null && <path d={`M${from} ${level}H${to}`} class="limit" />}
      <text
        x={(from + to) / 2}
        y={
          GROUND -
          WHEEL -
          high(Math.max(...axles.map((one) => one.load_kg), limit === null ? 0 : limit / axles.length)) -
          6
        }
      >
        {tonnes(group.load_kg)}
      </text>
    </g>
  );
}

function spoken(groups: { group: Group }[]): string {
  return groups
    .map(({ group }) =>
      say(group.limit_high_kg === null ? "axles.group" : "axles.group_of", {
        axles: group.axles,
        load: tonnes(group.load_kg),
        limit: tonnes(group.limit_high_kg),
      }),
    )
    .join("；");
}
