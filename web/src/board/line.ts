/** A road's line on the map, and where on it a chainage lies; as `dispatch.positions` reads it the other way round. */

/** Longitude, latitude. */
export type Point = [number, number];

export interface Line {
  points: Point[];
  /** Chainage of each point. */
  km: number[];
}

const EARTH_KM = 6_371.0088;

/** Chainage runs from the first point; a length that the registry says stretches the line to it. */
export function lineOf(points: Point[], length_km: number | null): Line {
  const km = [0];
  for (let place = 1; place < points.length; place++) {
    km.push((km[place - 1] ?? 0) + apart(points[place - 1] as Point, points[place] as Point));
  }
  const drawn = km.at(-1) || 1;
  const stretch = length_km === null ? 1 : length_km / drawn;
  return { points, km: km.map((one) => one * stretch) };
}

/** Beyond an end it is the end. */
export function along(line: Line, km: number): Point {
  const behind = line.km.findIndex((one) => one >= km);
  if (behind === 0) return line.points[0] as Point;
  if (behind < 0) return line.points.at(-1) as Point;
  const [from, to] = [line.points[behind - 1] as Point, line.points[behind] as Point];
  const [start, end] = [line.km[behind - 1] ?? 0, line.km[behind] ?? 0];
  const share = (km - start) / (end - start);
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}

/** Between two points near each other the ground is flat. */
function apart(one: Point, other: Point): number {
  const radian = Math.PI / 180;
  const east = (other[0] - one[0]) * Math.cos(((one[1] + other[1]) / 2) * radian);
  return EARTH_KM * radian * Math.hypot(east, other[1] - one[1]);
}
