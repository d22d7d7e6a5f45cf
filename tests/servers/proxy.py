"""A road between a client and a server that can be blocked: a TCP proxy of our own, for `tc` has no netem everywhere.

==============  ====================================================================================================
fault           what happens to the bytes
==============  ====================================================================================================
`CUT`           every connection is reset and every new one at once
`silent`        bytes of that direction wait until the fault is over; the connections stay open
`delay_s`       each piece waits as long as a normal distribution says (middle, deviation), never less than nothing
`reset_share`   that share of the pieces resets its connection instead of passing
`flip_share`    that share of the pieces passes with one bit turned over
==============  ====================================================================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["to the server", "to the client"]
_PIECE = 65_536


@dataclass(frozen=True)
class Fault:
    """What happens to all connections; the default is nothing."""

    cut: bool = False
    silent: frozenset[Direction] = frozenset()
    delay_s: tuple[float, float] = (0.0, 0.0)
    reset_share: float = 0.0
    flip_share: float = 0.0


NONE, CUT = Fault(), Fault(cut=True)


@dataclass
class Proxy:
    """Listens on `port` of the loopback and passes everything to `server`, a port there too, from `with` to its end."""

    server: int = 0
    port: int = 0
    fault: Fault = NONE
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __enter__(self) -> Proxy:
        self._changed = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = int(self._listening.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *ended: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextlib.contextmanager
    def suffering(self, fault: Fault) -> Iterator[None]:
        """The fault, for as long as the `with` lasts."""
        self.suffer(fault)
        try:
            yield
        finally:
            self.suffer(NONE)

    def suffer(self, fault: Fault) -> None:
        """From now on this fault, and no other."""
        self._loop.call_soon_threadsafe(self._change, fault)

    def _change(self, fault: Fault) -> None:
        self.fault = fault
        self._changed.set()
        self._changed = asyncio.Event()
        if fault.cut:
            for writer in list(self._open):
                _reset(writer)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self._listening.close()
        for writer in list(self._open):
            _reset(writer)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault.cut:
            _reset(writer)
            return
        try:
            behind, ahead = await asyncio.open_connection("127.0.0.1", self.server)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, ahead}
        try:
            await asyncio.gather(
                self._pass_on(reader, ahead, "to the server"), self._pass_on(behind, writer, "to the client")
            )
        finally:
            self._open -= {writer, ahead}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction) -> None:
        with contextlib.suppress(OSError):  # reset by either side: so is the other one
            while piece := await reader.read(_PIECE):
                if not await self._let_through(way):
                    break
                writer.write(self._turned(piece))
                await writer.drain()
        _reset(writer)

    async def _let_through(self, way: Direction) -> bool:
        """Whether a piece may pass, once its time has come."""
        while way in self.fault.silent:
            await self._changed.wait()
        middle, deviation = self.fault.delay_s
        if middle:
            await asyncio.sleep(max(0.0, self.chance.gauss(middle, deviation)))
        return self.chance.random() >= self.fault.reset_share

    def _turned(self, piece: bytes) -> bytes:
        if self.chance.random() >= self.fault.flip_share:
            return piece
        turned = bytearray(piece)
        turned[self.chance.randrange(len(turned))] ^= 1 << self.chance.randrange(8)
        return bytes(turned)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection so that its peer sees a reset, not an orderly end."""
    peer = writer.get_extra_info("socket")
    if peer is not None and not writer.is_closing():
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
