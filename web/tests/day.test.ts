import { describe, expect, it } from "vitest";
import { dayOf, outcomesOf } from "../src/board/day";
import type { DayOf } from "../src/shell/registry";
import { intercept } from "./made";

const DAY_MS = Date.parse("2026-05-28T16:00:00Z");

function road(changed: Partial<DayOf> = {}): DayOf {
  return {
    corridor: "G104",
    from: "2026-05-29T00:00:00+08:00",
    passages: 400,
    trucks: 200,
    over_beyond_tolerance: 10,
    hundred_tonne: 1,
    rate_percent: 5,
    rate_low_percent: 2.7,
    rate_high_percent: 9,
    lane_hours_observed: 18,
    lane_hours: 20,
    ...changed,
  };
}

describe("the figures of today", () => {
  it("are the server's own for one road", () => {
    expect(dayOf([road()])).toEqual({
      trucks: 200,
      rate: { percent: 5, low: 2.7, high: 9 },
      hundred_tonne: 1,
      observed_percent: 90,
    });
  });

  it("are surer of two roads than of one, and weigh by trucks", () => {
    const rate = dayOf([
      road(),
      road({ trucks: 600, over_beyond_tolerance: 60, rate_percent: 10, rate_low_percent: 8, rate_high_percent: 12.5 }),
    ])?.rate;
    expect(rate?.percent).toBeCloseTo(8.75);
    expect((rate?.high ?? 0) - (rate?.low ?? 0)).toBeLessThan(6.3);
    expect(rate?.low).toBeGreaterThan(7);
  });

  it("have no rate where the server has none: trucks alone make no interval", () => {
    const unwatched = { rate_percent: null, rate_low_percent: null, rate_high_percent: null };
    expect(dayOf([road(unwatched)])?.rate).toBeNull();
    expect(dayOf([road(), road({ ...unwatched, trucks: 5_000 })])?.rate).toEqual({ percent: 5, low: 2.7, high: 9 });
  });

  it("are unknown, not zero, where nobody watched", () => {
    expect(dayOf([])).toBeNull();
    expect(dayOf([road({ passages: 0, trucks: 0, lane_hours_observed: 0 })])).toBeNull();
    expect(dayOf([road({ passages: 0, trucks: 0, lane_hours_observed: 4 })])?.trucks).toBe(0);
  });
});

describe("what became of today's trucks", () => {
  const opened_at = "2026-05-28T19:00:00Z";

  it("counts the caught and the lost of today, and the open ones of any day", () => {
    const found = outcomesOf(
      [
        intercept({ id: "1", state: "open", opened_at: "2026-05-27T19:00:00Z" }),
        intercept({ id: "2", state: "legal", opened_at, stopped_at: "2026-05-28T19:10:00Z" }),
        intercept({ id: "3", state: "lost", opened_at, stopped_at: "2026-05-28T19:10:00Z" }),
        intercept({ id: "4", state: "stopped", opened_at, stopped_at: "2026-05-28T19:10:00Z" }),
        intercept({ id: "5", state: "merged", opened_at }),
        intercept({ id: "6", state: "lost", opened_at: "2026-05-27T19:00:00Z" }),
      ],
      DAY_MS,
    );
    expect(found).toEqual({ open: 1, in_hand: 1, caught: 2, lost: 1, answered_s: null });
  });

  it("gives the median time to Take of those that were taken", () => {
    const taken = (id: string, claimed_at: string) => intercept({ id, state: "claimed", opened_at, claimed_at });
    const all = [
      taken("1", "2026-05-28T19:00:10Z"),
      taken("2", "2026-05-28T19:00:30Z"),
      intercept({ id: "3", opened_at }),
    ];
    expect(outcomesOf(all, DAY_MS).answered_s).toBe(20);
  });
});
