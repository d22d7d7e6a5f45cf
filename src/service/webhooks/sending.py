"""Pushes joint actions to the systems that want it, beside the lanes and never in their way.

The live feed tells of each change, in the transaction that made it; what it tells becomes a row for each target, and
each row is tried until the other side has it. Any number of workers may do this at once: who counts a try first makes
it. What is sent is the joint action as it is then.

============================  =======================================================================================
the other side                then
============================  =======================================================================================
answers 2xx                   it has it: its side of a joint action that was only proposed is *delivered*
answers slowly, 5xx, 408,     the same again after 5 s, 30 s, 2 min, 10 min, 1 h …, under the same `webhook-id`, signed
425, 429, or not at all       anew
answers 3xx or 4xx            is given up: counted, logged; a redirect would lead where nobody allowed
leads into a private network  the same, before anything is sent
============================  =======================================================================================

Meanwhile the joint action says `proposed`, and after its deadline both desks hear of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import mode
import msgspec
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from dispatch.life import Role
from service.docket.deeds import Actor
from service.docket.joint import JointDeed, JointRefusedError, act
from service.docket.terms import Terms
from service.metrics import Metrics
from service.notices.notice import NoticeError
from service.notices.posting import post
from service.store import feed, joint_actions, webhooks
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.webhooks import DUE, GIVEN_UP, SENT, WebhookRow
from service.webhooks.targets import Webhook, Webhooks

#: Another agency's machine looks at what it gets; half a second is nothing beside its minute.
POLL_S = 0.5
#: After a fault of ours.
FAULT_S = 5.0
#: Longer than a send can take (`posting.ANSWER_SECONDS`), so that nobody else takes what is under way.
CLAIM_S = 30.0
#: The waits of Standard Webhooks' recommendation, shortened at its beginning: a truck is on the road.
WAITS_S = (5.0, 30.0, 120.0, 600.0, 3_600.0)
#: Under way at once, and events of the feed that are looked at together.
MOST_UNDER_WAY, BATCH = 8, 500
STOP_S = 1.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


class _Told(msgspec.Struct):
    """What of a joint action is looked at here."""

    id: str
    version: int
    from_agency: str
    to_agency: str


_TOLD = msgspec.json.Decoder(_Told)


@dataclass(frozen=True)
class Patience:
    """How often a push is tried (policy), how long between, and the clock."""

    tries: int = 8
    waits_s: tuple[float, ...] = WAITS_S
    poll_s: float = POLL_S
    clock_ns: Callable[[], int] = time.time_ns

    def wait_s(self, tries: int, asked_s: float) -> float:
        """How long to wait after so many tries, where the other side asked for some time."""
        return max(asked_s, self.waits_s[min(tries, len(self.waits_s)) - 1])


class Guarded(AbstractResolver):
    """Looks names up, and refuses addresses that a name may not have."""

    def __init__(self, hooks: Webhooks, inner: AbstractResolver | None = None) -> None:
        self._hooks, self._inner = hooks, inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """The addresses of a host. Raises `NoticeError` where one of them is not allowed."""
        found = await self._inner.resolve(host, port, family)
        if not all(self._hooks.reachable(host, one["host"]) for one in found):
            raise NoticeError("private address", retryable=False)
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()


class Pusher:
    """One worker's; `run` on its loop until `stop`."""

    def __init__(
        self, store: Store, hooks: Webhooks, terms: Terms, metrics: Metrics, patience: Patience | None = None
    ) -> None:
        self._store, self._terms, self._metrics = store, terms, metrics
        self._hooks, self._patience = hooks, patience or Patience()
        self._targets = {one.name: one for one in hooks.entries}
        self._stopping = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="webhooks")

    def stop(self) -> None:
        """Let `run` return once what is under way has ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Send what is due, again and again; a fault is logged and tried again."""
        connector = aiohttp.TCPConnector(resolver=Guarded(self._hooks))
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False) as session:
            while not self._stopping.is_set():
                wait_s = self._patience.poll_s
                try:
                    await self.push(session)
                except Exception as error:
                    log.error("webhooks_not_looked_at", problem=type(error).__name__, exc_info=error)
                    wait_s = FAULT_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait_s)
        self._thread.shutdown(wait=False)

    async def push(self, session: aiohttp.ClientSession) -> int:
        """Send what is due now; gives how much that was."""
        taken = await self._in_thread(self._take)
        await asyncio.gather(*(self._send(session, row, document) for row, document in taken))
        return len(taken)

    async def _send(self, session: aiohttp.ClientSession, row: WebhookRow, document: str) -> None:
        target, body = self._targets[row.target], document.encode()
        now_s = self._patience.clock_ns() // 10**9
        headers = target.secret.headers(f"{row.joint}/{row.version}", now_s, body)
        try:
            await post(session, target.url, body, headers)
        except NoticeError as error:
            await self._in_thread(self._failed, row, error)
        else:
            await self._in_thread(self._sent, row, target)

    def _take(self) -> list[tuple[WebhookRow, str]]:
        """In the thread: what is to be sent now, each counted as tried."""
        now_ns = self._patience.clock_ns()
        while self._follow(now_ns) == BATCH:
            pass
        with self._store.reading() as conn:
            found = webhooks.due(conn, now_ns, MOST_UNDER_WAY)
        taken = []
        for row in found:
            with self._store.writing(durable=True) as conn:
                kept = joint_actions.get(conn, row.joint, corridors=None)
                if row.target not in self._targets or kept is None:
                    webhooks.settle(conn, row, GIVEN_UP, now_ns, "no such target any more")
                elif webhooks.begin_try(conn, row, now_ns + int(CLAIM_S * 1e9)):
                    taken.append((row._replace(tries=row.tries + 1), kept.document))
        return taken

    def _follow(self, now_ns: int) -> int:
        """Make rows of what the feed tells since the last time, at most `BATCH` events; gives how many events."""
        with self._store.reading() as conn:
            events = feed.read(conn, webhooks.followed(conn), BATCH, kinds={"joint-action"})
        if not events:
            return 0
        with self._store.writing(durable=True) as conn:
            webhooks.owe(conn, [row for event in events for row in self._rows(event.entry, now_ns)])
            webhooks.note_followed(conn, events[-1].number)
        return len(events)

    def _rows(self, entry: feed.Entry, now_ns: int) -> list[WebhookRow]:
        told = _TOLD.decode(entry.document)
        return [
            WebhookRow(target.name, told.id, told.version, DUE, 0, now_ns, now_ns)
            for target in self._targets.values()
            if target.wants(entry.corridor) and target.agency in (told.from_agency, told.to_agency)
        ]

    def _sent(self, row: WebhookRow, target: Webhook) -> None:
        now_ns = self._patience.clock_ns()
        with self._store.writing(durable=True) as conn:
            webhooks.settle(conn, row, SENT, now_ns)
        self._metrics.webhooks.labels(row.target, SENT).inc()
        actor = Actor(f"webhook {target.name}", Role.SYSTEM, target.agency)
        # Where its side went on meanwhile, or somebody was quicker, receipt is no news.
        with contextlib.suppress(JointRefusedError, FencedError), self._store.writing(durable=True) as conn:
            act(conn, row.joint, JointDeed(action="receive"), actor, now_ns, self._terms)

    def _failed(self, row: WebhookRow, error: NoticeError) -> None:
        now_ns = self._patience.clock_ns()
        over = not error.retryable or row.tries >= self._patience.tries
        with self._store.writing(durable=True) as conn:
            if over:
                webhooks.settle(conn, row, GIVEN_UP, now_ns, error.word)
            else:
                wait_s = self._patience.wait_s(row.tries, error.wait_s)
                webhooks.postpone(conn, row, now_ns + int(wait_s * 1e9), error.word)
        if over:
            log.error("webhook_given_up", target=row.target, joint=row.joint, problem=error.word)
        self._metrics.webhooks.labels(row.target, GIVEN_UP if over else "tried_again").inc()

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(function, *arguments))


class WebhookService(mode.Service):
    """The pusher as a service of the worker; its end ends nothing else."""

    def __init__(self, pusher: Pusher, **service: Any) -> None:
        super().__init__(**service)
        self._pusher, self._over = pusher, asyncio.Event()

    async def on_stop(self) -> None:
        """Give what is under way a moment."""
        self._pusher.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), STOP_S)

    @mode.Service.task
    async def _carry(self) -> None:
        try:
            await self._pusher.run()
        except Exception as error:
            log.critical("webhooks_stopped", problem=type(error).__name__, exc_info=error)
        finally:
            self._over.set()
