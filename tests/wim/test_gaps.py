"""Lost frames: what the numbers of a lane say, and what they do not."""

from __future__ import annotations

import random

import pytest

from wim.gaps import MOST_LOST, REMEMBERED, Gaps, Step

WRAP = 1 << 32


def steps(gaps: Gaps, sequences: list[int], run: int = 1) -> list[Step]:
    """What each number changes; frames are a second apart, runs a year."""
    return [gaps.note("S", 1, run, sequence % WRAP, (sequence + run * 2**25) * 10**9) for sequence in sequences]


def test_numbers_in_order_say_that_nothing_is_lost() -> None:
    """Wherever a unit begins to count, and beyond 2³²."""
    gaps = Gaps()
    assert steps(gaps, list(range(WRAP - 5, WRAP + 5))) == [Step()] * 10
    assert gaps.missing("S", 1) == 0


@pytest.mark.parametrize("start", [0, 41, WRAP - 3, WRAP - 1])
def test_a_skipped_number_is_a_lost_frame(start: int) -> None:
    """Also where the numbers wrap within the gap."""
    gaps = Gaps()
    assert steps(gaps, [start, start + 4, start + 5]) == [Step(), Step(missing=3), Step()]
    assert gaps.missing("S", 1) == 3


def test_lanes_sites_and_runs_are_counted_apart() -> None:
    """The same numbers on another lane, at another site or after another start are no gap and no repeat."""
    gaps = Gaps()
    for site, lane, run in (("S", 1, 1), ("S", 2, 1), ("T", 1, 1), ("S", 1, 2)):
        assert [gaps.note(site, lane, run, sequence, sequence + 10 * run) for sequence in (7, 9)] == [
            Step(),
            Step(missing=1),
        ]
    assert (gaps.missing("S", 1), gaps.missing("S", 2), gaps.missing("T", 1)) == (2, 1, 1)


def test_a_restart_is_no_loss() -> None:
    """A new run begins at 0; what the restart itself lost nobody can tell."""
    gaps = Gaps()
    steps(gaps, [500, 501], run=9)
    assert steps(gaps, [0, 1], run=10) == [Step(), Step()]
    assert gaps.missing("S", 1) == 0


def test_a_restart_that_nobody_tells_of_is_no_loss_and_no_repeat() -> None:
    """With run 0 a low number on a newer frame is a unit that began anew."""
    gaps = Gaps()
    for sequence, start_ns in ((500, 1), (501, 2), (0, 3), (1, 4)):
        assert gaps.note("S", 1, 0, sequence, start_ns) == Step()
    assert gaps.note("S", 1, 0, 3, 5) == Step(missing=1)


def test_a_repeat_changes_nothing() -> None:
    """A frame that was sent twice, or read again after a restart of ours, is neither lost nor found."""
    gaps = Gaps()
    steps(gaps, [1, 2, 5])
    assert steps(gaps, [5, 2, 1]) == [Step(repeat=True)] * 3
    assert gaps.missing("S", 1) == 2
    steps(gaps, [5 + 3 * REMEMBERED])
    assert steps(gaps, [5]) == [Step(repeat=True)]


def test_a_late_frame_is_taken_back() -> None:
    """What came after all was not lost, once."""
    gaps = Gaps()
    steps(gaps, [1, 4])
    assert steps(gaps, [2, 2]) == [Step(late=True), Step(repeat=True)]
    assert gaps.missing("S", 1) == 1


def test_a_late_frame_of_the_run_before_belongs_to_it() -> None:
    """A start between two shuffled frames does not make the unit start twice."""
    gaps = Gaps()
    steps(gaps, [100, 102], run=8)
    steps(gaps, [0], run=9)
    assert steps(gaps, [101], run=8) == [Step(late=True)]
    assert steps(gaps, [1], run=9) == [Step()]
    assert gaps.missing("S", 1) == 0


def test_a_record_that_is_read_again_counts_nothing_twice() -> None:
    """Three starts, read a second time from the first: every frame is a repeat, and the lane goes on as it was."""
    gaps = Gaps()
    record = [(run, [5, 7, 8]) for run in (1, 2, 3)]
    for run, sequences in record:
        steps(gaps, sequences, run)
    for run, sequences in record:
        assert steps(gaps, sequences, run) == [Step(repeat=True)] * 3
    assert steps(gaps, [9, 11], run=3) == [Step(), Step(missing=1)]


def test_a_jump_that_no_loss_explains_begins_anew() -> None:
    """Two thousand million lost frames would bury every true figure."""
    gaps = Gaps()
    assert steps(gaps, [5, 5 + MOST_LOST + 1]) == [Step(), Step(missing=MOST_LOST)]
    assert steps(gaps, [5 + (1 << 31), 6 + (1 << 31)]) == [Step(), Step()]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_within_a_thousand_gives_the_true_number(seed: int) -> None:
    """Shuffled, repeated and thinned numbers leave exactly the frames that never came."""
    chance = random.Random(seed)
    sent = list(range(WRAP - 2_000, WRAP + 2_000))
    lost = set(chance.sample(sent[1:-1], 37))
    arriving = [number for number in sent if number not in lost] + chance.sample(sent[1_000:1_100], 20)
    lost -= set(arriving)
    first, *others = arriving
    # At most 400 places early or late: below what is remembered, twice over.
    order = [first, *sorted(others, key=lambda number: number + chance.uniform(-400, 400))]
    gaps = Gaps()
    steps(gaps, order)
    assert gaps.missing("S", 1) == len(lost)


def test_what_is_remembered_goes_on_elsewhere() -> None:
    """Another process that is given the state continues as if it had seen the frames."""
    before, through, after = Gaps(), Gaps(), Gaps()
    for gaps in (before, through):
        steps(gaps, [1, 4], run=1)
        steps(gaps, [0, 2], run=2)
    after.add(before.runs("S", 1))
    for gaps in (after, through):
        assert steps(gaps, [1, 2, 5], run=2) == [Step(late=True), Step(repeat=True), Step(missing=2)]
        assert steps(gaps, [3], run=1) == [Step(late=True)]
        assert gaps.missing("S", 1) == 3
