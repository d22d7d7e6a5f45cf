"""The relay: what changed is told once it is kept, by one relay at a time, and the newest state is always the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from dispatch.joint import Trigger
from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.joint_proposals import propose
from service.docket.keeping import FORGET
from service.lanes.work import Message
from service.messages import Intercept, JointAction, decode
from service.metrics import Metrics
from service.relay import LEASE, Relay, Times
from service.store import leases, outbox
from service.store.engine import Store
from service.topics import INTERCEPTS, JOINT_ACTION
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, TIME_NS

SQUAD = Actor("officer-7", "squad", agency="road", squad="liyang-2")


@dataclass
class Log:
    """Stands for the topic: what was acknowledged, in order. `gate` holds sends back until it is set."""

    messages: list[Message] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def send(self, messages: Sequence[Message]) -> None:
        """As `service.lanes.sending.Sender`."""
        self.under_way += 1
        await self.gate.wait()
        self.messages += messages
        self.under_way -= 1

    @property
    def joint(self) -> list[Message]:
        """What went to the other agency."""
        return [message for message in self.messages if message.topic == JOINT_ACTION]

    @property
    def told(self) -> list[tuple[int, str]]:
        """Version and state of everything sent."""
        decoded = [decode(Intercept, message.value) for message in self.messages]
        return [(told.version, told.state.value) for told in decoded]


@dataclass
class Clock:
    """Both clocks of a process; the test moves them."""

    seconds: float = 0.0

    def times(self, **changed: Any) -> Times:
        usual = {"lease_s": 15.0, "producer_s": 30.0, "poll_s": 0.01}
        return Times(
            **(usual | changed),
            clock_ns=lambda: TIME_NS + int(self.seconds * 1e9),
            monotonic_s=lambda: self.seconds,
        )


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once the condition holds; fail where it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def relaying(
    store: Store, log: Log, clock: Clock, owner: str = "one", metrics: Metrics | None = None, **times: Any
) -> AsyncIterator[Relay]:
    metrics = metrics or Metrics()
    relay = Relay(store, log, metrics, Desk(store).terms, owner, clock.times(**times))  # type: ignore[arg-type]
    relay._alone = False  # two relays on one SQLite file stand for two workers on PostgreSQL
    running = asyncio.ensure_future(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await asyncio.wait_for(running, 20)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def claim(desk: Desk) -> None:
    with desk.store.writing(durable=True) as conn:
        act(conn, desk.only_intercept().id, Deed(action="claim"), SQUAD, desk.now_ns, desk.terms)


async def test_a_change_is_told_once_with_key_and_headers(desk: Desk) -> None:
    """What the lane filed and what the API did go out in turn, each once, and are noted."""
    log, clock = Log(), Clock()
    async with relaying(desk.store, log, clock):
        desk.file(desk.violation())
        await until(lambda: log.told == [(1, "open")] and desk.to_publish() == [])
        claim(desk)
        await until(lambda: log.told == [(1, "open"), (2, "claimed")] and desk.to_publish() == [])
    message, told = log.messages[0], decode(Intercept, log.messages[0].value)
    assert (message.topic, message.key) == (INTERCEPTS, told.id.encode())
    headers = dict(message.headers)
    assert headers["ce_id"] == f"{told.id}/1".encode()
    assert headers["ce_type"] == b"dispatch.intercept.v1"
    assert headers["ce_time"] == told.time.encode()
    assert headers["traceparent"].startswith(b"00-")


async def test_the_time_from_crossing_to_intercept_is_measured_once(desk: Desk) -> None:
    """When the first state is acknowledged; what people do later, and what a new owner repeats, is no latency."""
    log, clock, metrics = Log(), Clock(), Metrics()

    def measured(suffix: str) -> float | None:
        return metrics.registry.get_sample_value(f"wim_vehicle_latency_seconds_{suffix}", {"step": "intercept"})

    desk.file(desk.violation())
    clock.seconds = 2.0
    async with relaying(desk.store, log, clock, metrics=metrics):
        await until(lambda: log.told == [(1, "open")] and desk.to_publish() == [])
        claim(desk)
        await until(lambda: len(log.told) == 2 and desk.to_publish() == [])
    assert (measured("count"), measured("sum")) == (1, 2.0)
    async with relaying(desk.store, log, clock, "two", metrics=metrics, producer_s=0.0):
        await until(lambda: len(log.told) == 3 and desk.to_publish() == [])
    assert measured("count") == 1


async def test_what_is_owed_is_told_once_and_dropped(desk: Desk) -> None:
    """A joint action goes out under its intercept's key, each version, and is owed no longer once acknowledged."""
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    told = desk.only_intercept()
    with desk.store.writing(durable=True) as conn:
        propose(conn, told, Trigger.REFUSED, TIME_NS, desk.terms)
        owed = len(outbox.waiting(conn, 10))
    log, clock = Log(), Clock()
    async with relaying(desk.store, log, clock):
        await until(lambda: len(log.joint) == owed and not waiting(desk))
        clock.seconds += 1
    message = log.joint[-1]
    joint = decode(JointAction, message.value)
    headers = {name: value.decode() for name, value in message.headers}
    assert (message.key, joint.trigger, len(log.joint)) == (told.id.encode(), "refused", owed)
    assert (headers["ce_id"], headers["ce_type"]) == (f"{joint.id}/1", "dispatch.joint-action.v1")


