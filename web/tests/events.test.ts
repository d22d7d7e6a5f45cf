import { expect, test } from "vitest";
import { eventsOf, parse, type Told } from "../src/shell/events";

function stream(...pieces: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
}

async function all(...pieces: string[]): Promise<{ told: Told[]; heard: number }> {
  let heard = 0;
  const told: Told[] = [];
  for await (const one of eventsOf(stream(...pieces), () => heard++)) told.push(one);
  return { told, heard };
}

test("an event is whole however the network cut it", async () => {
  const { told } = await all("event: inter", 'cept\nid: 7\ndata: {"a"', ":1}\n", "\nevent: stats\ndata: 2\n\n");
  expect(told).toEqual([
    { event: "intercept", data: '{"a":1}', id: "7" },
    { event: "stats", data: "2", id: null },
  ]);
});

test("a comment is no event, but the line lives", async () => {
  expect(await all(": keep-alive\n\n")).toEqual({ told: [], heard: 1 });
});

test("an id alone is told: it is where a reader comes back", () => {
  expect(parse("id: 12")).toEqual({ event: "message", data: "", id: "12" });
});

test("what was not finished when the line broke is no event", async () => {
  expect((await all("event: intercept\ndata: {}\n")).told).toEqual([]);
});
