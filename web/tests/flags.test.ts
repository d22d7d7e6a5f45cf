import { expect, test } from "vitest";
import { flagsOf } from "../src/sites/flags";
import type { Hour } from "../src/sites/state";

function hour(passages: number, flags: Record<string, number> = {}): Hour {
  return {
    from: "2026-05-29T03:00:00+08:00",
    observed: true,
    passages,
    trucks: 0,
    plates_read: 0,
    frames_missing: 0,
    flags,
  };
}

test("flags are shares of each hour's own passages, the commonest first, and an hour without any has none", () => {
  const hours = [hour(200, { NO_PLATE: 10, SPEED: 2 }), hour(0), hour(50, { NO_PLATE: 50 })];
  expect(flagsOf(hours, 4)).toEqual([
    { name: "NO_PLATE", percent: [5, null, 100] },
    { name: "SPEED", percent: [1, null, 0] },
  ]);
  expect(flagsOf(hours, 1).map((one) => one.name)).toEqual(["NO_PLATE"]);
  expect(flagsOf([hour(10)], 4)).toEqual([]);
});
