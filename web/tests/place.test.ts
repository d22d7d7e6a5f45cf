import { describe, expect, it } from "vitest";
import { along, lineOf } from "../src/board/line";
import { placeOf, rowsOf, stretchOf } from "../src/board/place";
import { intercept } from "./made";

const SEEN = "2026-05-28T19:12:00Z";
const seen = {
  passage: "0011223344556677",
  time: SEEN,
  site: "G104-K012",
  lane: 1,
  direction: 0,
  corridor: "G104",
  chainage_km: 12,
  speed_kmh: 60,
  violation: true,
};
const minutesOn = (minutes: number) => Date.parse(SEEN) + minutes * 60_000;
const nowhere = () => undefined;

describe("where a truck is by now", () => {
  it("goes on at its speed, each way", () => {
    expect(placeOf(intercept({ sightings: [seen] }), minutesOn(3), nowhere)).toMatchObject({ km: 15, heading: 1 });
    const back = intercept({ sightings: [{ ...seen, direction: 1 }] });
    expect(placeOf(back, minutesOn(3), nowhere)).toMatchObject({ km: 9, heading: -1 });
  });

  it("begins at the newest sighting, in whatever order they stand", () => {
    const newer = { ...seen, time: "2026-05-28T19:20:00Z", chainage_km: 21 };
    expect(placeOf(intercept({ sightings: [newer, seen] }), minutesOn(8), nowhere)?.km).toBe(21);
  });

  it("is the stop point once it stands", () => {
    const told = intercept({ state: "weighed", stop_point: "yard", sightings: [seen] });
    expect(placeOf(told, minutesOn(60), (id) => (id === "yard" ? 18 : undefined))).toMatchObject({
      km: 18,
      heading: 0,
    });
  });

  it("is nowhere after a quarter of an hour, and on no road that has no chainage", () => {
    expect(placeOf(intercept({ sightings: [seen] }), minutesOn(16), nowhere)).toBeNull();
    expect(placeOf(intercept({ sightings: [{ ...seen, chainage_km: null }] }), minutesOn(1), nowhere)).toBeNull();
  });
});

describe("a strip", () => {
  it("is as long as the road, or as what lies on it", () => {
    expect(stretchOf(120, [12])).toEqual([0, 120]);
    expect(stretchOf(null, [12, 52])).toEqual([8, 56]);
    expect(stretchOf(null, [])).toEqual([0, 1]);
  });

  it("puts tags that would touch into rows", () => {
    expect(rowsOf([50, 10, 12, 14], 5, 6)).toEqual([0, 0, 1, 2]);
    expect(Math.max(...rowsOf([1, 1, 1, 1], 5, 2))).toBe(1);
  });
});

describe("a chainage on the map", () => {
  const line = lineOf(
    [
      [119, 31],
      [119, 32],
      [119, 33],
    ],
    200,
  );

  it("is found along the line, stretched to the road's length", () => {
    expect(along(line, 50)[1]).toBeCloseTo(31.5);
    expect(along(line, 150)[1]).toBeCloseTo(32.5);
  });

  it("is an end beyond the ends", () => {
    expect(along(line, -5)).toEqual([119, 31]);
    expect(along(line, 500)).toEqual([119, 33]);
  });
});
