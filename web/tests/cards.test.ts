import { expect, test } from "vitest";
import { usualOf } from "../src/squad/buttons";
import { atHand, cardOf, isShown, ordered } from "../src/squad/cards";
import type { Entry } from "../src/squad/outbox";
import { farPercent, press } from "../src/squad/pad";
import { explain } from "../src/squad/queue";
import { intercept } from "./made";

const NOW = Date.parse("2026-05-28T19:15:00Z");

function entry(action: string, changed: Partial<Entry> = {}): Entry {
  return {
    key: action,
    owner: { name: "li", squad: "liyang-2" },
    intercept: intercept().id,
    plate: "苏A12345",
    action,
    fields: {},
    version: 3,
    after: null,
    done_at: null,
    pressed_ms: NOW,
    problem: null,
    ...changed,
  };
}

test("what this phone did is shown before the server knows it", () => {
  const card = cardOf(intercept(), "liyang-2", [entry("claim"), entry("stop")]);
  expect([card.state, card.mine, card.actions]).toEqual(["stopped", true, ["weigh", "lose"]]);
});

test("a refused action changes nothing on the card", () => {
  const problem = { status: 412, code: "version_conflict", title: "", detail: "" };
  const card = cardOf(intercept(), "liyang-2", [entry("claim", { problem })]);
  expect([card.state, card.refused.length]).toEqual(["offered", 1]);
});

test("a truck in other hands offers this squad nothing to press", () => {
  expect(cardOf(intercept({ state: "stopped", squad: "liyang-3" }), "liyang-2", []).actions).toEqual([]);
});

test("a truck that is offered to another may be taken and not passed", () => {
  expect(cardOf(intercept({ squad: "liyang-3" }), "liyang-2", []).actions).toEqual(["claim"]);
});

test("in hand comes first, then what is asked of me, then by priority, others' last", () => {
  const made = [
    intercept({ id: "other", state: "claimed", squad: "liyang-3", priority: 99 }),
    intercept({ id: "low", state: "open", squad: null, priority: 1 }),
    intercept({ id: "high", state: "open", squad: null, priority: 9 }),
    intercept({ id: "asked", priority: 2 }),
    intercept({ id: "mine", state: "stopped", priority: 0.5 }),
  ];
  const cards = ordered(made.map((one) => cardOf(one, "liyang-2", [])));
  expect(cards.map((card) => card.told.id)).toEqual(["mine", "asked", "high", "low", "other"]);
});

test("what was opened stays open, until it is over and another truck is asked of this squad", () => {
  const card = (id: string, state: string, squad: string | null = "liyang-2") =>
    cardOf(intercept({ id, state, squad }), "liyang-2", []);
  const [asked, nobodys] = [card("asked", "offered"), card("nobodys", "open", null)];
  const chosen = (opened: ReturnType<typeof card>, ...others: ReturnType<typeof card>[]) =>
    atHand(ordered([opened, ...others]), opened.told.id)?.told.id;
  expect(chosen(card("unloaded", "unloaded"), asked, nobodys)).toBe("asked");
  expect(chosen(card("unloaded", "unloaded"), nobodys)).toBe("unloaded");
  expect(chosen(card("lost", "lost"), asked)).toBe("lost");
  expect(chosen(nobodys, asked)).toBe("nobodys");
  expect(atHand(ordered([nobodys, asked]), null)?.told.id).toBe("asked");
  expect(atHand([], "gone")).toBeUndefined();
});

test("what the duty desk has not verified is not shown, what waits to be sent always is", () => {
  const unverified = intercept({ state: "unverified", squad: null });
  expect(isShown(cardOf(unverified, "liyang-2", []), NOW)).toBe(false);
  const legal = intercept({ state: "legal", acted_at: "2026-05-28T18:00:00Z" });
  expect(isShown(cardOf(legal, "liyang-2", []), NOW)).toBe(false);
  expect(isShown(cardOf(legal, "liyang-2", [entry("lose")]), NOW)).toBe(true);
});

test("the big button follows the scale", () => {
  const weighed = intercept({ state: "weighed", static_gross_kg: 60_500 });
  expect(usualOf(cardOf(weighed, "liyang-2", []))).toBe("confirm");
  expect(usualOf(cardOf({ ...weighed, static_gross_kg: 25_900 }, "liyang-2", []))).toBe("legal");
  expect(usualOf(cardOf(intercept({ state: "en_route" }), "liyang-2", []))).toBe("stop");
});

test("a conflict says who has the truck, and since when", () => {
  const problem = { status: 412, code: "version_conflict", title: "", detail: "", squad: "liyang-3", state: "claimed" };
  const now = intercept({ state: "claimed", squad: "liyang-3", claimed_at: "2026-05-28T19:14:40Z" });
  expect(explain(entry("claim", { problem }), now, "liyang-2", NOW)).toBe("已由 liyang-3 接下，20 秒前。");
});

test("the pad takes what a scale can show", () => {
  expect(press("5842", "00")).toBe("584200");
  expect(press("584200", "1")).toBe("584200");
  expect(press("", "0")).toBe("");
  expect(press("58", "back")).toBe("5");
});

test("a figure too few or too many on the pad is said to be far from the strips, what scales differ by is not", () => {
  expect(farPercent("6120", 61_000)).toBe(90);
  expect(farPercent("612000", 61_000)).toBe(903);
  expect(farPercent("58400", 61_000)).toBeNull();
  expect(farPercent("", 61_000)).toBeNull();
});
