"""Made-up data: the real record's, and each sign by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift.crossings import Road, crossings
from tests.wim import june
from wim.authenticity import REASONS, Authenticity, Verdict
from wim.kernels.observe import COPIED
from wim.observations import Observations, of_passages


def verdict_of(file: Path, lane: int) -> Verdict:
    """What is to be thought of a lane of the June record."""
    judge = Authenticity()
    judge.update(june.trucks(file, lane))
    return judge.verdict


def test_lane_1_of_the_real_record_is_doubted_with_its_reasons(june_csv: Path) -> None:
    """Copied sides, boxes of spacings, a pile under the limit, speeds that follow from nothing: since day one."""
    verdict = verdict_of(june_csv, 1)
    found = {reason.name: reason for reason in verdict.reasons if reason.against}
    assert verdict.doubted
    assert verdict.since_ns == june.trucks(june_csv, 1)["time_ns"].min()
    assert set(found) == {"sides_copied", "spacings_uniform", "piled_under_limit", "speed_unrelated"}
    assert found["sides_copied"].figure == pytest.approx(0.97, abs=0.01)
    assert found["spacings_uniform"].figure == pytest.approx(0.09, abs=0.03)
    assert found["piled_under_limit"].figure == pytest.approx(2.1, abs=0.3)
    assert found["speed_unrelated"].figure == pytest.approx(0.11, abs=0.03)


def test_nothing_speaks_against_lane_2_of_the_real_record(june_csv: Path) -> None:
    """And its figures are shown all the same, each from hundreds of trucks."""
    verdict = verdict_of(june_csv, 2)
    assert not verdict.doubted
    assert verdict.since_ns is None
    assert [reason.name for reason in verdict.reasons if reason.against or reason.figure is None] == []
    assert min(reason.trucks for reason in verdict.reasons) > 300


def honest(count: int, seed: int) -> Observations:
    """Trucks of two and of six axles with limits; the two-axle ones are faster, as they are on any road."""
    passages = crossings(Road(six_axle_share=0.7), count, (seed,)).passages.copy()
    passages["speed_kmh"][passages["axle_count"] == 2] *= 1.2
    limits = np.where(passages["axle_count"] == 2, 18_000, 49_000).astype(np.int32)
    return of_passages(passages, np.column_stack([limits, limits]))[0]


def judged(*parts: Observations) -> Verdict:
    """What is thought after these trucks."""
    judge = Authenticity()
    for trucks in parts:
        judge.update(trucks)
    return judge.verdict


def against(verdict: Verdict) -> set[str]:
    """The reasons that speak against the lane."""
    return {reason.name for reason in verdict.reasons if reason.against}


@pytest.mark.parametrize("seed", range(5))
def test_nothing_speaks_against_honest_trucks(seed: int) -> None:
    """Of any seed."""
    assert against(judged(honest(3_000, seed))) == set()


def test_before_the_first_block_nothing_is_said() -> None:
    """499 trucks: every figure is None, none speaks, and the bounds are shown already."""
    verdict = judged(honest(510, 1)[:499])
    assert not verdict.doubted
    assert [reason.figure for reason in verdict.reasons] == [None] * 5
    assert [reason.name for reason in verdict.reasons] == list(REASONS)


def copied(trucks: Observations, rows: slice) -> Observations:
    """With left = right on some."""
    trucks["marks"][rows] |= COPIED
    return trucks


def repeated(trucks: Observations, rows: slice) -> Observations:
    """Where the loads of 1 200 trucks before are played again."""
    trucks["loads"][rows] = trucks["loads"][rows.start - 1_200 : rows.stop - 1_200]
    return trucks


@pytest.mark.parametrize(("make", "name"), [(copied, "sides_copied"), (repeated, "loads_repeated")])
def test_what_no_scale_does_is_enough_alone(make: Callable[[Observations, slice], Observations], name: str) -> None:
    """From truck 2 250 on: doubted for that reason, since the last good block, within two blocks."""
    trucks = honest(3_400, 2)
    trucks = make(trucks.copy(), slice(2_250, 3_100))
    verdict = judged(trucks[:3_000])
    assert against(verdict) == {name}
    assert verdict.doubted
    # 250 of 500 trucks of that block are made up, so it is not trusted as a whole.
    assert verdict.since_ns == trucks["time_ns"][1_999]


@pytest.mark.parametrize("spoilt", ["spacings", "pile", "speed"])
def test_what_has_innocent_causes_is_not_enough_alone(spoilt: str) -> None:
    """Bogies of one maker, a control at the entrance, a queue: each speaks, and the lane is not doubted."""
    names = {"spacings": "spacings_uniform", "pile": "piled_under_limit", "speed": "speed_unrelated"}
    verdict = judged(SPOIL[spoilt](honest(4_000, 3)))
    assert against(verdict) == {names[spoilt]}
    assert not verdict.doubted
    assert verdict.since_ns is None


def test_two_of_them_together_are_enough() -> None:
    """Boxes of spacings and a pile under the limit: doubted, since the beginning."""
    trucks = SPOIL["pile"](SPOIL["spacings"](honest(4_000, 4)))
    verdict = judged(trucks)
    assert against(verdict) == {"spacings_uniform", "piled_under_limit"}
    assert verdict.doubted
    assert verdict.since_ns == trucks["time_ns"].min()


def _box(trucks: Observations) -> Observations:
    rng = np.random.default_rng(5)
    trucks["first_mm"], trucks["last_mm"] = (
        rng.integers(3_400, 3_700, len(trucks)),
        rng.integers(1_300, 1_400, len(trucks)),
    )
    return trucks


def _pile(trucks: Observations) -> Observations:
    heavy = trucks["gross_kg"] > 0.85 * trucks["limit_high_kg"]
    share = np.random.default_rng(6).uniform(0.96, 1.04, len(trucks))
    trucks["gross_kg"] = np.where(heavy, share * trucks["limit_high_kg"], trucks["gross_kg"])
    return trucks


def _queue(trucks: Observations) -> Observations:
    trucks["speed_kmh"] = np.random.default_rng(7).uniform(50, 70, len(trucks))
    return trucks


SPOIL = {"spacings": _box, "pile": _pile, "speed": _queue}


def test_a_doubt_stays_with_its_figure_until_reset() -> None:
    """Honest trucks that follow do not take it back, nor do they change the figure that spoke; a reset does."""
    trucks = copied(honest(9_000, 8), slice(0, 1_500))
    judge = Authenticity()
    judge.update(trucks[:2_000])
    doubt = judge.verdict.reasons[0]
    judge.update(trucks[2_000:6_000])
    assert judge.verdict.doubted
    assert judge.verdict.reasons[0].since_ns == doubt.since_ns
    assert (judge.verdict.reasons[0].figure or 0) > doubt.bound
    judge.reset()
    judge.update(trucks[6_000:])
    assert against(judge.verdict) == set()


def test_without_limits_nothing_is_said_of_a_pile() -> None:
    """The other reasons do without."""
    trucks = _pile(honest(2_100, 9))
    trucks["limit_low_kg"] = trucks["limit_high_kg"] = 0
    pile = judged(trucks).reasons[REASONS.index("piled_under_limit")]
    assert (pile.figure, pile.trucks, pile.against) == (None, 0, False)
