import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ago,
  clock,
  counted,
  date,
  dated,
  excess,
  listing,
  NOTHING,
  percent,
  probability,
  span,
  tonnes,
} from "../src/shell/format";
import { language, say, sayOf } from "../src/shell/words";
import { zones } from "../src/shell/zones";

const NIGHT = "2026-05-28T19:12:40Z";

const ROADS = { home: "Asia/Shanghai", of: { G104: "Asia/Shanghai", G7: "Asia/Urumqi", "G7-K001": "Asia/Urumqi" } };

beforeEach(() => zones.set(ROADS));
afterEach(() => language.set("zh-CN"));

test("weights are tonnes with two decimals, and nothing is not zero", () => {
  expect(tonnes(108_424)).toBe("108.42");
  expect(tonnes(0)).toBe("0.00");
  expect(tonnes(null)).toBe(NOTHING);
  expect(excess(59_424)).toBe("+59.42");
  expect(excess(-320)).toBe("−0.32");
  expect(percent(121.4)).toBe("+121 %");
});

test("a probability is never certain", () => {
  expect(probability(1)).toBe("> 99.9 %");
  expect(probability(0.994)).toBe("99.4 %");
  expect(probability(0.5)).toBe("50 %");
  expect(probability(0)).toBe("< 0.1 %");
  expect(probability(null)).toBe(NOTHING);
});

test("times are those of the road, with the date, whatever the phone's zone", () => {
  expect(clock(NIGHT)).toBe("03:12:40");
  expect(dated(NIGHT, Date.parse(NIGHT))).toBe("05-29 03:12:40");
  expect(dated("2025-12-31T16:00:00Z", Date.parse(NIGHT))).toBe("01-01 00:00:00");
  expect(dated("2025-12-31T15:59:59Z", Date.parse(NIGHT))).toBe("2025-12-31 23:59:59");
});

test("a road with another clock than most says so", () => {
  expect(clock(NIGHT, "G104")).toBe("03:12:40");
  expect(clock(NIGHT, "G7")).toBe("01:12:40 GMT+6");
  expect(clock(NIGHT, null, "G7-K001")).toBe("01:12:40 GMT+6");
  expect(clock(NIGHT, "nowhere")).toBe("03:12:40");
  expect(dated("2026-05-28T17:30:00Z", Date.parse(NIGHT), "G7")).toBe("05-28 23:30:00 GMT+6");
});

test("no time is told while nobody knows by which clock", () => {
  zones.set({ home: null, of: {} });
  expect(clock(NIGHT)).toBe(NOTHING);
  expect(clock(NIGHT, "G104")).toBe(NOTHING);
  expect(dated(NIGHT, Date.parse(NIGHT))).toBe(NOTHING);
  expect(date(NIGHT)).toBe(NOTHING);
});

test("names are listed and quoted by the marks of the language", () => {
  const quoted = () =>
    listing(["claim", "stop"].map((one) => say("conflict.action", { action: sayOf("action", one) })));
  expect(quoted()).toBe("「接下」、「已攔停」");
  language.set("en");
  expect(quoted()).toBe("“Take”, “Stopped”");
});

test("what is left counts down in minutes and seconds", () => {
  expect(span(65_400)).toBe("1:05");
  expect(span(3_723_000)).toBe("1:02:03");
  expect(span(-5)).toBe("0:00");
});

test("what is gone is told in the reader's language", () => {
  expect(ago(1_000, 4_400)).toBe("3 秒前");
  language.set("en");
  expect(ago(1_000, 4_400)).toBe("3 s ago");
  expect(ago(0, 5 * 60_000)).toBe("5 min ago");
  expect(counted("axles", 1)).toBe("1 axle");
  expect(counted("axles", 6)).toBe("6 axles");
});
