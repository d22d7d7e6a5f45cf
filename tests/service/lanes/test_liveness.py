"""Whether the lanes live: the verdict over lag and progress, with a clock of the test's own."""

from __future__ import annotations

import pytest

from service.lanes.liveness import STALLED_SECONDS, Liveness
from service.lanes.work import Partition

HELD = {Partition("wim.passages.v1", 0): 10}


class Clock:
    """Time stands still until told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def liveness(clock: Clock) -> Liveness:
    """A started worker with one lane, `screen`, that holds a partition without lag."""
    verdict = Liveness(clock)
    verdict.starting = False
    pulse = verdict.pulse("screen")
    pulse.positions, pulse.lag = HELD, 0
    return verdict


def let_pass(clock: Clock, liveness: Liveness, seconds: float, broker_away: bool = False) -> None:
    """Let time pass with the gauge looking every two seconds."""
    for _ in range(int(seconds / 2)):
        clock.now_s += 2.0
        liveness.looked(broker_away)


def test_a_worker_that_warms_up_says_so_and_is_not_restarted() -> None:
    """Compiling may outlast every patience of a probe: not ready, with the reason, and alive."""
    verdict = Liveness()
    verdict.warming_up = True
    assert verdict.why_not_ready() == ["warming up: kernels are being compiled"]
    assert verdict.why_not_live() == []
    verdict.warming_up = False
    assert verdict.why_not_ready() == ["starting"]


def test_a_lane_with_nothing_to_do_lives(clock: Clock, liveness: Liveness) -> None:
    """No lag, no progress, no problem."""
    let_pass(clock, liveness, 3_600)
    assert liveness.why_not_live() == []
    assert liveness.why_not_ready() == []


@pytest.mark.parametrize("lag", [1, None], ids=["behind", "unknown"])
def test_lag_without_progress_kills_after_thirty_seconds(clock: Clock, liveness: Liveness, lag: int | None) -> None:
    """An unknown lag counts as lag."""
    liveness.pulse("screen").lag = lag
    let_pass(clock, liveness, STALLED_SECONDS)
    assert liveness.why_not_live() == []
    let_pass(clock, liveness, 2)
    (reason,) = liveness.why_not_live()
    assert reason.startswith("lane screen: ")
    liveness.pulse("screen").progress()
    assert liveness.why_not_live() == []


def test_a_patient_lane_gets_its_patience_on_top(clock: Clock, liveness: Liveness) -> None:
    """A lane that gathers for ten minutes makes no progress for ten minutes."""
    patient = liveness.pulse("archive", 600.0)
    patient.positions, patient.lag = HELD, 5
    let_pass(clock, liveness, 600 + STALLED_SECONDS)
    assert liveness.why_not_live() == []
    let_pass(clock, liveness, 2)
    assert len(liveness.why_not_live()) == 1


def test_a_broker_that_is_away_makes_unready_and_kills_nobody(clock: Clock, liveness: Liveness) -> None:
    """A restart would not bring it back; once it is back, the thirty seconds begin anew."""
    liveness.pulse("screen").lag = None
    let_pass(clock, liveness, 600, broker_away=True)
    assert liveness.why_not_live() == []
    assert liveness.why_not_ready() == ["no broker answers"]
    let_pass(clock, liveness, STALLED_SECONDS)
    assert liveness.why_not_live() == []
    let_pass(clock, liveness, 2)
    assert len(liveness.why_not_live()) == 1


def test_an_event_loop_that_does_not_turn_kills(clock: Clock, liveness: Liveness) -> None:
    """The probes have a thread of their own: they notice that the gauge has stopped looking."""
    clock.now_s += STALLED_SECONDS + 1
    (reason,) = liveness.why_not_live()
    assert "event loop" in reason


def test_while_it_starts_it_lives_and_is_not_ready(clock: Clock) -> None:
    """Compiling kernels in an empty cache takes longer than any patience for a lane."""
    verdict = Liveness(clock)
    verdict.pulse("screen")
    clock.now_s += 600
    assert verdict.why_not_live() == []
    assert verdict.why_not_ready() == ["starting", "lane screen: no assignment yet"]