def waiting(desk: Desk) -> list[outbox.Waiting]:
    with desk.store.reading() as conn:
        return outbox.waiting(conn, 10)


async def test_of_quick_changes_the_present_state_is_sent(desk: Desk) -> None:
    """Nobody needs the states between."""
    log = Log()
    desk.file(desk.violation())
    desk.file(desk.violation(MINUTE_NS))
    claim(desk)
    async with relaying(desk.store, log, Clock()):
        await until(lambda: log.told != [])
    assert log.told == [(3, "claimed")]


async def test_what_was_late_is_never_told(desk: Desk) -> None:
    """A replayed year stays off the topic; what is live beside it does not wait."""
    log = Log()
    desk.file(desk.violation(-60 * MINUTE_NS))
    desk.file(desk.violation(passage_plate="苏B12345"))
    async with relaying(desk.store, log, Clock()):
        await until(lambda: log.told != [])
        await until(lambda: desk.to_publish() == [])
    assert log.told == [(1, "open")]


async def test_only_one_of_two_relays_sends_and_the_other_follows(desk: Desk) -> None:
    """The second waits for the lease; given back, it goes on at once."""
    first, second, clock = Log(), Log(), Clock()
    async with relaying(desk.store, first, clock, "one"):
        desk.file(desk.violation())
        await until(lambda: first.told != [])
        async with relaying(desk.store, second, clock, "two", lease_s=0.3):
            desk.file(desk.violation(MINUTE_NS))
            await until(lambda: len(first.told) == 2)
            assert second.told == []
    assert first.told == [(1, "open"), (2, "open")]
    async with relaying(desk.store, second, clock, "two"):
        claim(desk)
        await until(lambda: second.told == [(3, "claimed")])


async def test_a_new_owner_tells_every_open_intercept_again_after_the_producers_time(desk: Desk) -> None:
    """Whatever the former owner still had under way, the newest state comes after it."""
    clock = Clock()
    desk.file(desk.violation())
    desk.file(desk.violation(passage_plate="苏B12345"))
    async with relaying(desk.store, Log(), clock, "one"):
        await until(lambda: desk.to_publish() == [])
    log = Log()
    async with relaying(desk.store, log, clock, "two", lease_s=100.0):
        desk.file(desk.violation(passage_plate="苏C12345"))
        await until(lambda: len(log.told) == 1)
        clock.seconds += 31
        await until(lambda: len(log.told) == 4)
        await until(lambda: desk.to_publish() == [])
    assert log.told == [(1, "open")] * 4


async def test_a_relay_that_was_paused_leaves_the_newest_state_last(desk: Desk) -> None:
    """Its old state lands behind the newer one; then it finds the lease gone, and the newer one comes again."""
    log, clock = Log(), Clock()
    desk.file(desk.violation())
    log.gate.clear()
    async with relaying(desk.store, log, clock, "paused"):
        await until(lambda: log.under_way == 1)  # version 1 is on its way, and stays there
        clock.seconds += 60
        other = Log()
        async with relaying(desk.store, other, clock, "new", lease_s=1_000.0, producer_s=1e9):
            claim(desk)
            await until(lambda: other.told == [(2, "claimed")])
            log.gate.set()  # the paused one wakes: version 1 lands behind version 2
            await until(lambda: log.told == [(1, "open")])
            await until(lambda: other.told == [(2, "claimed")] * 2)
            await until(lambda: desk.to_publish() == [])


