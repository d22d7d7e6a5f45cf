import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { type Asked, type Problem, Refused, Unreachable } from "../src/shell/api";
import type { Intercept } from "../src/shell/messages";
import type { Outbox, World } from "../src/squad/outbox";
import { intercept } from "./made";

interface Sent {
  key: string;
  body: Record<string, unknown>;
  if_match: string | undefined;
}

/** A server that keeps what it accepted by key, as ours does, and a network that can be taken away. */
class Road {
  sent: Sent[] = [];
  accepted: Intercept[] = [];
  problems: Partial<Problem>[] = [];
  away = false;
  now_ms = Date.parse("2026-05-28T19:00:00Z");
  keys = 0;
  me = { name: "li", squad: "liyang-2" };
  renewed = 0;

  ask = async (_path: string, asked: Asked): Promise<unknown> => {
    if (this.away) throw new Unreachable("no network");
    const headers = asked.headers ?? {};
    this.sent.push({
      key: headers["Idempotency-Key"] ?? "",
      body: asked.body as Record<string, unknown>,
      if_match: headers["If-Match"],
    });
    const problem = this.problems.shift();
    if (problem?.code) throw new Refused({ status: 409, title: "", detail: "", ...problem } as Problem);
    return intercept({ version: 4 + this.sent.length });
  };

  renew = () => {
    this.renewed++;
  };

  async outbox(): Promise<Outbox> {
    // Each opens the same database anew, as a page that was reloaded does.
    vi.resetModules();
    const { outboxOf } = await import("../src/squad/outbox");
    const { outboxRows } = await import("../src/squad/keeping");
    const world: World = {
      rows: outboxRows(),
      ask: (path, asked) => this.ask(path, asked) as Promise<never>,
      me: () => this.me,
      now_ms: () => this.now_ms,
      key: () => `key-${++this.keys}`,
      renew: async () => this.renew(),
      alone: (work) => work(),
      accepted: (told) => this.accepted.push(told),
    };
    const made = outboxOf(world);
    await made.load();
    return made;
  }
}

// Modules are loaded anew for each page, and errors must stay of one class.
vi.mock("../src/shell/api", async (original) => {
  const kept = globalThis as { api?: unknown };
  kept.api ??= await original();
  return kept.api as object;
});

let road: Road;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  road = new Road();
});

test("with a network an action goes out at once, based on the version that was seen", async () => {
  const outbox = await road.outbox();
  await outbox.add(intercept(), "claim", {}, true);
  expect(road.sent).toEqual([{ key: "key-1", body: { action: "claim" }, if_match: '"3"' }]);
  expect(road.accepted).toHaveLength(1);
  expect(outbox.entries.get()).toEqual([]);
});

test("what was done without a network is sent once, in order, each after the one before it", async () => {
  road.away = true;
  const outbox = await road.outbox();
  for (const action of ["claim", "stop", "weigh"]) {
    await outbox.add(intercept(), action, {}, false);
    road.now_ms += 10 * 60_000;
  }
  expect(outbox.standing.get()).toBe("no_network");
  expect(outbox.entries.get().map((one) => one.action)).toEqual(["claim", "stop", "weigh"]);
  road.away = false;
  await Promise.all([outbox.drain(), outbox.drain()]);
  expect(road.sent.map((one) => [one.key, one.body.action, one.body.after, one.if_match])).toEqual([
    ["key-1", "claim", undefined, '"3"'],
    ["key-2", "stop", "key-1", undefined],
    ["key-3", "weigh", "key-2", undefined],
  ]);
  expect(road.sent.map((one) => one.body.done_at)).toEqual([
    "2026-05-28T19:00:00.000Z",
    "2026-05-28T19:10:00.000Z",
    "2026-05-28T19:20:00.000Z",
  ]);
  expect(outbox.entries.get()).toEqual([]);
});

test("what waits outlives the page, with its key", async () => {
  road.away = true;
  await (await road.outbox()).add(intercept(), "stop", {}, true);
  road.away = false;
  const reloaded = await road.outbox();
  await reloaded.drain();
  expect(road.sent.map((one) => one.key)).toEqual(["key-1"]);
});

