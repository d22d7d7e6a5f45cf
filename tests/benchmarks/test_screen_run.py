"""Runs of benchmarks/screen, small: what they compare is checked before it counts. No figure is looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine
from benchmarks.screen import filling, lane, latency, traffic
from benchmarks.screen.__main__ import plan
from benchmarks.screen.broker import Broker
from benchmarks.screen.cases import Drain, Kernel, Latency, Site
from benchmarks.screen.filling import Order
from rules.screen import Zone
from service.topics import INTERCEPTS, VIOLATIONS
from tests.servers.kafka import Cluster


@pytest.fixture
def site(start_kafka: Callable[[int], Cluster], tmp_path: Path) -> Site:
    """A place for one round on a broker of its own."""
    return Site(Broker(start_kafka(1).bootstrap_servers), lane.registry_file(tmp_path), tmp_path, rounds=1)


def test_a_lane_is_measured_only_if_it_counts_right(site: Site) -> None:
    """The real worker drains the topic; the same run with one violation more expected is no result."""
    random = np.random.default_rng(5)
    passages = traffic.placed(random, traffic.standard(random, 20_000))
    right = lane.expected(passages, lane.make_screen(site.registry))
    messages = filling.ordered(filling.spans(passages, 1), passages, Order.DAY, random)
    filled = filling.fill(site.broker, passages, messages)
    measured = lane.run(site.broker, filled, right, site.registry, site.new_folder())
    assert measured.per_s > 0
    wrong = dataclasses.replace(right, violations=right.violations + 1)
    with pytest.raises(lane.WrongResultError):
        lane.run(site.broker, filled, wrong, site.registry, site.new_folder())


def test_a_drain_gives_a_line_with_its_yardstick(site: Site) -> None:
    """Lane and raw drain read the same messages; the line names the mix, the bounds and whether they are met."""
    line = Drain("2", "standard", Order.DAY, 1, 20_000).run(site)
    assert (line["mix"], line["messages"], line["counted"]["passages"]) == ("standard", 20_000, 20_000)
    least = min(line["yardstick_by_fetch_bytes"].values())
    assert line["yardstick_passages_per_s"]["median"] >= least > 0
    assert line["met"] in (True, False)
    assert set(line["must"]) == {"ratio", "passages_per_s"}


def test_latencies_are_of_exactly_the_expected_messages(site: Site) -> None:
    """Violations and intercepts of what was produced, each once; bare hops of every passage after the lead-in."""
    pace = latency.Pace(2, 5)
    bare = latency.bare_hops(site.broker, pace, site.new_folder())
    assert all(len(run) and (run > 0).all() for run in bare.of.values())
    folder = site.new_folder()
    found = latency.worker(site.broker, f"sqlite:///{folder / 'wim.db'}", site.registry, pace, folder)
    assert found.of.keys() == {VIOLATIONS, INTERCEPTS}
    assert all((run > 0).all() for run in found.of.values())


def test_what_must_be_told_is_found_without_the_worker(tmp_path: Path) -> None:
    """Every vehicle over its limit gives a violation; the grave ones in zone intercept give an intercept."""
    random = np.random.default_rng(5)
    passages = traffic.placed(random, traffic.standard(random, 20_000))
    np.save(tmp_path / "produced.npy", passages, allow_pickle=False)
    screen = lane.make_screen(lane.registry_file(tmp_path))
    told = latency.expected(tmp_path, screen)
    verdicts = screen.judge(passages)
    assert len(told[VIOLATIONS]) == np.count_nonzero(verdicts["over"])
    assert told[INTERCEPTS] < told[VIOLATIONS]
    assert len(told[INTERCEPTS]) < np.count_nonzero(verdicts["zone"] == Zone.INTERCEPT)


def test_the_lead_in_does_not_count() -> None:
    """Latencies begin with what was produced five seconds after the first passage."""
    second = 10**9
    rows = {str(n): (n * second, n * second + (n + 1) * 10**6) for n in range(8)}
    assert latency.after_lead_in(rows).tolist() == [6.0, 7.0, 8.0]


def test_a_plan_covers_every_case() -> None:
    """A full run has both orders and the June record, a quick one less of each."""
    full = list(plan(("1", "2", "3", "6"), quick=False, database="sqlite", june=True))
    drains = [(case.case, case.mix, case.order) for case in full if isinstance(case, Drain)]
    assert drains == [
        ("1", "standard", Order.DAY),
        ("1", "standard", Order.INTERLEAVED),
        ("1", "june", Order.DAY),
        ("2", "standard", Order.DAY),
        ("2", "standard", Order.INTERLEAVED),
    ]
    assert [type(case) for case in full if not isinstance(case, Drain)] == [Kernel, Latency]
    quick = list(plan(("1", "2", "3", "6"), quick=True, database="sqlite", june=False))
    assert [case.mix for case in quick if isinstance(case, Drain)] == ["standard", "standard"]


def test_a_figure_says_where_it_comes_from() -> None:
    """Machine, versions and commit stand in every line."""
    origin = machine.provenance("4.3.0")
    assert origin["versions"]["kafka"] == "4.3.0"
    assert origin["machine"]["cores"] >= 1
    assert len(origin["commit"]) == 12
    assert 0 <= machine.busy_share(0.05) <= 1