async def test_a_relay_does_not_send_what_it_read_too_long_ago(desk: Desk) -> None:
    """Paused between its look and its send, it looks again: the squad that claimed meanwhile never reads `open`."""
    log, clock = Log(), Clock()
    async with relaying(desk.store, log, clock) as relay:
        _pause_before_sending(relay, clock, meanwhile=lambda: claim(desk))
        desk.file(desk.violation())
        await until(lambda: log.told == [(2, "claimed")])
        await until(lambda: desk.to_publish() == [])
    assert log.told == [(2, "claimed")]


def _pause_before_sending(relay: Relay, clock: Clock, meanwhile: Callable[[], None]) -> None:
    """Let two seconds pass between the first look that finds something and its send. Before the relay's first look."""
    in_thread, looks = relay._in_thread, []

    async def looked(function: Callable[..., Any], *arguments: Any) -> Any:
        found = await in_thread(function, *arguments)
        if function.__name__ == "look" and found and not looks:
            looks.append(found)
            clock.seconds += 2
            meanwhile()
        return found

    relay._in_thread = looked  # type: ignore[method-assign, assignment]


async def test_the_relay_ends_what_is_out_of_reach_and_tells_it(desk: Desk) -> None:
    """The timer fires in whichever worker relays."""
    log, clock = Log(), Clock()
    desk.file(desk.violation())
    async with relaying(desk.store, log, clock, lease_s=1e6):
        await until(lambda: log.told == [(1, "open")])
        clock.seconds += 15 * 60
        await until(lambda: log.told == [(1, "open"), (2, "expired")])


async def test_what_is_over_is_taken_off_the_topic_after_thirty_days(desk: Desk) -> None:
    """A null under its key lets the broker forget it; it is sent once, and the database keeps the intercept."""
    log, clock = Log(), Clock()
    desk.file(desk.violation())
    claim(desk)
    with desk.store.writing(durable=True) as conn:
        lost = Deed(action="lose")
        act(conn, desk.only_intercept().id, lost, SQUAD, desk.now_ns, desk.terms)
    async with relaying(desk.store, log, clock, lease_s=1e9):
        await until(lambda: log.told == [(3, "lost")])
        (due_at_ns,) = (row.due_at_ns for row in desk.rows("timers") if row.kind == FORGET)
        assert due_at_ns == desk.now_ns + 30 * 86_400 * 10**9
        clock.seconds += 30 * 86_400
        await until(lambda: len(log.messages) == 2)
        await until(lambda: not desk.rows("timers"))
    assert (log.messages[1].key, log.messages[1].value) == (log.messages[0].key, None)
    assert desk.only_intercept().state == "lost"


async def test_a_failing_broker_ends_the_relay_and_loses_nothing(desk: Desk) -> None:
    """What was not acknowledged stays due."""

    class Failing(Log):
        async def send(self, messages: Sequence[Message]) -> None:
            raise ConnectionError("away")

    desk.file(desk.violation())
    relay = Relay(desk.store, Failing(), Metrics(), desk.terms, "one", Clock().times())  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(relay.run(), 20)
    assert desk.to_publish() == [desk.only_intercept().id]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_restarted_worker_on_sqlite_does_not_wait_for_its_dead_self(desk: Desk) -> None:
    """One worker per file: the lease of a process that was killed is nobody's."""
    with desk.store.writing() as conn:
        assert leases.acquire(conn, LEASE, "dead", TIME_NS, 10**15)
    log = Log()
    desk.file(desk.violation())
    relay = Relay(desk.store, log, Metrics(), desk.terms, "reborn", Clock().times())  # type: ignore[arg-type]
    running = asyncio.ensure_future(relay.run())
    await until(lambda: log.told == [(1, "open")])
    relay.stop()
    await asyncio.wait_for(running, 20)


async def test_a_wake_from_another_thread_is_heard_at_once(desk: Desk) -> None:
    """The lane's thread wakes the relay; nobody waits for the next look."""
    log = Log()
    async with relaying(desk.store, log, Clock(), poll_s=60.0) as relay:
        await until(lambda: relay._loop is not None)
        desk.file(desk.violation())
        await asyncio.to_thread(relay.wake)
        await until(lambda: log.told == [(1, "open")], seconds=20)
