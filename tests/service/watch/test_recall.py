"""A downgrade from the last good time on: what was judged before and after, in figures and violations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from service.messages import Violation, decode
from service.messages.vocabulary import Grade, Zone
from service.store import downgrades, violations
from service.store.downgrades import Ended
from service.store.engine import Store
from service.store.errors import FencedError
from tests.rules.worlds import START_NS
from tests.service.watch.site import MINUTE_NS, SECOND_NS, Road
from wim.records import HOUR_NS


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


def doubted(road: Road) -> dict[int, tuple[int, bool]]:
    """Version of each kept violation, and whether it says that its lane is doubted."""
    return {number: (one.version, "SITE_DOUBTED" in one.flags) for number, one in road.violations().items()}


def test_passages_after_a_downgrade_are_flagged_and_after_the_restore_no_more(road: Road) -> None:
    """As soon as the lane has asked again, at most a second later; the end of the span is outside."""
    road.cross(60_000)
    begun = road.downgrade(START_NS + 5 * SECOND_NS)
    road.restart()
    road.cross(60_000)
    with road.store.writing() as conn:
        downgrades.end(conn, [begun.id], Ended(START_NS + 20 * SECOND_NS, "chen", "strip replaced"))
    road.restart()
    road.cross(60_000)
    assert doubted(road) == {0: (1, False), 1: (1, True), 2: (1, False)}
    flagged = road.violations()[1]
    assert (flagged.grade, flagged.zone, flagged.evidence) == (Grade.COUNT, Zone.WATCH, False)


def test_what_was_judged_before_is_told_anew_from_the_last_good_time_on(road: Road) -> None:
    """Version 2 with the flag, grade count; what crossed before that time or in another lane stays as it was."""
    road.cross(60_000, 60_000, 60_000, 40_000)
    road.cross(60_000, lane=2)
    begun = road.downgrade(START_NS + 10 * SECOND_NS)
    told = road.turn()
    assert len(told) == 2
    assert doubted(road) == {0: (1, False), 1: (2, True), 2: (2, True), 4: (1, False)}
    assert "SITE_DOUBTED" in road.violations()[1].passage.flags
    with road.store.reading() as conn:
        listed = violations.page(conn, None, violations.Wanted(downgrade=begun.id), None, 10)
        assert downgrades.recalled_counts(conn, [begun.id]) == {begun.id: 2}
    assert [row.version for row in listed] == [2, 2]
    assert road.turn() == []


def test_told_anew_is_what_judging_under_the_doubt_says(road: Road) -> None:
    """But for the version: a truck of 60 t, one of 100 t, one just over the limit."""
    road.cross(60_000, 101_000, 50_000)
    road.downgrade(START_NS)
    road.turn()
    recalled = road.violations()
    road.restart()
    road.sequence = 0
    again = road.judge(road.trucks(60_000, 101_000, 50_000, part=1))
    for before, message in zip(recalled.values(), again.messages, strict=True):
        fresh = decode(Violation, message.value)
        told = (before.grade, before.zone, before.flags, before.evidence, before.proposal, before.passage.flags)
        assert told == (fresh.grade, fresh.zone, fresh.flags, fresh.evidence, fresh.proposal, fresh.passage.flags)


def test_net_figures_leave_out_what_was_taken_back_and_say_why(road: Road) -> None:
    """As if the downgrade had been known from the start: at every grain, to the truck."""
    road.cross(*[60_000] * 3, *[40_000] * 5)
    road.cross(*[60_000] * 2, lane=2)
    before = road.rates()
    assert (before["net"]["trucks"], before["excluded"]) == (10, {})
    road.downgrade(START_NS + 10 * SECOND_NS)
    road.turn()
    after = road.rates()
    assert (after["trucks"], after["over_nominal"], after["hundred_tonne"]) == (10, 5, 0)
    assert (after["net"]["trucks"], after["net"]["over_beyond_tolerance"]) == (3, 3)
    assert after["excluded"] == {"SITE_DOUBTED": 7}
    assert after["plate_read_percent"] == before["plate_read_percent"]


def test_figures_are_the_same_whenever_the_downgrade_was_known(road: Road) -> None:
    """Judged under it, taken back by it, or some of both: one answer."""
    half = road.trucks(60_000, 40_000, 60_000, 40_000), road.trucks(60_000, 40_000, 101_000, 40_000)
    road.keep(road.judge(half[0]))
    road.turn()
    judged = road.judge(half[1])
    # Between judging and keeping: what was told does not know, what is kept does.
    road.downgrade(START_NS + 10 * SECOND_NS)
    told = road.keep(judged)
    road.file(told)
    road.turn()
    row = road.rates()
    assert (row["trucks"], row["net"]["trucks"], row["excluded"]) == (8, 1, {"SITE_DOUBTED": 7})
    assert {number: flagged for number, (_, flagged) in doubted(road).items()} == {4: True, 6: True}


def test_a_violation_filed_after_the_recall_is_taken_back_as_well(road: Road) -> None:
    """It was judged and told before the downgrade, and lay in the log until after."""
    told = road.keep(road.judge(road.trucks(60_000)))
    road.downgrade(START_NS)
    assert road.turn() == []
    road.file(told)
    assert len(road.turn()) == 1
    assert doubted(road) == {0: (2, True)}


def test_an_open_intercept_whose_best_evidence_was_taken_back_is_told_and_stays_open(road: Road) -> None:
    """Its state and reasons stay with people; the best violation shows the flag and the grade that is left."""
    road.now_ns = START_NS + MINUTE_NS
    road.cross(80_000)
    (before,) = road.intercepts()
    road.downgrade(START_NS)
    road.turn()
    (after,) = road.intercepts()
    assert (after.state, after.reasons, after.version) == (before.state, before.reasons, before.version + 1)
    assert (after.best.grade, "SITE_DOUBTED" in after.best.flags) == (Grade.COUNT, True)


def test_a_doubt_that_leaves_interception_changes_no_net_figure(road: Road) -> None:
    """Grade intercept: still a truck to stop, and still counted; no evidence."""
    road.cross(60_000)
    road.downgrade(START_NS, grade=2)
    road.turn()
    assert (road.rates()["net"]["trucks"], road.rates()["excluded"]) == (1, {})
    (found,) = road.violations().values()
    assert (found.version, found.grade, found.zone, found.evidence) == (2, Grade.INTERCEPT, Zone.INTERCEPT, False)


def test_a_site_is_downgraded_with_all_its_lanes(road: Road) -> None:
    """Lane -1 stands for every lane."""
    road.cross(60_000)
    road.cross(60_000, lane=2)
    road.downgrade(START_NS, lane=downgrades.EVERY_LANE)
    road.turn()
    assert doubted(road) == {0: (2, True), 1: (2, True)}
    assert road.rates()["excluded"] == {"SITE_DOUBTED": 2}


def test_a_crash_anywhere_in_a_recall_changes_nothing(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transaction of it fails once, and each send is repeated: the same figures, each violation in version 2."""
    for hour in range(3):
        road.sequence = hour * 360
        road.cross(60_000, 40_000)
    road.now_ns = START_NS + 4 * HOUR_NS
    road.downgrade(START_NS)
    crashes = 0
    done = False
    while not done:
        done, crashes = crash_once(road, crashes, monkeypatch), crashes + 1
    assert crashes > 4
    assert (road.rates()["net"]["trucks"], road.rates()["excluded"]) == (0, {"SITE_DOUBTED": 6})
    assert [version for version, _ in doubted(road).values()] == [2, 2, 2]


def crash_once(road: Road, after: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A fresh watch whose transaction number `after` fails at its end; True where it came through before."""
    road.restart()
    # The lease of the one that died runs out.
    road.now_ns += MINUTE_NS
    begun = 0
    writing = Store.writing

    @contextmanager
    def failing(self: Store, durable: bool = False) -> Iterator[Connection]:
        nonlocal begun
        with writing(self, durable) as conn:
            yield conn
            begun += 1
            if begun > after:
                raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Store, "writing", failing)
        try:
            told = road.watch.turn()
        except ZeroDivisionError:
            return False
    # Told, and the process is gone before it is noted: the next watch tells it again.
    road.file(told or [])
    return True


def test_two_watches_take_back_once(road: Road) -> None:
    """The second finds the lease taken; and were it not, what is taken back has moved on."""
    road.cross(60_000, 40_000)
    begun = road.downgrade(START_NS)
    other = road.make_watch("two")
    assert road.watch.turn()
    if not road.store.is_sqlite:
        assert other.turn() is None
    with pytest.raises(FencedError), road.store.writing() as conn:
        downgrades.recalled_to(conn, begun, begun.recalled_s, whole=True)
    assert road.rates()["excluded"] == {"SITE_DOUBTED": 2}
