"""How benchmarks/screen packs passages into messages."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.screen import filling, traffic
from benchmarks.screen.filling import Order
from wim.records import Passages


@pytest.fixture(scope="module")
def passages() -> Passages:
    """Passages of the standard mix, ordered by site."""
    random = np.random.default_rng(3)
    return traffic.placed(random, traffic.standard(random, 6_000))


@pytest.mark.parametrize("per_message", [1, 5, 256])
def test_every_passage_is_in_one_message_of_one_site(passages: Passages, per_message: int) -> None:
    """As a roadside unit packs them: no message mixes sites, only the last of a site is not full."""
    spans = filling.spans(passages, per_message)
    covered = np.concatenate([np.arange(first, end) for first, end in spans.tolist()])
    assert covered.tolist() == list(range(len(passages)))
    for first, end in spans.tolist():
        assert end - first <= per_message
        assert (passages["site"][first:end] == passages["site"][first]).all()
        is_last = end == len(passages) or passages["site"][end] != passages["site"][first]
        assert is_last or end - first == per_message


def test_the_day_goes_by_in_the_order_of_sending(passages: Passages) -> None:
    """A message is sent when its last passage is there."""
    random = np.random.default_rng(1)
    ordered = filling.ordered(filling.spans(passages, 5), passages, Order.DAY, random)
    assert (np.diff(passages["time_ns"][ordered[:, 1] - 1]) >= 0).all()


def test_interleaved_messages_are_the_same_messages(passages: Passages) -> None:
    """Only their order differs, and at any moment all hours of the day come in."""
    spans = filling.spans(passages, 5)
    ordered = filling.ordered(spans, passages, Order.INTERLEAVED, np.random.default_rng(1))
    assert sorted(ordered.tolist()) == spans.tolist()
    hours = passages["time_ns"][ordered[:200, 0]] // 3_600_000_000_000
    assert len(np.unique(hours)) >= 20
