/** Server-sent events out of bytes, as the HTML standard reads them; comments are told too, for they say that the line lives. */

export interface Told {
  event: string;
  data: string;
  id: string | null;
}

/** Reads a stream of text block by block. `heard` is called for every piece that comes, be it only a comment. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Told> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const told = parse(block);
        if (told) yield told;
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** One block; null where it holds only comments. */
export function parse(block: string): Told | null {
  const told: Told = { event: "message", data: "", id: null };
  const data: string[] = [];
  let any = false;
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith(":")) continue;
    const [name, ...rest] = line.split(":");
    const value = rest.join(":").replace(/^ /, "");
    if (name === "event") told.event = value;
    else if (name === "data") data.push(value);
    else if (name === "id") told.id = value;
    else continue;
    any = true;
  }
  told.data = data.join("\n");
  return any ? told : null;
}
