"""`python -m benchmarks.live.clients HOST PORT FILE < tokens`: phones that hear the live feed as the squad page does.

One line of input is a JSON list of tokens; each gets a connection of its own. Says `ready` once all of them have their
snapshot. The next line says how much news there is: once all of it came, or had its time, FILE is a list of
[client, plate, received_ns] of every intercept that was news.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.screen.clients import say

#: What the squad page asks for (web/src/squad/watch.ts).
QUERY = "/v1/live?snapshot=true&kinds=intercept&kinds=violation&kinds=stats"

#: What may still be under way when the last truck is filed, on a busy machine.
SETTLE_SECONDS = 30.0

Heard = list[tuple[int, str, int]]


class _News(msgspec.Struct):
    """What of an intercept tells which one it is, and whether it is new."""

    plate: str
    version: int


_NEWS = msgspec.json.Decoder(_News)


async def follow(host: str, port: int, token: str, client: int, heard: Heard, ready: asyncio.Event) -> None:
    """One phone's connection; `ready` once the snapshot is there."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    lines = (f"GET {QUERY} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}", "Accept: text/event-stream")
    writer.write("\r\n".join((*lines, "", "")).encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise ConnectionRefusedError(status.decode())
    kind = ""
    while line := await reader.readline():
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if name == b"event":
            kind = value.decode()
        elif name == b"data" and kind == "intercept":
            received_ns, news = time.time_ns(), _NEWS.decode(value)
            if news.version == 1:
                heard.append((client, news.plate, received_ns))
        elif name == b"id" and not kind:
            ready.set()
        elif not name:
            kind = ""


async def main(host: str, port: str, file: str) -> None:
    """Follow with all tokens until told to end."""
    loop = asyncio.get_running_loop()
    tokens: Sequence[str] = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    heard: Heard = []
    began = [asyncio.Event() for _ in tokens]
    phones = [
        asyncio.create_task(follow(host, int(port), token, number, heard, ready))
        for number, (token, ready) in enumerate(zip(tokens, began, strict=True))
    ]
    begun = asyncio.gather(*(ready.wait() for ready in began))
    either: list[asyncio.Future[Any]] = [begun, *phones]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not begun.done():
        raise SystemExit("a client was refused")
    say("ready")
    wanted = int(await loop.run_in_executor(None, sys.stdin.readline))
    give_up_s = loop.time() + SETTLE_SECONDS
    while len(heard) < wanted and loop.time() < give_up_s:
        await asyncio.sleep(0.1)
    for phone in phones:
        phone.cancel()
    Path(file).write_text(json.dumps(heard), "utf-8")
    say(json.dumps({"heard": len(heard)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
