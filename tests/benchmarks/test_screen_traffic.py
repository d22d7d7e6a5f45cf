"""The traffic of benchmarks/screen is what its figures say that it is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from benchmarks.screen import lane, province, traffic
from rules.screen import Screen
from service.registry import parse_registry
from wim.records import Passages, passage_ids, text

COUNT = 20_000


@pytest.fixture(scope="module")
def passages() -> Passages:
    """Passages of the standard mix."""
    random = np.random.default_rng(7)
    return traffic.placed(random, traffic.standard(random, COUNT))


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Screen:
    """What the worker of the benchmark judges by."""
    return lane.make_screen(lane.registry_file(tmp_path_factory.mktemp("province")))


def test_the_standard_mix_is_as_stated(passages: Passages, screen: Screen) -> None:
    """35 % trucks, 3 % of the trucks violating, by the rules themselves."""
    found = lane.expected(passages, screen)
    assert found.passages == COUNT
    assert found.trucks == round(0.35 * COUNT)
    assert found.violations == round(0.03 * found.trucks)


def test_every_lane_is_registered_and_certified(passages: Passages, screen: Screen) -> None:
    """Nothing is judged by a default, so that every look-up is paid for."""
    verdicts = screen.judge(passages)
    assert (verdicts["lane"] >= 0).all()
    assert (verdicts["certificate"] >= 0).all()
    assert (verdicts["rule_set"] >= 0).all()


def test_the_province_has_two_thousand_lanes() -> None:
    """In the registry that the worker reads, under the names that the traffic uses."""
    network = parse_registry(tomllib.loads(province.registry_toml()), "province").network
    assert sum(len(site.lanes) for site in network.sites.values()) == province.LANES == 2_000
    assert list(network.sites) == [text(site) for site in province.site_names().tolist()]
    assert list(network.corridors) == province.corridor_names()


def test_crossings_are_different_and_numbered_in_the_order_of_their_lane(passages: Passages) -> None:
    """A crossing that occurred twice would be left out as a duplicate, and its cost with it."""
    assert len(set(passage_ids(passages))) == COUNT
    lanes = passages[["site", "lane"]]
    for one in np.unique(lanes)[:50]:
        own = passages[lanes == one]
        assert (np.diff(own["time_ns"]) >= 0).all()
        assert own["sequence"].tolist() == list(range(len(own)))


def test_one_seed_gives_one_traffic() -> None:
    """Two runs measure the same bytes; another seed gives others."""
    one, same, other = (traffic.standard(np.random.default_rng(seed), 500).tobytes() for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_plates_are_invented_and_never_repeat() -> None:
    """All begin with a block that no authority issues, and no trip is made of two vehicles."""
    plates = traffic.plates(50_000, 28_000_000)
    assert len(np.unique(plates)) == len(plates)
    shown = [text(plate) for plate in plates[:100].tolist()]
    assert all(len(plate) == 7 and plate.startswith("苏Z") for plate in shown)


def test_the_june_mix_keeps_the_shares_of_the_record(june_csv: Path, screen: Screen) -> None:
    """37 % trucks, 35 % of them over, drawn from 45 185 crossings: within a percent."""
    random = np.random.default_rng(7)
    drawn = traffic.placed(random, traffic.june(random, 50_000, june_csv))
    found = lane.expected(drawn, screen)
    assert found.trucks / found.passages == pytest.approx(16_924 / 45_185, abs=0.01)
    assert found.over_nominal / found.trucks == pytest.approx(5_933 / 16_924, abs=0.01)
