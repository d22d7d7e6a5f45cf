"""Made-up data: the real record's, and each sign by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wim import june
from wim.authenticity import Authenticity, Verdict


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
