"""Guarantees of intercepts: one winner of two, and the newest state reaches the topic."""

from __future__ import annotations

import threading

import pytest

from service.store import intercepts
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.intercepts import Unpublished, Wanted
from service.store.paging import Cursor
from tests.service.store.rows import intercept


def test_of_two_squads_that_claim_at_once_exactly_one_wins(store: Store) -> None:
    """Whatever the timing, one claim is kept and every other is fenced."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1)])
    ready, won, fenced = threading.Barrier(6), [], []

    def claim(squad: str) -> None:
        ready.wait()
        try:
            with store.writing(durable=True) as conn:
                intercepts.save(conn, [intercept(1, version=2, state="claimed", squad=squad)])
            won.append(squad)
        except FencedError:
            fenced.append(squad)

    threads = [threading.Thread(target=claim, args=(f"squad-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(fenced)) == (1, 5)
    with store.reading() as conn:
        assert intercepts.get(conn, "intercept-1", None) == intercept(1, version=2, state="claimed", squad=won[0])


def test_relay_sees_what_is_behind_until_its_newest_version_is_acknowledged(store: Store) -> None:
    """A change makes an intercept due, also one during the sending; a late acknowledgement undoes nothing."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1)])
        first = intercepts.unpublished(conn, 9)
        assert first == [Unpublished("intercept-1", 1, intercept(1).document, 0)]
        intercepts.save(conn, [intercept(1, version=2)])
        intercepts.mark_published(conn, first)
        second = intercepts.unpublished(conn, 9)
        assert [due.version for due in second] == [2]
        intercepts.mark_published(conn, second)
        assert intercepts.unpublished(conn, 9) == []
        intercepts.mark_published(conn, first)
        assert intercepts.unpublished(conn, 9) == []


def test_what_is_asked_for_again_stays_due_through_an_acknowledgement_under_way(store: Store) -> None:
    """However often it is asked for: only a sending that was begun afterwards counts."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1), intercept(2)])
        for _ in range(3):
            under_way = intercepts.unpublished(conn, 9)
            intercepts.publish_again(conn, ["intercept-1"])
            intercepts.mark_published(conn, under_way)
            assert [due.id for due in intercepts.unpublished(conn, 9)] == ["intercept-1"]
        intercepts.mark_published(conn, intercepts.unpublished(conn, 9))
        assert intercepts.unpublished(conn, 9) == []


def test_what_is_kept_quiet_is_due_only_once_it_changes(store: Store) -> None:
    """An intercept that was late is passed over, until it is one that somebody must hear of."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1)])
        intercepts.never_publish(conn, ["intercept-1"])
        assert intercepts.unpublished(conn, 9) == []
        intercepts.save(conn, [intercept(1, version=2)])
        assert [due.version for due in intercepts.unpublished(conn, 9)] == [2]


def test_what_can_be_acted_on_is_sent_first(store: Store) -> None:
    """Beside a backlog the relay takes the active intercepts first, the newest of them first."""
    rows = [intercept(1), intercept(2, active=False), intercept(3), intercept(4, active=False)]
    with store.writing() as conn:
        intercepts.save(conn, rows)
        assert [due.id[-1] for due in intercepts.unpublished(conn, 3)] == ["3", "1", "4"]


def test_new_relay_sends_every_active_intercept_again(store: Store) -> None:
    """A new owner makes what was published of the active ones due again, and nothing of the others."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1), intercept(2, active=False), intercept(3)])
        intercepts.mark_published(conn, [due for due in intercepts.unpublished(conn, 9) if due.id != "intercept-3"])
        assert intercepts.republish_active(conn) == 1
        due = {due.id: due.noted == 0 for due in intercepts.unpublished(conn, 9)}
        assert due == {"intercept-1": False, "intercept-3": True}, "noted 0 means that nobody was ever told"


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [4, 3, 2, 1]),
        (Wanted(states=["claimed", "closed"]), [3, 2]),
        (Wanted(active=True), [4, 2, 1]),
        (Wanted(squad="liyang-2"), [2]),
        (Wanted(plate="苏B99999"), [4]),
        (Wanted(from_ns=2 * 10**9, to_ns=4 * 10**9), [3, 2]),
    ],
)
def test_list_shows_what_is_wanted(store: Store, wanted: Wanted, numbers: list[int]) -> None:
    """Each condition keeps exactly the intercepts that meet it, newest sighting first."""
    rows = [
        intercept(1),
        intercept(2, state="claimed", squad="liyang-2"),
        intercept(3, state="closed", active=False),
        intercept(4, plate="苏B99999"),
    ]
    with store.writing() as conn:
        intercepts.save(conn, rows)
        assert intercepts.page(conn, None, wanted, None, 9) == [rows[number - 1] for number in numbers]


def test_reader_sees_only_their_corridors(store: Store) -> None:
    """Neither a list nor an id gives an intercept of another corridor."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1), intercept(2, corridor="S340")])
        assert intercepts.page(conn, {"S340"}, Wanted(), None, 9) == [intercept(2, corridor="S340")]
        assert intercepts.page(conn, None, Wanted(), Cursor(2 * 10**9, "intercept-2"), 9) == [intercept(1)]
        assert intercepts.get(conn, "intercept-1", {"S340"}) is None


def test_intercepts_are_found_by_their_cases(store: Store) -> None:
    """A case leads to its intercepts, and a case without one to none."""
    with store.writing() as conn:
        intercepts.save(conn, [intercept(1), intercept(2)])
        assert intercepts.of_cases(conn, ["case-2", "case-7"]) == [intercept(2)]
        assert intercepts.of_cases(conn, []) == []
