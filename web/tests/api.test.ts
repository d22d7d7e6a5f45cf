import { afterEach, expect, test, vi } from "vitest";
import { ask, Refused, Unreachable } from "../src/shell/api";

afterEach(() => vi.unstubAllGlobals());

/** What the network gives for the next question. */
function given(body: string | ReadableStream, status: number): void {
  vi.stubGlobal("fetch", async () => new Response(body, { status }));
}

/** A line that breaks in the midst of an answer. */
function broken(): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"id":'));
      controller.error(new TypeError("network error"));
    },
  });
}

test("an answer of our API is its document or its refusal", async () => {
  given('{"version":4}', 200);
  expect(await ask("/v1/x")).toEqual({ version: 4 });
  given('{"code":"action_not_allowed","status":409}', 409);
  await expect(ask("/v1/x")).rejects.toMatchObject({ problem: { code: "action_not_allowed" } });
});

test("a portal's page, whatever its status, and an answer that was cut off are no answer of ours", async () => {
  for (const [body, status] of [
    ["<html>accept our terms</html>", 200],
    ["<html>accept our terms</html>", 403],
    ["", 407],
    ['{"error":"blocked"}', 404],
    [broken(), 200],
  ] as const) {
    given(body, status);
    await expect(ask("/v1/x")).rejects.toBeInstanceOf(Unreachable);
  }
});

test("a proxy that finds our API away is told as a fault of the server", async () => {
  given("<html>Bad Gateway</html>", 502);
  await expect(ask("/v1/x")).rejects.toBeInstanceOf(Refused);
});
