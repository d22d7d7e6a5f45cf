import { afterEach, expect, test } from "vitest";
import { language } from "../src/shell/words";
import type { Downgrade } from "../src/sites/state";
import { causeOf, chartName } from "../src/sites/terms";

afterEach(() => language.set("zh-CN"));

const DOUBT: Downgrade = {
  id: "0123456789abcdef",
  lane: 1,
  source: "drift",
  cause: "sides",
  grade: "count",
  from: "2026-05-28T19:12:40Z",
  until: null,
  opened_by: "watch",
  reason: "drift: sides",
};

test("charts of the traffic and of each line have names in both languages", () => {
  expect(["steer", "ruler", "line 2", "line 2 left/right", "line 2 axle 3"].map(chartName)).toEqual([
    "轉向軸重",
    "末軸軸距",
    "測線 2",
    "測線 2 左右",
    "測線 2 第 3 軸",
  ]);
  language.set("en");
  expect(chartName("line 2 axle 3")).toBe("line 2 axle 3");
});

test("a doubt says what found it, and a person's reason stays as it was written", () => {
  expect(causeOf(DOUBT)).toBe("漂移 · 左右比例");
  expect(causeOf({ ...DOUBT, source: "authenticity", cause: "sides_copied loads_repeated" })).toBe(
    "資料真偽 · 左右完全相同、輪重重複出現",
  );
  expect(causeOf({ ...DOUBT, source: "person", cause: "", reason: "1L 鬆脫" })).toBe("1L 鬆脫");
});
