import { expect, test } from "vitest";
import { driftOf } from "../src/sites/drift";
import type { DriftHour, Hour } from "../src/sites/state";

function hour(at: number): Hour {
  const from = `2026-05-29T0${at}:00:00+08:00`;
  return { from, observed: true, passages: 9, trucks: 9, plates_read: 9, frames_missing: 0, flags: {} };
}

function drift(at: number, charts: DriftHour["charts"]): DriftHour {
  return { from: `2026-05-28T${at + 16}:00:00Z`, charts };
}

test("charts are shares of their alarm, the nearest first, and an hour without trucks has none", () => {
  const hours = [hour(1), hour(2), hour(3)];
  const told = [
    drift(1, {
      steer: { score: 1, threshold: 10 },
      sides: { score: 2, threshold: 8 },
      ruler: { score: 0, threshold: null },
    }),
    drift(3, { steer: { score: 12, threshold: 10 }, sides: { score: 4, threshold: 8 } }),
  ];
  expect(driftOf(hours, told, 4)).toEqual([
    { chart: "steer", percent: [10, null, 120] },
    { chart: "sides", percent: [25, null, 50] },
  ]);
  expect(driftOf(hours, told, 1).map((one) => one.chart)).toEqual(["steer"]);
  expect(driftOf(hours, [], 4)).toEqual([]);
});