test("an answer that got lost is asked for again under the same key and in the same words", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "internal", status: 500 }];
  await outbox.add(intercept(), "claim", {}, true);
  expect(outbox.standing.get()).toBe("server");
  await outbox.drain();
  expect(road.sent[1]).toEqual(road.sent[0]);
});

test("an action on another truck does not wait for one that was refused", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "action_not_allowed", squad: "liyang-3" }];
  await outbox.add(intercept(), "claim", {}, true);
  await outbox.add(intercept({ id: "ffffffffffffffff" }), "claim", {}, true);
  expect(road.accepted).toHaveLength(1);
  expect(outbox.entries.get().map((one) => one.problem?.code)).toEqual(["action_not_allowed"]);
});

test("after a lost claim a decision is not sent, but a fact of the road is", async () => {
  road.away = true;
  const outbox = await road.outbox();
  for (const action of ["claim", "depart", "stop"]) await outbox.add(intercept(), action, {}, false);
  road.away = false;
  road.problems = [{ code: "action_not_allowed", squad: "liyang-3" }];
  await outbox.drain();
  expect(road.sent.map((one) => one.body.action)).toEqual(["claim", "stop"]);
  expect(outbox.entries.get().map((one) => [one.action, one.problem?.code])).toEqual([
    ["claim", "action_not_allowed"],
    ["depart", "after_refused"],
  ]);
});

test("a truck that was only seen again meanwhile is claimed all the same", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "version_conflict", status: 412, allowed: ["claim", "pass"] }];
  await outbox.add(intercept(), "claim", {}, true);
  expect(road.sent.map((one) => [one.key, one.body.done_at])).toEqual([
    ["key-1", undefined],
    ["key-2", "2026-05-28T19:00:00.000Z"],
  ]);
  expect(outbox.entries.get()).toEqual([]);
});

test("a truck that another squad has stays refused", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "version_conflict", status: 412, allowed: [], squad: "liyang-3", state: "claimed" }];
  await outbox.add(intercept(), "claim", {}, true);
  expect(road.sent).toHaveLength(1);
  expect(outbox.entries.get()[0]?.problem?.squad).toBe("liyang-3");
});

test("a fact of a phone whose clock ran ahead is sent again with the time that the server knows", async () => {
  road.away = true;
  const outbox = await road.outbox();
  await outbox.add(intercept(), "stop", {}, false);
  await outbox.add(intercept(), "weigh", { static_gross_kg: 61_000, scale_certificate: "S" }, false);
  road.away = false;
  // What the answer says of the server's clock: the phone was ten minutes ahead.
  road.now_ms -= 600_000;
  const future = { code: "body_invalid", status: 422, errors: [{ field: "done_at" }] };
  road.problems = [future, {}, future];
  await outbox.drain();
  expect(road.sent.map((one) => [one.key, one.body.action, one.body.done_at, one.body.after])).toEqual([
    ["key-1", "stop", "2026-05-28T19:00:00.000Z", undefined],
    ["key-3", "stop", "2026-05-28T18:50:00.000Z", undefined],
    ["key-2", "weigh", "2026-05-28T19:00:00.000Z", "key-3"],
    ["key-4", "weigh", "2026-05-28T18:50:00.000Z", "key-3"],
  ]);
  expect(outbox.entries.get()).toEqual([]);
});

test("so is one of a phone whose clock had fallen back, and no third time", async () => {
  road.away = true;
  const outbox = await road.outbox();
  await outbox.add(intercept(), "stop", {}, false);
  road.away = false;
  road.now_ms += 40 * 365 * 86_400_000;
  const before = { code: "body_invalid", status: 422, errors: [{ field: "done_at" }] };
  road.problems = [before, before];
  await outbox.drain();
  expect(road.sent.map((one) => one.body.done_at)).toEqual([
    "2026-05-28T19:00:00.000Z",
    new Date(road.now_ms).toISOString(),
  ]);
  expect(outbox.entries.get()[0]?.problem?.code).toBe("body_invalid");
});

