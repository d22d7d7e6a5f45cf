import { expect, test, vi } from "vitest";

async function fresh() {
  vi.resetModules();
  return import("../src/shell/clock");
}

const TOLD = "Thu, 28 May 2026 19:12:40 GMT";
const TOLD_MS = Date.parse(TOLD);

test("a phone that is seven minutes slow shows the server's time", async () => {
  const { learn, now_ms } = await fresh();
  vi.useFakeTimers({ now: TOLD_MS - 420_000 });
  learn(TOLD, Date.now() - 50, Date.now() + 50);
  expect(Math.abs(now_ms() - TOLD_MS)).toBeLessThan(1_000);
  vi.useRealTimers();
});

test("a slow answer, none, and what the header cannot tell apart teach nothing", async () => {
  const { learn, now_ms } = await fresh();
  vi.useFakeTimers({ now: TOLD_MS });
  learn(TOLD, TOLD_MS - 500_000, TOLD_MS);
  learn(null, TOLD_MS, TOLD_MS);
  learn(TOLD, TOLD_MS + 400, TOLD_MS + 600);
  expect(now_ms()).toBe(TOLD_MS);
  vi.useRealTimers();
});
