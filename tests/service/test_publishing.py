"""Packing passages into messages, and letting them go in step with a clock."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.lanes.work import Message
from service.publishing import PACK, Pacer, pack
from service.topics import PASSAGES
from tests.rules.worlds import truck
from wim import codec
from wim.records import Passages, passage_ids

NOW_NS = 1_790_000_000 * 10**9


def passages_of(sites: list[int]) -> Passages:
    """One truck at each of these sites, in this order."""
    passages = np.concatenate([truck(30_000)] * len(sites))
    passages["site"] = [f"S{site}".encode() for site in sites]
    passages["sequence"] = np.arange(len(sites))
    return passages


class Recorder:
    """Takes messages as a sender would, and keeps them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, messages: list[Message]) -> None:
        self.messages += messages


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.integers(1, 300))
def test_a_message_is_of_one_site_and_keeps_its_order(sites: list[int], copies: int) -> None:
    """All passages are in some message, keyed by their site, up to 256 together, in their order."""
    passages = passages_of(sites * copies)
    messages = list(pack(passages))
    batch = codec.decode([message.value for message in messages], NOW_NS)
    assert sorted(passage_ids(batch.passages)) == sorted(passage_ids(passages))
    for message, own in zip(messages, (codec.decode([m.value], NOW_NS).passages for m in messages), strict=True):
        assert message.topic == PASSAGES
        assert {site.encode() for site in [message.key.decode()]} == set(own["site"].tolist())
        assert len(own) <= PACK
    for site in set(sites):
        own = batch.passages[batch.passages["site"] == f"S{site}".encode()]
        assert np.all(np.diff(own["sequence"].astype(np.int64)) > 0)


async def test_a_scaled_replay_lets_nothing_go_before_its_time() -> None:
    """At ten times the speed a second of the record takes a tenth: each group waits for its place on the clock."""
    passages = passages_of([1, 1, 1])
    passages["time_ns"] += np.array([0, 10**9, 3 * 10**9])
    recorder, went = Recorder(), []
    now = [0.0]
    pacer = Pacer(10.0, clock=lambda: now[0])
    due = [0.0, 0.1, 0.3]

    def sent(count: int) -> None:
        went.append(count)
        # The clock jumps to when the next one is due, so that nothing has to wait.
        now[0] = due[min(len(went), 2)]

    await pacer.run(recorder, passages, sent)  # type: ignore[arg-type]
    assert went == [1, 1, 1]
    assert len(recorder.messages) == 3


async def test_full_speed_waits_for_nothing() -> None:
    """A month goes as fast as the broker takes it."""
    passages = passages_of([1, 2])
    passages["time_ns"][1] += 30 * 86_400 * 10**9
    recorder, went = Recorder(), []
    await Pacer(None).run(recorder, passages, went.append)  # type: ignore[arg-type]
    assert went == [2]