test("a time that the server cannot read for another reason is not sent again", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "body_invalid", status: 422, errors: [{ field: "done_at" }] }];
  await outbox.add(intercept(), "stop", {}, false);
  expect(road.sent).toHaveLength(1);
  expect(outbox.entries.get()[0]?.problem?.code).toBe("body_invalid");
});

test("a session that changed while the phone slept is renewed and the action sent again", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "csrf_refused", status: 403 }];
  await outbox.add(intercept(), "claim", {}, true);
  expect(road.renewed).toBe(1);
  expect(road.sent.map((one) => one.key)).toEqual(["key-1", "key-1"]);
  expect(outbox.entries.get()).toEqual([]);
});

test("who is signed out keeps what waits", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "session_ended", status: 401 }];
  await outbox.add(intercept(), "stop", {}, true);
  expect(outbox.standing.get()).toBe("signed_out");
  expect(outbox.entries.get()).toHaveLength(1);
});

test("what follows an action that goes again under a new key follows the new one", async () => {
  road.away = true;
  const outbox = await road.outbox();
  // The phone thought that it had a network.
  await outbox.add(intercept(), "claim", {}, true);
  await outbox.add(intercept(), "depart", {}, true);
  road.away = false;
  road.problems = [{ code: "version_conflict", status: 412, allowed: ["claim"] }];
  await outbox.drain();
  expect(road.sent.map((one) => [one.key, one.body.action, one.body.after])).toEqual([
    ["key-1", "claim", undefined],
    ["key-3", "claim", undefined],
    ["key-2", "depart", "key-3"],
  ]);
  expect(outbox.entries.get()).toEqual([]);
});

test("so does what is pressed while the answer is on its way", async () => {
  const outbox = await road.outbox();
  const ask = road.ask;
  let pressed: Promise<void> | null = null;
  road.ask = async (path, asked) => {
    pressed ??= outbox.add(intercept(), "depart", {}, true);
    return ask(path, asked);
  };
  road.problems = [{ code: "version_conflict", status: 412, allowed: ["claim"] }];
  await outbox.add(intercept(), "claim", {}, true);
  await pressed;
  const [, again, depart] = road.sent;
  expect([again?.body.action, depart?.body.action, depart?.body.after]).toEqual(["claim", "depart", again?.key]);
});

test("what one officer did is not sent as another's, and waits for its own", async () => {
  road.away = true;
  const li = road.me;
  await (await road.outbox()).add(intercept(), "claim", {}, false);
  road.away = false;
  for (const other of [
    { name: "chen", squad: "liyang-2" },
    { name: "li", squad: "liyang-3" },
  ]) {
    road.me = other;
    const outbox = await road.outbox();
    await outbox.drain();
    expect(road.sent).toEqual([]);
    expect([outbox.entries.get().length, outbox.others.get().map((one) => one.owner)]).toEqual([0, [li]]);
  }
  road.me = li;
  const outbox = await road.outbox();
  await outbox.drain();
  expect(road.sent.map((one) => one.key)).toEqual(["key-1"]);
  expect(outbox.others.get()).toEqual([]);
});

test("an action follows none of another officer's", async () => {
  road.away = true;
  await (await road.outbox()).add(intercept(), "claim", {}, false);
  road.me = { name: "chen", squad: "liyang-2" };
  const outbox = await road.outbox();
  await outbox.add(intercept(), "claim", {}, false);
  expect(outbox.entries.get().map((one) => [one.key, one.after])).toEqual([["key-2", null]]);
});

test("a session that became another person's while the phone slept sends nothing more", async () => {
  const outbox = await road.outbox();
  road.problems = [{ code: "csrf_refused", status: 403 }];
  road.renew = () => {
    road.me = { name: "chen", squad: "liyang-2" };
  };
  await outbox.add(intercept(), "claim", {}, true);
  expect(road.sent.map((one) => one.key)).toEqual(["key-1"]);
  expect(outbox.entries.get()).toEqual([]);
  expect(outbox.others.get().map((one) => one.key)).toEqual(["key-1"]);
});
