"""News become notices: to whom they concern, each once, and never of a truck that nobody can reach."""

from __future__ import annotations

from typing import Any

import pytest

from service.messages import rfc3339
from service.notices import news, queue
from service.notices.notice import Code
from service.notices.queue import Plan, follow
from service.store import feed, notices, push
from service.store.engine import Store
from service.store.feed import Entry
from service.store.notices import NoticeRow
from service.store.push import Subscription
from tests.service.notices.told import GROUND, HOUR_NS, ID, document, plan, tell
from tests.service.told import MINUTE_NS, TIME_NS
from wim.records import DAY_NS


def followed(store: Store, now_ns: int = TIME_NS, by: Plan | None = None) -> list[NoticeRow]:
    """All notices once the feed was followed to its end."""
    while True:
        with store.writing() as conn:
            if not follow(conn, by or plan(), now_ns):
                break
    with store.reading() as conn:
        return sorted(notices.page(conn, None, (), None, None, 100), key=lambda row: (row.code, row.adapter))


def told(store: Store, now_ns: int = TIME_NS, by: Plan | None = None) -> list[tuple[str, str, str]]:
    return [(row.code, row.adapter, row.target) for row in followed(store, now_ns, by)]


@pytest.mark.parametrize(
    ("state", "changed", "expected"),
    [
        ("offered", {}, [("offered", "sms", "car"), ("passing", "sign", "board")]),
        ("offered", {"squad": "liyang-9"}, [("passing", "sign", "board")]),
        ("offered", {"desk": True},
         [("desk", "wecom", "room"), ("offered", "sms", "car"), ("passing", "sign", "board")]),
        ("open", {"desk": True, "squad": None}, [("desk", "wecom", "room"), ("passing", "sign", "board")]),
        ("open", {"desk": True, "squad": None, "lead_agency": "police"},
         [("desk", "wecom", "police room"), ("passing", "sign", "board")]),
        ("unverified", {"squad": None}, [("verify", "wecom", "room")]),
        ("offered", {"unverified": True}, [("offered", "sms", "car")]),
        ("claimed", {"desk": True}, [("passing", "sign", "board")]),
        ("handed_over", {}, [("handed_over", "wecom", "police room")]),
        ("stopped", {}, []),
        ("expired", {}, []),
        ("cancelled", {}, []),
        ("a state of next year", {}, []),
    ],
)  # fmt: skip
def test_news_go_to_whom_they_concern(
    store: Store, state: str, changed: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """The squad's phones, the desk of the agency that leads, the sign ahead; nobody of what is over."""
    tell(store, document(state, **changed))
    assert told(store) == expected


@pytest.mark.parametrize(
    ("place", "signs"),
    [
        ({"chainage_km": 15.0}, 0),
        ({"chainage_km": 14.9}, 1),
        ({"direction": 1, "chainage_km": 12.4}, 0),
        ({"corridor": "S340"}, 0),
        ({"corridor": None, "chainage_km": None}, 0),
    ],
)
def test_only_the_next_stop_points_sign_speaks(store: Store, place: dict[str, Any], signs: int) -> None:
    """In the truck's direction, on its corridor, and not once it has passed."""
    usual = {"site": "G104-K012", "direction": 0, "corridor": "G104", "chainage_km": 12.4}
    tell(store, document(sightings=[usual | place]))
    assert [one for one in told(store) if one[0] == "passing"] == [("passing", "sign", "board")] * signs


def test_the_same_news_are_one_notice(store: Store) -> None:
    """An update of an offer, and the feed read twice, alarm nobody again."""
    tell(store, document())
    tell(store, document(priority=9.0))
    assert len(followed(store)) == 2
    with store.writing() as conn:
        notices.note_followed(conn, 0)
    assert len(followed(store)) == 2
    tell(store, document(alerts=2))
    assert len(followed(store)) == 4


def test_the_next_squad_is_told_of_its_own_offer(store: Store) -> None:
    """The same alert offered on is other news."""
    tell(store, document(squad="liyang-9"))
    tell(store, document(squad="liyang-2"))
    assert [row.target for row in followed(store) if row.code == Code.OFFERED] == ["car"]


def test_a_truck_out_of_reach_is_no_notice(store: Store) -> None:
    """A backlog or a replayed year wakes nobody: the horizon counts from the truck's newest sighting."""
    tell(store, document())
    assert told(store, TIME_NS + 15 * MINUTE_NS) == []
    with store.reading() as conn:
        assert notices.followed(conn) == feed.bounds(conn).newest
    tell(store, document())
    assert len(told(store, TIME_NS + 15 * MINUTE_NS - 1)) == 2


CONFLICT = {"conflict_at": rfc3339(TIME_NS), "conflict_squad": "liyang-3", "conflict_agency": "police"}


def test_a_conflict_goes_to_the_desks_of_both_squads_wherever_the_truck_is(store: Store) -> None:
    """Long out of reach, for a shift; once settled, or the shift over, it is no news; another one is told anew."""
    tell(store, document("claimed", **CONFLICT))
    late_ns = TIME_NS + 11 * HOUR_NS
    rooms = [("conflict", "wecom", "police room"), ("conflict", "wecom", "room")]
    assert sorted(told(store, late_ns)) == rooms
    assert {row.until_ns for row in followed(store, late_ns)} == {TIME_NS + 12 * HOUR_NS}
    tell(store, document("claimed", **CONFLICT, alerts=2))
    assert sorted(told(store, late_ns)) == rooms
    tell(store, document("claimed", **(CONFLICT | {"conflict_at": rfc3339(TIME_NS + 1)})))
    assert len(told(store, late_ns)) == 4


def test_a_conflict_of_one_agency_is_its_own_desks(store: Store) -> None:
    """Two squads of the road authority trouble no police; after a shift nobody is troubled."""
    tell(store, document("cancelled", **(CONFLICT | {"conflict_agency": "road"})))
    assert told(store, TIME_NS + 12 * HOUR_NS) == []
    tell(store, document("cancelled", **(CONFLICT | {"conflict_agency": "road"})))
    assert told(store, TIME_NS + 12 * HOUR_NS - 1) == [("conflict", "wecom", "room")]


def test_a_corridor_that_a_target_does_not_want_is_not_its(store: Store) -> None:
    """A room of G104 hears nothing of S340."""
    by = plan()
    room = queue.Plan(type(by.targets)(tuple(_on(one, {"S340"}) for one in by.targets.entries)), by.ground, by.pushes)
    tell(store, document())
    assert told(store, by=room) == []


def _on(target: Any, corridors: set[str]) -> Any:
    return type(target)(target.adapter, target.name, "x", squad=target.squad, desk=target.desk,
                        stop_point=target.stop_point, corridors=frozenset(corridors))  # fmt: skip


def test_browsers_are_told_by_their_persons_rights(store: Store) -> None:
    """A squad's own wherever the truck is, a desk of agency and corridor, nobody who opened no page for a week."""

    def browser(name: str, role: str, **more: Any) -> Subscription:
        usual = {"agency": "road", "squad": None, "corridors": None, "renewed_ns": TIME_NS}
        key = {"endpoint": "https://push.example", "p256dh": "p", "auth": "a"}
        return Subscription(**{"id": name, "person": name, "role": role} | usual | key | more)

    with store.writing() as conn:
        for one in (
            browser("own", "squad", squad="liyang-2"),
            browser("own, of S340", "squad", squad="liyang-2", corridors='["S340"]'),
            browser("other", "squad", squad="liyang-3"),
            browser("lost", "squad", squad="liyang-2", renewed_ns=TIME_NS - 8 * DAY_NS),
            browser("desk", "duty"),
            browser("desk of S340", "duty", corridors='["S340"]'),
            browser("police", "police", agency="police"),
            browser("analyst", "analyst"),
        ):
            push.keep(conn, one)
    tell(store, document(desk=True))
    by = plan(pushes=True)
    assert [one for one in told(store, by=by) if one[1] == "web_push"] == [
        ("desk", "web_push", "desk"),
        ("offered", "web_push", "own"),
        ("offered", "web_push", "own, of S340"),
    ]


def test_what_is_no_intercept_holds_nothing_up(store: Store) -> None:
    """An entry that cannot be read is passed over, and the next one is told."""
    with store.writing() as conn:
        feed.append(conn, [Entry("intercept", "G104", "x", None, TIME_NS, text) for text in ("{", '{"id": 3}')])
        feed.append(conn, [Entry("violation", "G104", "x", None, TIME_NS, document())])
        feed.append(conn, [Entry("intercept", "G104", "x", None, TIME_NS, document(time="yesterday", sightings=[]))])
        feed.append(conn, [Entry("intercept", "G104", "x", None, TIME_NS, document(conflict_at="today"))])
        feed.append(conn, [Entry("joint-action", "G104", "x", None, TIME_NS, document())])
    tell(store, document())
    assert len(followed(store)) == 2


def test_facts_are_at_the_clock_of_the_place() -> None:
    """An officer reads the time of his own watch; the yard is the next with a scale."""
    found = news.read(document(truck_eta="2026-05-28T20:40:00.000000000Z", answer_by=None))
    assert found is not None
    (offered, *_) = news.news_of(found, GROUND, TIME_NS)
    facts = news.facts_of(found, offered, GROUND)
    assert (facts.truck_eta, facts.answer_by, facts.yard_km) == ("04:40", None, 21.0)
    assert found.id == ID
